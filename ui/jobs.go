// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"

	"spoor/storage"
	"spoor/ui/desk"
)

// order asks for long work, which the home keeps until it is done.
func (w *Window) order(n storage.NewJob) {
	background(w, func(ctx context.Context) (struct{}, error) { return struct{}{}, w.kept.Add(ctx, n) },
		func(_ struct{}, err error) { w.fail(err) })
}

// jobs are all pieces of work: those that the home keeps, and those that end with the window.
func (w *Window) jobs() []desk.Job { return append(w.kept.Jobs(), w.work.Jobs()...) }

// busyWith is the piece of work that is being done, and how many wait behind it.
func (w *Window) busyWith() (running desk.Job, waiting int, busy bool) {
	waiting = w.kept.Waiting() // its list has the latest only
	for _, j := range w.jobs() {
		switch {
		case j.State == desk.Waiting && !j.Kept:
			waiting++
		case j.State == desk.Running && busy:
			waiting++ // beside the one that is shown
		case j.State == desk.Running:
			running, busy = j, true
		}
	}
	return running, waiting, busy
}

// pauseAll lets nothing new begin, or again.
func (w *Window) pauseAll(on bool) {
	w.kept.PauseAll(on)
	w.work.Pause(on)
}

func (w *Window) stopJob(j desk.Job) {
	if !j.Kept {
		w.work.Stop(j.ID)
		return
	}
	w.tellJob(j, w.kept.Stop)
}

func (w *Window) pauseJob(j desk.Job)  { w.tellJob(j, w.kept.Pause) }
func (w *Window) resumeJob(j desk.Job) { w.tellJob(j, w.kept.Resume) }

// tellJob tells a job that the home keeps what is wanted of it.
func (w *Window) tellJob(j desk.Job, what func(context.Context, string) error) {
	background(w, func(ctx context.Context) (struct{}, error) { return struct{}{}, what(ctx, j.ID) },
		func(_ struct{}, err error) { w.fail(err) })
}
