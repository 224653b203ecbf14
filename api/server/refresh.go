// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"bytes"
	"context"
	"errors"
	"time"

	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/storage"
)

// Accesses tells who fetched copies with a tag of a title ("": of whichever), as far as logs tell that are imported now.
type Accesses func(ctx context.Context, tag, title string) ([]wire.AccessStat, error)

const (
	refreshEvery = 2 * time.Second
	refreshPage  = 100 // tags at a time
)

// refresher keeps the accesses of finished backtraces as the logs tell them now: logs may be imported after a trace, by another
// program on the same store. A backtrace that changes by it gets a new version, so that mirrors see it.
type refresher struct {
	*Server
	accesses Accesses
}

// work runs until the context ends.
func (r *refresher) work(ctx context.Context) {
	if r.accesses == nil {
		return
	}
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		if err := r.all(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("accesses cannot be brought up to date; the next try is in a moment", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// all takes in what has changed.
func (r *refresher) all(ctx context.Context) error {
	for {
		list, err := r.store.AccessChanges(ctx, refreshPage)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, change := range list {
			if err := r.tag(ctx, change.Tag); err != nil {
				return err
			}
			if err := r.store.ForgetAccessChange(ctx, change); err != nil {
				return err
			}
		}
	}
}

// tag brings the backtraces up to date that name a tag.
func (r *refresher) tag(ctx context.Context, tag string) error {
	found, err := r.store.TeamFindings(ctx, tag)
	if err != nil {
		return err
	}
	for _, f := range found {
		accesses, err := r.accesses(ctx, tag, f.TitleID)
		if err != nil {
			return err
		}
		_, err = r.store.ChangeTeamBacktrace(ctx, "", f.BacktraceID, func(b *storage.TeamBacktrace) (bool, error) {
			return replaceAccesses(b, tag, accesses)
		})
		if err != nil && storage.CodeOf(err) != storage.NotFound {
			return err
		}
	}
	return nil
}

// replaceAccesses says whether that changed something.
func replaceAccesses(b *storage.TeamBacktrace, tag string, accesses []wire.AccessStat) (bool, error) {
	if b.Status != storage.Success {
		return false, nil
	}
	shown, err := keep.View(b)
	if err != nil {
		return false, err
	}
	findings, err := keep.Findings(b)
	if err != nil {
		return false, err
	}
	for i := range shown.Extracted {
		if shown.Extracted[i].Tag == tag {
			shown.Extracted[i].Accesses = accesses
		}
	}
	before := b.Extracted
	err = keep.Result(b, shown.Extracted, &findings)
	return err == nil && !bytes.Equal(before, b.Extracted), err
}

// note has the accesses of a new result looked up once more: a log may have come in while it was being stored.
func (r *refresher) note(ctx context.Context, b *storage.TeamBacktrace, outcome *Outcome) error {
	if r.accesses == nil || len(outcome.Extracted) == 0 || b.Status != storage.Success {
		return nil
	}
	tags := make([]string, len(outcome.Extracted))
	for i, e := range outcome.Extracted {
		tags[i] = e.Tag
	}
	if err := r.store.NoteAccessChanges(ctx, tags...); err != nil {
		return errors.Join(errors.New("the accesses of a new result may be those of a moment ago"), err)
	}
	return nil
}
