// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/engine/job"
	"spoor/storage"
)

const (
	progressEvery = time.Second // a percentage is stored not more often than that
	watchEvery    = time.Second // a backtrace that runs is looked after so often
)

// runner works backtraces out, in the order they were asked for. What is to be
// done is in the store; here are only the ids, which are read again at the start, and now and then: several servers may
// work on one store. Each backtrace is a job of the store's queue, so that one of them works it out, and another takes it over
// should that one die.
type runner struct {
	*Server
	tracer  Tracer
	workers int
	queue   *job.Queue

	mu      sync.Mutex
	waiting []string
	known   map[string]bool // waiting or running
	running map[string]context.CancelCauseFunc
	more    chan struct{}
}

func newRunner(s *Server, tracer Tracer, workers int) *runner {
	return &runner{
		Server: s, tracer: tracer, workers: workers, queue: job.Over(s.store, job.WithLogger(s.log)),
		known: map[string]bool{}, running: map[string]context.CancelCauseFunc{}, more: make(chan struct{}, 1),
	}
}

// add has a backtrace worked out.
func (r *runner) add(id string) {
	r.mu.Lock()
	if !r.known[id] {
		r.known[id] = true
		r.waiting = append(r.waiting, id)
	}
	r.metrics.queued.Set(float64(len(r.waiting)))
	r.mu.Unlock()
	r.wake()
}

func (r *runner) wake() {
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// cancel ends a backtrace that is running for good.
func (r *runner) cancel(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if stop := r.running[id]; stop != nil {
		stop(job.ErrCancelled)
	}
}

const (
	lookEvery = 5 * time.Second // the store is looked at so often for what other servers took in, or left
	looksAt   = 1000            // at most so many of those that wait; the next look finds the next
)

// look adds what is open in the store.
func (r *runner) look(ctx context.Context) error {
	open, err := r.store.OpenTeamBacktraces(ctx, looksAt)
	for _, id := range open {
		r.add(id)
	}
	return err
}

// watch looks now and then.
func (r *runner) watch(ctx context.Context) {
	job.Every(ctx, lookEvery, func() bool {
		if err := r.look(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("open backtraces cannot be looked for", "error", err)
		}
		return false
	})
}

// work runs until the context ends.
func (r *runner) work(ctx context.Context) error {
	if err := r.look(ctx); err != nil {
		return err
	}
	var all sync.WaitGroup
	all.Go(func() { r.watch(ctx) })
	for range r.workers {
		all.Go(func() { r.worker(ctx) })
	}
	all.Go(func() { r.pings.work(ctx) })
	all.Wait()
	return ctx.Err()
}

func (r *runner) worker(ctx context.Context) {
	for {
		id, one, done := r.next(ctx)
		if id != "" {
			r.try(one, id)
			done()
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-r.more:
		}
	}
}

// next takes the backtrace that waits longest.
func (r *runner) next(ctx context.Context) (id string, one context.Context, done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 || ctx.Err() != nil {
		return "", nil, nil
	}
	id, r.waiting = r.waiting[0], r.waiting[1:]
	one, stop := context.WithCancelCause(ctx)
	r.running[id] = stop
	r.metrics.queued.Set(float64(len(r.waiting)))
	r.metrics.running.Inc()
	if len(r.waiting) > 0 {
		r.wake() // another worker
	}
	return id, one, func() {
		stop(nil)
		r.metrics.running.Dec()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.running, id)
		delete(r.known, id)
	}
}

// errNotOpen says that a backtrace was finished, cancelled or erased meanwhile.
var errNotOpen = errors.New("the backtrace is not open any more")

// alter changes a backtrace that is not finished.
func (r *runner) alter(
	ctx context.Context, id string, f func(*storage.TeamBacktrace), tell ...func(*storage.TeamBacktrace) []storage.Ping,
) (storage.TeamBacktrace, error) {
	b, err := r.store.ChangeTeamBacktrace(ctx, "", id, func(b *storage.TeamBacktrace) (bool, error) {
		if b.Status.Final() {
			return false, errNotOpen
		}
		f(b)
		return true, nil
	}, tell...)
	if len(tell) > 0 {
		r.pings.wake()
	}
	if storage.CodeOf(err) == storage.NotFound {
		err = errNotOpen
	}
	return b, err
}

