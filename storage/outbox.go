// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// OutboxState says where a backtrace stands with a remote.
type OutboxState string

// The states.
const (
	OutboxSent     OutboxState = "sent"     // the remote has what Pushed says
	OutboxConflict OutboxState = "conflict" // both have changed it; Theirs is what the remote has
	OutboxRefused  OutboxState = "refused"  // the remote does not take it; Error says why
	OutboxErased   OutboxState = "erased"   // it was erased there, and is not sent again
)

// OutboxEntry is a backtrace of this home as a remote has it.
type OutboxEntry struct {
	RemoteID    string
	BacktraceID string
	State       OutboxState
	Pushed      string          // hash of what was sent last
	Version     int64           // there
	Theirs      json.RawMessage // in a conflict
	Error       string
	UpdatedAt   time.Time
}

const outboxColumns = "remote_id, backtrace_id, state, pushed, version, theirs, error, updated_at"

func scanOutbox(e *OutboxEntry, scan func(...any) error) error {
	var theirs string
	var updated int64
	err := scan(&e.RemoteID, &e.BacktraceID, &e.State, &e.Pushed, &e.Version, &theirs, &e.Error, &updated)
	e.Theirs, e.UpdatedAt = rawJSON(theirs), fromMillis(updated)
	return err
}

// SetOutbox stores where a backtrace stands with a remote. It sets UpdatedAt.
func (s *Store) SetOutbox(ctx context.Context, e OutboxEntry) error {
	if err := cmp.Or(checkJSON("other version", e.Theirs), checkText("error", e.Error, maxNote)); err != nil {
		return err
	}
	return s.change(ctx, "noting what was sent", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertInto("outbox", outboxColumns)+` on conflict (remote_id, backtrace_id) do update set
			state = excluded.state, pushed = excluded.pushed, version = excluded.version, theirs = excluded.theirs,
			error = excluded.error, updated_at = excluded.updated_at`,
			e.RemoteID, e.BacktraceID, string(e.State), e.Pushed, e.Version, string(e.Theirs), e.Error, now().UnixMilli())
		return err
	})
}

// Outbox returns where a backtrace stands with a remote. Error: NotFound where it was never sent.
func (s *Store) Outbox(ctx context.Context, remoteID, backtraceID string) (OutboxEntry, error) {
	var e OutboxEntry
	err := scanOutbox(&e, s.read.QueryRowContext(ctx,
		`select `+outboxColumns+` from outbox where remote_id = $1 and backtrace_id = $2`, remoteID, backtraceID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return e, errorf(NotFound, "the backtrace %s was not sent yet", backtraceID)
	}
	return e, s.classify("looking for what was sent", err)
}

// OutboxByState lists what stands in a state with a remote.
func (s *Store) OutboxByState(ctx context.Context, remoteID string, state OutboxState) ([]OutboxEntry, error) {
	list, err := collect(ctx, s.read, scanOutbox,
		`select `+outboxColumns+` from outbox where remote_id = $1 and state = $2 order by backtrace_id`, remoteID, string(state))
	return list, s.classify("listing what was sent", err)
}

// OutboxCounts is how many results of this home stand how with a remote.
type OutboxCounts struct {
	Waiting   int64 // finished, and never sent
	Sent      int64
	Conflicts int64
	Refused   int64
	Erased    int64
}

// CountOutbox counts how the results of this home stand with a remote.
func (s *Store) CountOutbox(ctx context.Context, remoteID string) (OutboxCounts, error) {
	var n OutboxCounts
	err := s.read.QueryRowContext(ctx, `select count(*) from backtraces b where b.status in ('SUCCESS', 'FAILURE', 'CANCELLED')
		and not exists (select 1 from outbox o where o.remote_id = $1 and o.backtrace_id = b.id)`, remoteID).Scan(&n.Waiting)
	if err != nil {
		return n, s.classify("counting what is to be sent", err)
	}
	type state struct {
		name OutboxState
		n    int64
	}
	list, err := collect(ctx, s.read, func(x *state, scan func(...any) error) error { return scan(&x.name, &x.n) },
		`select state, count(*) from outbox where remote_id = $1 group by state`, remoteID)
	for _, x := range list {
		switch x.name {
		case OutboxSent:
			n.Sent = x.n
		case OutboxConflict:
			n.Conflicts = x.n
		case OutboxRefused:
			n.Refused = x.n
		case OutboxErased:
			n.Erased = x.n
		}
	}
	return n, s.classify("counting what was sent", err)
}
