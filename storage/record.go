// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
)

// Record returns all that came out of a backtrace, as it was given to [Store.FinishBacktrace]; nil where there is none.
// It is kept apart from the backtrace, whose lists are read often and must stay small.
func (s *Store) Record(ctx context.Context, backtraceID string) (json.RawMessage, error) {
	var record string
	err := s.read.QueryRowContext(ctx, `select record from backtrace_records where backtrace_id = $1`, backtraceID).Scan(&record)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return rawJSON(record), s.classify("reading the record of a backtrace", err)
}

func insertRecord(ctx context.Context, tx *sql.Tx, backtraceID string, record json.RawMessage) error {
	if len(record) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, insertInto("backtrace_records", `backtrace_id, record`), backtraceID, string(record))
	return err
}
