// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"spoor/engine"
)

// informed races traces against the originals: of ten seconds among many titles, of all of a long leak, and of a film.
func (t *track) informed(ctx context.Context) (err error) {
	e, title, err := t.home(ctx, 1080)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	some := others{t.Others, t.Seconds}
	err = some.register(ctx, t.w, e, []clip{t.clip}, func(name string) { fmt.Fprintln(os.Stderr, "registered", name) })
	if err != nil {
		return err
	}
	leak, err := t.leak(ctx, e, title)
	if err != nil {
		return err
	}
	err = t.informedOf(ctx, e, engine.TraceOptions{Leak: leak, Method: "informed"}, race{
		what: fmt.Sprintf("informed trace of 10 s of 720 lines, crf 28, %d tags, %d titles, to a name", t.Tags, t.Others+1), must: 2,
	})
	if err != nil {
		return err
	}
	return t.longLeaks(ctx, e)
}

// informedOf races a trace against decoding its leak once, one thread.
func (t *track) informedOf(ctx context.Context, e *engine.Engine, o engine.TraceOptions, r race) error {
	var last engine.TraceResult
	run := func(ctx context.Context) (spent, error) {
		return inProcess(func() (err error) {
			last, err = e.Trace(ctx, o)
			return err
		})
	}
	if _, err := run(ctx); err != nil { // what it keeps for the next time is there from now on
		return err
	}
	var err error
	if r.contest, err = hold(ctx, t.Times, run, decoding(o.Leak)); err != nil {
		return err
	}
	r.ours, r.baseline = seconds(r.contest.ours), "decoding the leak, one thread: "+seconds(r.contest.baseline)
	r.note = tellOf(last)
	t.add(r)
	return nil
}

// tellOf says what a trace came to.
func tellOf(r engine.TraceResult) string {
	if len(r.Findings) == 0 {
		return "nobody was named"
	}
	return fmt.Sprintf("z %.1f, %d frames", r.Findings[0].Score, r.FramesUsed)
}