// try works one backtrace out, unless another server does.
func (r *runner) try(ctx context.Context, id string) {
	work := storage.NewJob{Kind: jobKind, Name: id, Args: map[string]string{"backtrace": id}}
	_, err := r.queue.Try(ctx, work, func(ctx context.Context) error {
		r.one(ctx, id)
		if errors.Is(context.Cause(ctx), job.ErrCancelled) { // with spoor job cancel
			_, err := r.alter(context.WithoutCancel(ctx), id, func(b *storage.TeamBacktrace) {
				_ = conclude(b, &Outcome{}, &JobError{Code: CodeFault, Message: "it was cancelled on the server"})
			}, func(b *storage.TeamBacktrace) []storage.Ping { return r.pings.of(b, pingError) })
			if err != nil && !errors.Is(err, errNotOpen) {
				return err
			}
		}
		return context.Cause(ctx)
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, job.ErrCancelled) && !errors.Is(err, job.ErrPaused) {
		r.log.Error("a backtrace cannot be worked on", "backtrace", id, "error", err)
	}
}

// jobKind is what backtraces are called in the queue.
const jobKind = "backtrace"

// one works one backtrace out. Where the server is stopped, it stays open.
func (r *runner) one(ctx context.Context, id string) {
	log := r.log.With("backtrace", id)
	again := false
	b, err := r.alter(ctx, id, func(b *storage.TeamBacktrace) {
		again, b.Status = b.Status == storage.Processing, storage.Processing
	}, func(b *storage.TeamBacktrace) []storage.Ping {
		if again { // it was begun by a server that stopped
			return nil
		}
		return r.pings.of(b, pingStarted)
	})
	if err != nil {
		if !errors.Is(err, errNotOpen) {
			log.Error("a backtrace cannot be begun", "error", err)
		}
		return
	}
	log.Info("a backtrace begins", "user", b.UserID)
	watch, ended := context.WithCancel(ctx)
	go r.lookAfter(watch, id)
	outcome, err := r.trace(ctx, &b)
	ended()
	if ctx.Err() != nil && err != nil {
		return // stopped, or cancelled, which is stored already
	}
	// It must be stored, also if the server is told to stop just now.
	b, storeErr := r.alter(context.WithoutCancel(ctx), id, func(b *storage.TeamBacktrace) {
		err = errors.Join(err, conclude(b, &outcome, err))
	}, func(b *storage.TeamBacktrace) []storage.Ping { return r.pings.ofEnd(b, &outcome) })
	switch {
	case errors.Is(storeErr, errNotOpen):
		return
	case storeErr != nil:
		log.Error("the result of a backtrace cannot be stored", "error", storeErr)
		if b, storeErr = r.alter(context.WithoutCancel(ctx), id, func(b *storage.TeamBacktrace) {
			err = conclude(b, &Outcome{}, errors.New("its result cannot be stored"))
		}, func(b *storage.TeamBacktrace) []storage.Ping { return r.pings.of(b, pingError) }); storeErr != nil {
			return // the next start tries again
		}
	}
	r.metrics.finished.WithLabelValues(string(b.Status)).Inc()
	if err != nil {
		log.Warn("a backtrace failed", "error", err)
		return
	}
	if err := r.refresh.note(context.WithoutCancel(ctx), &b, &outcome); err != nil {
		log.Warn("a backtrace is finished", "error", err)
	}
	log.Info("a backtrace is finished", "tags", len(b.Tags))
}

// lookAfter cancels a backtrace that another server on the same store has cancelled or erased.
func (r *runner) lookAfter(ctx context.Context, id string) {
	job.Every(ctx, watchEvery, func() bool {
		b, err := r.store.TeamBacktrace(ctx, "", id)
		gone := storage.CodeOf(err) == storage.NotFound || (err == nil && b.Status.Final())
		if gone {
			r.cancel(id)
		}
		return gone
	})
}

// trace finds the input and has it traced.
func (r *runner) trace(ctx context.Context, b *storage.TeamBacktrace) (Outcome, error) {
	p, err := r.store.Pipeline(ctx, b.PipelineID)
	if err != nil {
		return Outcome{}, err
	}
	in, err := r.findInput(ctx, p, b.InputName, b.UserID)
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		return Outcome{}, &JobError{Code: CodeInput, Message: refused.Message}
	}
	if err != nil {
		return Outcome{}, err
	}
	if in.path == "" {
		dir, err := r.store.WorkDir(b.ID)
		if err != nil {
			return Outcome{}, err
		}
		defer func() { _ = r.store.RemoveWorkDir(b.ID) }() // what is left there costs space only
		if in.path, err = r.fetch(ctx, in, dir); err != nil {
			return Outcome{}, &JobError{Code: CodeInput, Message: err.Error()}
		}
	}
	return r.tracer.Trace(ctx, Job{Path: in.path, Title: b.JobID, Progress: r.progress(ctx, b.ID)})
}

// progress stores how far a backtrace is.
func (r *runner) progress(ctx context.Context, id string) func(int) {
	last, stored := time.Now(), 0
	return func(percent int) {
		percent = min(percent, 99)
		if percent <= stored || time.Since(last) < progressEvery {
			return
		}
		last, stored = time.Now(), percent
		_, err := r.alter(ctx, id, func(b *storage.TeamBacktrace) { b.Percentage = max(b.Percentage, percent) })
		if errors.Is(err, errNotOpen) { // by another server on the same store
			r.cancel(id)
		}
	}
}

// conclude writes the outcome into a backtrace.
func conclude(b *storage.TeamBacktrace, outcome *Outcome, failure error) error {
	b.FinishedAt, b.Percentage = time.Now().UTC().Truncate(time.Millisecond), 100
	if failure == nil {
		b.Status, b.EngineID = storage.Success, outcome.EngineID
		if outcome.Title != "" {
			b.JobID = outcome.Title
		}
		extracted := outcome.Extracted
		if extracted == nil {
			extracted = []wire.Extracted{}
		}
		if failure = keep.Result(b, extracted, &outcome.Findings); failure == nil {
			return nil
		}
	}
	b.Status, b.ErrorCode, b.ErrorMsg = storage.Failure, CodeFault, "the server failed; its log says why"
	if e, ok := errors.AsType[*JobError](failure); ok {
		b.ErrorCode, b.ErrorMsg, b.EngineID = e.Code, e.Message, e.EngineID
	}
	return failure
}
