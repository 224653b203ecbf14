// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"spoor/engine"
)

// State says how far a piece of work is.
type State int

// The states of work, in their order.
const (
	Waiting State = iota
	Running
	Held // paused by the person at the desk
	Done
	Broken  // ended with an error
	Stopped // by the person at the desk
)

// Ended says whether nothing comes after this state.
func (s State) Ended() bool { return s >= Done }

// Task is something long to be done. It reports how far it is and stops when its context ends.
type Task func(ctx context.Context, report func(engine.Progress)) error

// Job is a piece of work as the window shows it: a copy, which nobody changes.
type Job struct {
	ID       string
	Kind     string // of one that the home keeps, as package job names it
	Name     string // what is done to what, such as a file's name
	Kept     bool   // the home keeps it: it goes on at the next start
	State    State
	Progress engine.Progress
	Err      error  // of a Broken one
	Trace    string // id of the backtrace that one which the home keeps works on, "" none
	Begun    time.Time
	Ended    time.Time
}

// Share is how much of the current stage is done, from 0 to 1; 0 where that is not known.
func (j Job) Share() float64 {
	if j.State == Done {
		return 1
	}
	if j.Progress.Total <= 0 {
		return 0
	}
	return min(float64(j.Progress.Done)/float64(j.Progress.Total), 1)
}

// Work is what the program is busy with: jobs that wait, run and ended. They run one after the other in the order they
// were added, since each uses all cores by itself.
type Work struct {
	changed func()

	mu      sync.Mutex
	next    int
	paused  bool
	closed  bool
	jobs    []*piece
	running *piece
	idle    sync.WaitGroup
}

type piece struct {
	Job
	task   Task
	cancel context.CancelFunc
}

// keptJobs are the ended jobs that are remembered.
const keptJobs = 200

// errStopped is the cause by which a job's context ends when it is stopped.
var errStopped = errors.New("stopped")

// NewWork makes an empty list of work. changed is called whenever something in it changes.
func NewWork(changed func()) *Work { return &Work{changed: changed} }

// Add puts a task at the end of the line and returns its number. Work that was closed takes no more: "".
func (w *Work) Add(name string, task Task) string {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ""
	}
	w.next++
	id := strconv.Itoa(w.next)
	w.jobs = append(w.jobs, &piece{Job: Job{ID: id, Name: name}, task: task})
	w.forgetOld()
	w.startNext()
	w.mu.Unlock()
	w.changed()
	return id
}

// forgetOld drops the oldest ended jobs.
func (w *Work) forgetOld() {
	ended := 0
	for _, j := range w.jobs {
		if j.State.Ended() {
			ended++
		}
	}
	w.jobs = slices.DeleteFunc(w.jobs, func(j *piece) bool {
		if ended > keptJobs && j.State.Ended() {
			ended--
			return true
		}
		return false
	})
}

// startNext starts the first waiting job, if none is running. The lock is held.
func (w *Work) startNext() {
	if w.running != nil || w.paused || w.closed {
		return
	}
	i := slices.IndexFunc(w.jobs, func(j *piece) bool { return j.State == Waiting })
	if i < 0 {
		return
	}
	j := w.jobs[i]
	ctx, cancel := context.WithCancelCause(context.Background())
	j.State, j.Begun = Running, time.Now()
	j.cancel = func() { cancel(errStopped) }
	w.running = j
	w.idle.Go(func() { w.run(ctx, j) })
}

func (w *Work) run(ctx context.Context, j *piece) {
	err := j.task(ctx, func(p engine.Progress) {
		w.mu.Lock()
		j.Progress = p
		w.mu.Unlock()
		w.changed()
	})
	w.mu.Lock()
	j.Ended, j.Err, j.State = time.Now(), err, Done
	switch {
	case context.Cause(ctx) != nil:
		j.State, j.Err = Stopped, nil
	case err != nil:
		j.State = Broken
	}
	j.cancel()
	w.running = nil
	w.startNext()
	w.mu.Unlock()
	w.changed()
}

// Jobs lists all that is remembered, in the order it was added.
func (w *Work) Jobs() []Job {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]Job, len(w.jobs))
	for i, j := range w.jobs {
		out[i] = j.Job
	}
	return out
}

// Current is the job that is running, and how many wait behind it.
func (w *Work) Current() (running Job, waiting int, busy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range w.jobs {
		if j.State == Waiting {
			waiting++
		}
	}
	if w.running == nil {
		return Job{}, waiting, false
	}
	return w.running.Job, waiting, true
}

// Stop ends a job that waits or runs. One that runs has kept what it did, and goes on there when it is asked for again.
func (w *Work) Stop(id string) {
	w.mu.Lock()
	for _, j := range w.jobs {
		switch {
		case j.ID != id:
		case j.State == Waiting:
			j.State, j.Ended = Stopped, time.Now()
		case j.State == Running:
			j.cancel()
		}
	}
	w.mu.Unlock()
	w.changed()
}

// Pause lets nothing new begin until it is called with false. What runs goes on.
func (w *Work) Pause(on bool) {
	w.mu.Lock()
	w.paused = on
	w.startNext()
	w.mu.Unlock()
	w.changed()
}

// Paused says whether nothing new begins.
func (w *Work) Paused() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.paused
}

// Close stops everything and returns when nothing runs any more.
func (w *Work) Close() {
	w.mu.Lock()
	w.closed = true
	for _, j := range w.jobs {
		if j.State == Waiting {
			j.State, j.Ended = Stopped, time.Now()
		}
	}
	if w.running != nil {
		w.running.cancel()
	}
	w.mu.Unlock()
	w.idle.Wait()
}
