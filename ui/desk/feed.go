// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"slices"
	"sync"
)

// Feed is a list that is read page by page, as far as somebody looks at it.
type Feed[T any] struct {
	load    func(ctx context.Context, last *T) ([]T, error)
	changed func()

	mu      sync.Mutex
	rows    []T
	whole   bool // nothing comes after rows
	loading bool
	err     error
	reading int // counts resets, so that an answer that comes too late is told from a fresh one
	cancel  context.CancelFunc
}

// NewFeed makes a list of what load returns: the page that follows on last, nil for the first one; an empty page is the
// end. Nothing is read before the list is first looked at. changed is called whenever rows were added or reading failed.
func NewFeed[T any](load func(ctx context.Context, last *T) ([]T, error), changed func()) *Feed[T] {
	return &Feed[T]{load: load, changed: changed}
}

// aheadRows is how close to the end of what was read a row may be looked at before more is read.
const aheadRows = 50

// Len is the number of rows that were read so far. It starts the reading where that has not happened.
func (f *Feed[T]) Len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.rows) == 0 {
		f.more()
	}
	return len(f.rows)
}

// At returns a row, and reads on where it is near the end of what was read.
func (f *Feed[T]) At(i int) (row T, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i+aheadRows > len(f.rows) {
		f.more()
	}
	if i < 0 || i >= len(f.rows) {
		return row, false
	}
	return f.rows[i], true
}

// Status tells whether rows are being read, whether all were, and why the last reading failed.
func (f *Feed[T]) Status() (loading, whole bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.loading, f.whole, f.err
}

// Reload reads the list anew, as far as it was read. The old rows stay until the new ones are there.
func (f *Feed[T]) Reload() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stop()
	f.begin(nil, max(len(f.rows), 1))
}

// Close stops the reading. The feed cannot be used afterwards.
func (f *Feed[T]) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stop()
	f.whole = true
}

// stop ends the reading that goes on, if any. The lock is held.
func (f *Feed[T]) stop() {
	if f.cancel != nil {
		f.cancel()
	}
	f.reading++
	f.loading = false
}

// more reads the next page, unless that is going on already, or failed. The lock is held.
func (f *Feed[T]) more() {
	if !f.loading && !f.whole && f.err == nil {
		f.begin(f.rows, len(f.rows)+1)
	}
}

// begin reads pages after rows until there are at least so many. The lock is held.
func (f *Feed[T]) begin(rows []T, least int) {
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel, f.loading, f.err = cancel, true, nil
	reading := f.reading
	go func() {
		defer cancel()
		got, whole, err := f.read(ctx, rows, least)
		f.mu.Lock()
		fresh := reading == f.reading
		if fresh {
			f.rows, f.whole, f.err, f.loading = got, whole, err, false
		}
		f.mu.Unlock()
		if fresh {
			f.changed()
		}
	}()
}

func (f *Feed[T]) read(ctx context.Context, rows []T, least int) (all []T, whole bool, err error) {
	all = slices.Clip(rows)
	for len(all) < least {
		var last *T
		if len(all) > 0 {
			last = &all[len(all)-1]
		}
		page, err := f.load(ctx, last)
		if err != nil {
			return all, false, err
		}
		if len(page) == 0 {
			return all, true, nil
		}
		all = append(all, page...)
	}
	return all, false, nil
}
