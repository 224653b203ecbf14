// SPDX-License-Identifier: AGPL-3.0-or-later

package job

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"spoor/engine"
	"spoor/storage"
)

// Run does the work of a kind: args are those that it was asked for with. It reports how far it is, stops when its context
// ends, and goes on there when it is called again with the same args.
type Run func(ctx context.Context, args json.RawMessage, report func(engine.Progress)) (output any, err error)

// Queue is the work of a home. It is safe for concurrent use.
type Queue struct {
	store   *storage.Store
	log     *slog.Logger
	changed func()
	runs    map[string]Run

	mu     sync.Mutex
	paused bool
	more   chan struct{}
}

// Option adjusts [New].
type Option func(*Queue)

// WithLogger sends what nobody else is told to a logger.
func WithLogger(log *slog.Logger) Option { return func(q *Queue) { q.log = log } }

// WithChanged has a function called, from any goroutine, whenever a job that this program works on begins, gets further, or
// ends.
func WithChanged(changed func()) Option { return func(q *Queue) { q.changed = changed } }

// New opens the queue of an engine's home, with the kinds of the engine.
func New(e *engine.Engine, options ...Option) *Queue {
	q := Over(e.Store(), options...)
	q.handleEngine(e)
	return q
}

// Over opens the queue of a store, with no kinds.
func Over(store *storage.Store, options ...Option) *Queue {
	q := &Queue{
		store: store, log: slog.New(slog.DiscardHandler), changed: func() {}, runs: map[string]Run{}, more: make(chan struct{}, 1),
	}
	for _, option := range options {
		option(q)
	}
	return q
}

// Handle says what does the work of a kind. It is called before the queue is used.
func (q *Queue) Handle(kind string, run Run) { q.runs[kind] = run }

func (q *Queue) kinds() []string {
	var list []string
	for kind := range q.runs {
		list = append(list, kind)
	}
	slices.Sort(list)
	return list
}

// Add asks for work that [Queue.Work] does, here or in another program on the home.
func (q *Queue) Add(ctx context.Context, n storage.NewJob) (storage.Job, error) {
	j, _, err := q.store.AddJob(ctx, n)
	if err == nil && j.State == storage.JobPaused { // who asks for it once more wants it to go on
		j, err = q.store.ResumeJob(ctx, j.ID)
	}
	q.Wake()
	q.changed()
	return j, err
}

// Wake has Work look for jobs now.
func (q *Queue) Wake() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// Pause lets Work begin nothing new until it is called with false. What runs goes on.
func (q *Queue) Pause(on bool) {
	q.mu.Lock()
	q.paused = on
	q.mu.Unlock()
	q.Wake()
	q.changed()
}

// Paused says whether Work begins nothing new.
func (q *Queue) Paused() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.paused
}

// lookEvery is how often the queue is looked at for what other programs added, left or want.
const lookEvery = time.Second

// backUpEvery is how often a program that runs for long looks whether a backup is due.
const backUpEvery = time.Hour

// Work does so many of the waiting jobs at the same time until the context ends, and makes the day's backup. Jobs that are
// running then wait again, for the next program. The error is that of the context.
func (q *Queue) Work(ctx context.Context, workers int) error {
	var all sync.WaitGroup
	all.Go(func() { Every(ctx, backUpEvery, func() bool { return q.backUp(ctx) }) })
	for range max(workers, 1) {
		all.Go(func() { q.worker(ctx) })
	}
	all.Wait()
	return ctx.Err()
}

// backUp makes a backup where it is time for one.
func (q *Queue) backUp(ctx context.Context) (done bool) {
	if _, err := q.store.BackUpIfDue(ctx); err != nil && ctx.Err() == nil {
		q.log.Warn("the day's backup of the database was not made", "error", err)
	}
	return false
}

func (q *Queue) worker(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		did, err := q.one(ctx)
		if err != nil && ctx.Err() == nil {
			q.log.Error("the queue of jobs cannot be read", "error", err)
		}
		if did && ctx.Err() == nil {
			q.Wake() // another worker, for there may be more
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-q.more:
		case <-tick.C:
		}
	}
}

// WorkOff does the waiting jobs, one after the other, until none is left, and says how many there were. report may be nil.
func (q *Queue) WorkOff(
	ctx context.Context, begun func(storage.Job), report func(engine.Progress), ended func(storage.Job),
) (n int, err error) {
	for {
		if _, err := q.store.FreeJobs(ctx); err != nil {
			return n, err
		}
		j, ok, err := q.store.NextJob(ctx, q.kinds())
		if err != nil || !ok {
			return n, err
		}
		begun(j)
		err = q.do(ctx, j, storage.JobWaiting, report, q.runner(j))
		if ctx.Err() != nil {
			return n, errors.Join(context.Cause(ctx), err)
		}
		n++
		if j, err = q.store.Job(ctx, j.ID); err != nil {
			return n, err
		}
		ended(j)
	}
}

// one does the job that comes first, if there is one.
func (q *Queue) one(ctx context.Context) (did bool, err error) {
	if _, err := q.store.FreeJobs(ctx); err != nil || q.Paused() || ctx.Err() != nil {
		return false, err
	}
	j, ok, err := q.store.NextJob(ctx, q.kinds())
	if err != nil || !ok {
		return false, err
	}
	q.log.Info("a job begins", "job", j.ID, "kind", j.Kind, "name", j.Name)
	if err = q.do(ctx, j, storage.JobWaiting, nil, q.runner(j)); err != nil {
		q.log.Warn("a job has not come to its end", "job", j.ID, "error", err)
		return true, nil
	}
	q.log.Info("a job is done", "job", j.ID)
	return true, nil
}

func (q *Queue) runner(j storage.Job) work {
	return func(ctx context.Context, report func(engine.Progress)) (any, error) {
		return q.runs[j.Kind](ctx, j.Args, report)
	}
}
