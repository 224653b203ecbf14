// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
)

// Finding is a tag that a backtrace found, with certainty.
type Finding struct {
	BacktraceID string
	TitleID     string
	TagOrdinal  int64
	TagText     string  // kept here too: the finding outlives the registry
	Log10P      float64 // after all corrections
	Score       float64
	Weight      float64         // share of the evidence, 0..1
	Method      string          // informed, blind, variants
	Spans       json.RawMessage // where in the leak and in the title it was seen
}

const findingColumns = `backtrace_id, title_id, tag_ordinal, tag_text, log10_p, score, weight, method, spans`

func scanFinding(f *Finding, scan func(...any) error) error {
	var spans string
	err := scan(&f.BacktraceID, &f.TitleID, &f.TagOrdinal, &f.TagText, &f.Log10P, &f.Score, &f.Weight, &f.Method, &spans)
	f.Spans = rawJSON(spans)
	return err
}

func (f *Finding) check() error {
	return cmp.Or(
		ValidTag(f.TagText),
		checkNumbers("finding", f.Log10P, f.Score, f.Weight),
		checkLine("method", f.Method, maxName),
		checkJSON("spans of a finding", f.Spans),
	)
}

func insertFindings(ctx context.Context, tx *sql.Tx, backtraceID string, findings []Finding) error {
	for i, f := range findings {
		_, err := tx.ExecContext(ctx, insertInto("findings", findingColumns+`, position`),
			backtraceID, f.TitleID, f.TagOrdinal, f.TagText, f.Log10P, f.Score, f.Weight, f.Method, string(f.Spans), i)
		if err != nil {
			return err
		}
	}
	return nil
}

// Findings returns the findings of a backtrace in the order they were given.
func (s *Store) Findings(ctx context.Context, backtraceID string) ([]Finding, error) {
	findings, err := collect(ctx, s.read, scanFinding,
		`select `+findingColumns+` from findings where backtrace_id = $1 order by position`, backtraceID)
	return findings, s.classify("reading findings", err)
}
