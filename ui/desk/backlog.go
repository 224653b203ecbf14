// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

// Backlog is the long work that a home keeps until it is done: it goes on at the next start, or in another program on the
// same home, and what other programs do is seen here too.
type Backlog struct {
	store   *storage.Store
	queue   *job.Queue
	changed func()
	look    chan struct{}
	end     context.CancelFunc
	idle    sync.WaitGroup

	mu      sync.Mutex
	jobs    []storage.Job // the latest and those that run, the newest first
	waiting int           // of all
	err     error         // why they could not be read
}

const (
	backlogShown   = 200
	backlogWorkers = 2           // so that a short piece of work does not wait for hours behind a long one
	backlogLooks   = time.Second // between two looks at what other programs do
)

// NewBacklog opens the work of an engine's home and begins to do it. changed is called whenever something in it changes.
func NewBacklog(e *engine.Engine, changed func()) *Backlog {
	b := &Backlog{store: e.Store(), changed: changed, look: make(chan struct{}, 1)}
	b.queue = job.New(e, job.WithChanged(b.lookSoon))
	ctx, cancel := context.WithCancel(context.Background())
	b.end = cancel
	b.idle.Go(func() { _ = b.queue.Work(ctx, backlogWorkers) }) // the error is that it was ended
	b.idle.Go(func() { b.watch(ctx) })
	return b
}

func (b *Backlog) lookSoon() {
	select {
	case b.look <- struct{}{}:
	default:
	}
}

// watch reads the jobs whenever one has changed, and once in a while.
func (b *Backlog) watch(ctx context.Context) {
	tick := time.NewTicker(backlogLooks)
	defer tick.Stop()
	for {
		jobs, waiting, err := b.read(ctx)
		if ctx.Err() != nil {
			return
		}
		b.mu.Lock()
		differs := !sameJobs(b.jobs, jobs) || waiting != b.waiting || !errors.Is(err, b.err)
		b.jobs, b.waiting, b.err = jobs, waiting, err
		b.mu.Unlock()
		if differs {
			b.changed()
		}
		select {
		case <-ctx.Done():
			return
		case <-b.look:
		case <-tick.C:
		}
	}
}

// read reads the latest jobs and, where more wait than are shown, also those that run, which are the oldest then.
func (b *Backlog) read(ctx context.Context) (jobs []storage.Job, waiting int, err error) {
	if jobs, err = b.store.Jobs(ctx, storage.JobList{Limit: backlogShown}); err != nil {
		return nil, 0, err
	}
	if waiting, err = b.store.WaitingJobs(ctx); err != nil || len(jobs) < backlogShown {
		return jobs, waiting, err
	}
	running, err := b.store.Jobs(ctx, storage.JobList{Running: true, Before: jobs[len(jobs)-1].ID})
	return append(jobs, running...), waiting, err
}

// Waiting is how many jobs wait to be begun, also those that are not listed.
func (b *Backlog) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting
}

func sameJobs(a, b []storage.Job) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID || a[i].State != b[i].State || a[i].Progress != b[i].Progress || a[i].Asked != b[i].Asked {
			return false
		}
	}
	return true
}

// Add asks for work. What was asked for already is done once.
func (b *Backlog) Add(ctx context.Context, n storage.NewJob) error {
	_, err := b.queue.Add(ctx, n)
	return err
}

// Jobs lists the latest jobs, the oldest of them first, as the window shows them.
func (b *Backlog) Jobs() []Job {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Job, len(b.jobs))
	for i := range b.jobs {
		list[len(list)-1-i] = shownJob(&b.jobs[i])
	}
	return list
}

func shownJob(j *storage.Job) Job {
	out := Job{ID: idOf(j.ID), Kind: j.Kind, Name: j.Name, Kept: true, Trace: j.Backtrace, Progress: job.ProgressOf(j)}
	out.State = map[storage.JobState]State{
		storage.JobWaiting: Waiting, storage.JobRunning: Running, storage.JobPaused: Held, storage.JobDone: Done,
		storage.JobFailed: Broken, storage.JobCancelled: Stopped,
	}[j.State]
	if j.State == storage.JobFailed {
		out.Err = errors.New(j.Reason())
	}
	if j.Begun != nil {
		out.Begun = *j.Begun
	}
	if j.Ended != nil {
		out.Ended = *j.Ended
	}
	return out
}

const keptPrefix = "job "

func idOf(id int64) string { return keptPrefix + strconv.FormatInt(id, 10) }

// numberOf is the other way of idOf.
func numberOf(id string) (int64, error) {
	return strconv.ParseInt(strings.TrimPrefix(id, keptPrefix), 10, 64)
}

// Pause lets a job wait until it is resumed.
func (b *Backlog) Pause(ctx context.Context, id string) error {
	return b.tell(ctx, id, b.store.PauseJob)
}

// Stop ends a job. It has kept what it did.
func (b *Backlog) Stop(ctx context.Context, id string) error {
	return b.tell(ctx, id, b.store.CancelJob)
}

func (b *Backlog) tell(ctx context.Context, id string, what func(context.Context, int64) (storage.Job, error)) error {
	number, err := numberOf(id)
	if err != nil {
		return fmt.Errorf("%q is no job: %w", id, err)
	}
	_, err = what(ctx, number)
	b.queue.Wake()
	b.lookSoon()
	return err
}

// Resume lets a job go on that was paused, or begins one again that failed or was stopped.
func (b *Backlog) Resume(ctx context.Context, id string) error {
	return b.tell(ctx, id, func(ctx context.Context, number int64) (storage.Job, error) {
		j, err := b.store.Job(ctx, number)
		if err == nil && j.State.Ended() {
			return b.store.RetryJob(ctx, number)
		}
		if err == nil {
			return b.store.ResumeJob(ctx, number)
		}
		return j, err
	})
}

// PauseAll lets nothing new begin until it is called with false.
func (b *Backlog) PauseAll(on bool) { b.queue.Pause(on) }

// Close lets what runs wait for the next start, and returns when nothing runs any more.
func (b *Backlog) Close() {
	b.end()
	b.idle.Wait()
}
