// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"encoding/json"
	"time"

	"spoor/engine"
	"spoor/storage"
)

// Team is the way to the servers that a home works with. Its errors say in words which server did what.
type Team interface {
	// Check tells whether an address can be that of a server.
	Check(address string) error
	// Test asks a server how many results it has of ours.
	Test(ctx context.Context, remoteID string) (int64, error)
	// Sync sends what was found here, then copies what the server has.
	Sync(ctx context.Context, remoteID string, report func(engine.Progress)) (Exchange, error)
	// Mirror copies what the server has: what is new, or all of it.
	Mirror(ctx context.Context, remoteID string, all bool, report func(engine.Progress)) (Exchange, error)
	// Submit sends a leak to be traced there; the answer is written into a case. It returns the answer in a line.
	Submit(ctx context.Context, remoteID string, s Submission, report func(engine.Progress)) (string, error)
	// Theirs reads a result as the server has it.
	Theirs(raw json.RawMessage) (Side, error)
	// Settle decides a conflict: the server gets ours, or keeps what it has.
	Settle(ctx context.Context, remoteID, backtraceID string, ours bool) error
	// Stamp has the audit log time-stamped by a service, where there is something new in it.
	Stamp(ctx context.Context, service string) (done bool, err error)
}

// Submission is a leak for a server, and the case that the answer goes to.
type Submission struct{ Leak, CaseID, Author string }

// Exchange is what went over the line.
type Exchange struct {
	Sent, Refused, Changed, Removed int
	Total                           int64 // that the server has
}

// Side is a result as one of two sides has it.
type Side struct {
	Status     string
	Verdict    string
	Tags       []string
	Version    int64 // of the server's; 0 of ours
	FinishedAt time.Time
}

// Conflict is a result that both sides have changed.
type Conflict struct {
	Backtrace    string
	Exhibit      string // name of the file
	Ours, Theirs Side
}

// Standing is how this home and a server stand to each other.
type Standing struct {
	storage.Remote
	Counts    storage.OutboxCounts
	Refused   []storage.OutboxEntry
	Conflicts []Conflict
	Incoming  []storage.TeamBacktrace // what was copied from there, the latest first
	Total     int64                   // of these
}

// incomingShown is how much of what was copied is shown at once.
const incomingShown = 200

// ReadStanding reads how this home and a server stand. tag narrows what was copied to tags that contain it; "" shows all.
func ReadStanding(ctx context.Context, store *storage.Store, team Team, remoteID, tag string) (Standing, error) {
	var s Standing
	var err error
	if s.Remote, err = store.Remote(ctx, remoteID); err != nil {
		return s, err
	}
	if s.Counts, err = store.CountOutbox(ctx, remoteID); err != nil {
		return s, err
	}
	if s.Refused, err = store.OutboxByState(ctx, remoteID, storage.OutboxRefused); err != nil {
		return s, err
	}
	if s.Conflicts, err = conflicts(ctx, store, team, remoteID); err != nil {
		return s, err
	}
	s.Incoming, s.Total, err = store.TeamBacktraces(ctx, storage.TeamQuery{
		Origin: remoteID, Tag: tag, Sort: "updated_at", Descending: true, Slice: storage.Slice{Limit: incomingShown},
	})
	return s, err
}

// conflicts reads both sides of what both have changed. A side that cannot be read says so in place of its status.
func conflicts(ctx context.Context, store *storage.Store, team Team, remoteID string) ([]Conflict, error) {
	list, err := store.OutboxByState(ctx, remoteID, storage.OutboxConflict)
	if err != nil {
		return nil, err
	}
	out := make([]Conflict, len(list))
	for i, entry := range list {
		c := Conflict{Backtrace: entry.BacktraceID}
		b, err := store.Backtrace(ctx, entry.BacktraceID)
		if err != nil {
			return nil, err
		}
		found, err := store.Findings(ctx, b.ID)
		if err != nil {
			return nil, err
		}
		if ev, err := store.Evidence(ctx, b.EvidenceID); err == nil {
			c.Exhibit = ev.FileName
		}
		c.Ours = Side{Status: string(b.Status), Verdict: string(b.Verdict)}
		if b.FinishedAt != nil {
			c.Ours.FinishedAt = *b.FinishedAt
		}
		for _, f := range found {
			c.Ours.Tags = append(c.Ours.Tags, f.TagText)
		}
		if c.Theirs, err = team.Theirs(entry.Theirs); err != nil {
			c.Theirs = Side{Status: err.Error()}
		}
		c.Theirs.Version = entry.Version
		out[i] = c
	}
	return out, nil
}
