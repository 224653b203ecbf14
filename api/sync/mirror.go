// SPDX-License-Identifier: AGPL-3.0-or-later

package sync

import (
	"context"
	"errors"
	"net/http"
	"time"

	"spoor/api/client"
	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/storage"
)

const (
	pageSize   = 1000
	overlap    = 10 * time.Minute // by which what is new is asked for again: clocks are set, and changes are stored late
	sweepEvery = 24 * time.Hour
)

// Remote is a server and the way to speak to it.
type Remote struct {
	storage.Remote
	Store  *storage.Store
	Client *client.Client
	// Accesses tells who fetched copies with a tag of a title, as far as this home knows; nil where it knows nothing.
	Accesses func(ctx context.Context, tag, titleID string) ([]wire.AccessStat, error)
}

// Mirrored says what [Mirror] did.
type Mirrored struct {
	Changed int   `json:"changed"` // new or changed here
	Removed int   `json:"removed"` // erased there, and now here
	Total   int64 `json:"total"`   // that the server has
	Swept   bool  `json:"swept"`   // all of it was looked through
}

// Mirror copies what a server has: what changed since the last time, and once a day, or where all is true, everything,
// which also finds what was erased there. It uses the documented calls only, so that it works with the original service. progress
// may be nil.
func Mirror(ctx context.Context, r *Remote, all bool, progress func(done, total int64)) (Mirrored, error) {
	m := mirror{Remote: r, progress: progress, expand: true}
	newest, sorted, err := m.newest(ctx)
	if err != nil {
		return m.done, err
	}
	if all || !sorted || r.SyncedUntil.IsZero() || time.Since(r.SweptAt) > sweepEvery || r.SweptAt.After(time.Now()) {
		err = m.sweep(ctx, newest)
	} else {
		err = m.recent(ctx)
	}
	return m.done, err
}

type mirror struct {
	*Remote
	progress func(done, total int64)
	expand   bool // the server may know how to show findings
	done     Mirrored
}

// list asks for a page, with findings where the server knows them.
func (m *mirror) list(ctx context.Context, q client.Query) (wire.Listing, error) {
	q.Findings = m.expand
	l, err := m.Client.List(ctx, q)
	if m.expand && client.StatusOf(err) == http.StatusBadRequest {
		m.expand, q.Findings = false, false
		l, err = m.Client.List(ctx, q)
	}
	m.done.Total = l.Total
	return l, err
}

// newest is when the server changed anything last. sorted is false for a server that cannot tell.
func (m *mirror) newest(ctx context.Context) (at time.Time, sorted bool, err error) {
	l, err := m.list(ctx, client.Query{Sort: "updated_at", Descending: true, Limit: 2})
	if client.StatusOf(err) == http.StatusBadRequest {
		return at, false, nil
	}
	if err != nil || len(l.Backtraces) == 0 {
		return at, true, err
	}
	b := l.Backtraces
	return keep.Time(b[0].UpdatedAt), len(b) < 2 || b[0].UpdatedAt >= b[1].UpdatedAt, nil
}

// recent copies what changed since the last time, newest first. What changes meanwhile moves the rest down the list, so that it is
// seen twice, not missed.
func (m *mirror) recent(ctx context.Context) error {
	since, newest := m.SyncedUntil.Add(-overlap), m.SyncedUntil
	for start := int64(0); ; {
		l, err := m.list(ctx, client.Query{Sort: "updated_at", Descending: true, Start: start, Limit: pageSize})
		if err != nil {
			return err
		}
		if err := m.save(ctx, l.Backtraces); err != nil {
			return err
		}
		oldest := time.Time{}
		for i := range l.Backtraces {
			oldest = keep.Time(l.Backtraces[i].UpdatedAt)
			if oldest.After(newest) {
				newest = oldest
			}
		}
		start += int64(len(l.Backtraces))
		m.report(start, start)
		if len(l.Backtraces) == 0 || start >= l.Total || oldest.Before(since) {
			break
		}
	}
	m.SyncedUntil = newest
	return m.Store.SetRemoteProgress(ctx, m.Remote.Remote)
}

// sweep copies everything, oldest first, going on where it was stopped. What was not seen in one whole run is looked up by
// itself, and removed here only if the server says that it does not exist.
func (m *mirror) sweep(ctx context.Context, newest time.Time) error {
	whole, seen := m.SweepStart == 0, map[string]bool{}
	for start := m.SweepStart; ; {
		l, err := m.list(ctx, client.Query{Sort: "created_at", Start: start, Limit: pageSize})
		if err != nil {
			return err
		}
		if err := m.save(ctx, l.Backtraces); err != nil {
			return err
		}
		for i := range l.Backtraces {
			seen[l.Backtraces[i].ID] = true
		}
		start += int64(len(l.Backtraces))
		m.report(start, l.Total)
		if len(l.Backtraces) == 0 || start >= l.Total {
			break
		}
		m.SweepStart = start
		if err := m.Store.SetRemoteProgress(ctx, m.Remote.Remote); err != nil {
			return err
		}
	}
	if !whole { // the part that was seen before it was stopped may have changed since
		m.SweepStart = 0
		if err := m.Store.SetRemoteProgress(ctx, m.Remote.Remote); err != nil {
			return err
		}
		return m.sweep(ctx, newest)
	}
	if err := m.removeGone(ctx, seen); err != nil {
		return err
	}
	m.SweepStart, m.SweptAt, m.done.Swept = 0, time.Now().UTC().Truncate(time.Millisecond), true
	if newest.After(m.SyncedUntil) {
		m.SyncedUntil = newest
	}
	return m.Store.SetRemoteProgress(ctx, m.Remote.Remote)
}

func (m *mirror) removeGone(ctx context.Context, seen map[string]bool) error {
	ids, err := m.Store.MirroredIDs(ctx, m.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		b, err := m.Client.Get(ctx, id)
		switch e, _ := errors.AsType[*wire.Error](err); {
		case err == nil:
			if err := m.save(ctx, []wire.Backtrace{b}); err != nil {
				return err
			}
		case e != nil && e.Status == http.StatusNotFound && e.Code == wire.CodeMissing:
			if err := m.Store.EraseTeamBacktrace(ctx, m.ID, id); err != nil {
				return err
			}
			m.done.Removed++
		default:
			return err
		}
	}
	return nil
}

func (m *mirror) save(ctx context.Context, list []wire.Backtrace) error {
	kept := make([]storage.TeamBacktrace, 0, len(list))
	for i := range list {
		b, err := keep.From(&list[i])
		if err != nil {
			return err
		}
		kept = append(kept, b)
	}
	n, err := m.Store.SaveMirrored(ctx, m.ID, kept)
	m.done.Changed += n
	return err
}

func (m *mirror) report(done, total int64) {
	if m.progress != nil {
		m.progress(done, total)
	}
}
