// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"encoding/json"

	"spoor/storage"
)

// recall takes the answer that an earlier call came to since [TraceOptions.Since], where there is one: who asked for it died
// before he could say so.
func (t *trace) recall(ctx context.Context, ev storage.Evidence, params json.RawMessage) error {
	if t.options.Since.IsZero() {
		return nil
	}
	b, ok, err := t.engine.store.FindAnswered(ctx, ev.ID, storage.HashParams(params), t.options.Since)
	if err != nil || !ok {
		return err
	}
	record, ok, err := t.engine.Record(ctx, b.ID)
	if err != nil || !ok {
		return err
	}
	known, err := t.engine.store.Findings(ctx, b.ID)
	if err != nil {
		return err
	}
	r := record.Result
	for i := range min(len(r.Findings), len(known)) { // both in the order in which they were found
		r.Findings[i].title, r.Findings[i].ordinal = known[i].TitleID, known[i].TagOrdinal
	}
	r.Leak, r.Case, r.KnownIn = t.result.Leak, t.result.Case, t.result.KnownIn // as they are now
	*t.result, t.backtrace, t.recalled = r, b, true
	return nil
}
