// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

const maxCheckpoint = 256 << 20

// SaveCheckpoint keeps the state of a running backtrace, replacing the one
// before. State is the engine's own and at most 256 MiB. Conflict, as in
// [Store.UpdateBacktrace], where b is not what is stored: another program has
// taken the work over, or it was cancelled.
func (s *Store) SaveCheckpoint(ctx context.Context, b *Backtrace, state []byte) error {
	if len(state) > maxCheckpoint {
		return errorf(Invalid, "the checkpoint is %d bytes long, %d are allowed", len(state), maxCheckpoint)
	}
	if state == nil {
		state = []byte{} // nil would be NULL
	}
	return s.change(ctx, "saving a checkpoint", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `insert into checkpoints (backtrace_id, state, saved_at)
			select id, $1, $2 from backtraces where id = $3 and version = $4 and finished_at is null
			on conflict (backtrace_id) do update set state = excluded.state, saved_at = excluded.saved_at`,
			state, now().UnixMilli(), b.ID, b.Version)
		return exactlyOne(result, err, "the backtrace %s is finished or was changed by another program", b.ID)
	})
}

// Checkpoint returns the state that was saved last, nil where there is none.
func (s *Store) Checkpoint(ctx context.Context, backtraceID string) ([]byte, error) {
	var state []byte
	err := s.read.QueryRowContext(ctx, `select state from checkpoints where backtrace_id = $1`, backtraceID).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return state, s.classify("reading a checkpoint", err)
}

// FindAnswered returns the newest backtrace of an exhibit that was started with the same parameters ([HashParams]) since a time,
// and has come to its answer. ok is false where there is none.
func (s *Store) FindAnswered(ctx context.Context, evidenceID, paramsHash string, since time.Time) (b Backtrace, ok bool, err error) {
	list, err := s.backtraces(ctx, `evidence_id = $1 and params_hash = $2 and status = 'SUCCESS' and created_at >= $3
		order by id desc limit 1`, evidenceID, paramsHash, since.UnixMilli())
	if err != nil || len(list) == 0 {
		return Backtrace{}, false, err
	}
	return list[0], true, nil
}

// FindResumable returns the newest backtrace of an exhibit that was started with
// the same parameters ([HashParams]) and is not finished. ok is false where there is none. Whoever
// goes on with it calls [Store.UpdateBacktrace] first: that takes it over, and
// stops any other program that still works on it.
func (s *Store) FindResumable(ctx context.Context, evidenceID, paramsHash string) (b Backtrace, ok bool, err error) {
	list, err := s.backtraces(ctx, `evidence_id = $1 and params_hash = $2 and finished_at is null order by id desc limit 1`,
		evidenceID, paramsHash)
	if err != nil || len(list) == 0 {
		return Backtrace{}, false, err
	}
	return list[0], true, nil
}
