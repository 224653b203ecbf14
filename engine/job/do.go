// SPDX-License-Identifier: AGPL-3.0-or-later

package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"spoor/engine"
	"spoor/storage"
)

// Why the work on a job stopped before its end.
var (
	ErrPaused    = errors.New("the job was paused")
	ErrCancelled = engine.ErrCancelled
	errLost      = errors.New("the job was taken over by another program")
	errNoOutput  = errors.New("the job is done, but what came of it is gone")
)

// work is what a job consists of.
type work func(ctx context.Context, report func(engine.Progress)) (any, error)

// Do asks for work and has it done by run, here and now; where another program is at the very same, it waits for that one,
// and takes over should it die. When the context ends the job is paused: the same call goes on with it. report may be nil.
// What run returned is returned as it is; a result that another program came to is what the queue kept of it.
func Do[T any](ctx context.Context, q *Queue, n storage.NewJob, report func(engine.Progress),
	run func(ctx context.Context, report func(engine.Progress)) (T, error),
) (result T, err error) {
	if _, err := q.store.FreeJobs(ctx); err != nil {
		return result, err
	}
	j, _, err := q.store.AddJob(ctx, n)
	if err != nil {
		return result, err
	}
	for {
		mine, ok, err := q.store.ClaimJob(ctx, j.ID)
		if err != nil {
			return result, err
		}
		if ok {
			err := q.do(ctx, mine, storage.JobPaused, report, func(ctx context.Context, report func(engine.Progress)) (any, error) {
				var err error
				result, err = run(ctx, report)
				return result, err
			})
			return result, err
		}
		if j, err = q.follow(ctx, j.ID, report); err != nil {
			return result, err
		}
		if j.State.Ended() {
			return result, outcome(&j, &result)
		}
	}
}

// Try asks for work and does it here, unless another program is at it or somebody has paused it: then it says so and returns at
// once. When the context ends the job waits for the next who tries.
func (q *Queue) Try(ctx context.Context, n storage.NewJob, run func(ctx context.Context) error) (tried bool, err error) {
	if _, err := q.store.FreeJobs(ctx); err != nil {
		return false, err
	}
	j, _, err := q.store.AddJob(ctx, n)
	if err != nil || j.State != storage.JobWaiting {
		return false, err
	}
	if j, tried, err = q.store.ClaimJob(ctx, j.ID); err != nil || !tried {
		return false, err
	}
	return true, q.do(ctx, j, storage.JobWaiting, nil, func(ctx context.Context, _ func(engine.Progress)) (any, error) {
		return nil, run(ctx)
	})
}

// follow waits until a job that another program works on has ended or is free, and shows how far it is.
func (q *Queue) follow(ctx context.Context, id int64, report func(engine.Progress)) (storage.Job, error) {
	tick := time.NewTicker(lookEvery / 4)
	defer tick.Stop()
	for {
		if _, err := q.store.FreeJobs(ctx); err != nil {
			return storage.Job{}, err
		}
		j, err := q.store.Job(ctx, id)
		if err != nil || j.State != storage.JobRunning {
			return j, err
		}
		if report != nil {
			report(ProgressOf(&j))
		}
		select {
		case <-ctx.Done():
			return j, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// outcome reads what came of a job that another program has ended.
func outcome(j *storage.Job, result any) error {
	switch {
	case j.State == storage.JobCancelled:
		return ErrCancelled
	case j.State == storage.JobFailed:
		return errors.New(j.Reason())
	case len(j.Output) == 0:
		return errNoOutput
	}
	if err := json.Unmarshal(j.Output, result); err != nil {
		return fmt.Errorf("what came of the job %d: %w", j.ID, err)
	}
	return nil
}

// ProgressOf is how far a job is, in the engine's words.
func ProgressOf(j *storage.Job) engine.Progress {
	p := j.Progress
	return engine.Progress{Stage: p.Stage, Done: p.Done, Total: p.Total, Left: time.Duration(p.LeftMS) * time.Millisecond}
}

// do works on a job that this program holds. stopped is what becomes of it where the context ends.
func (q *Queue) do(ctx context.Context, j storage.Job, stopped storage.JobState, report func(engine.Progress), do work) error {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &watch{queue: q, id: j.ID, show: report, cancel: cancel}
	q.changed()
	end := w.begin(ctx)
	out, err := do(context.WithValue(ctx, currentJob{}, j), w.report)
	end()
	if cause := context.Cause(ctx); err != nil && cause != nil && outer.Err() == nil {
		err = cause // paused, cancelled or lost, said better than by what it broke
	}
	ending := storage.JobEnd{State: storage.JobDone, Output: out}
	switch {
	case err == nil:
	case errors.Is(err, ErrPaused):
		ending = storage.JobEnd{State: storage.JobPaused}
	case errors.Is(err, ErrCancelled):
		ending = storage.JobEnd{State: storage.JobCancelled}
	case outer.Err() != nil:
		ending = storage.JobEnd{State: stopped}
	default:
		ending = storage.JobEnd{State: storage.JobFailed, Reason: err.Error()}
	}
	if storeErr := q.store.EndJob(context.WithoutCancel(ctx), j.ID, ending); storeErr != nil {
		q.log.Error("the end of a job cannot be stored; it will be done once more", "job", j.ID, "error", storeErr)
	}
	q.changed()
	return err
}

// currentJob is the key of the job that a context is for.
type currentJob struct{}

// Current is the job that a context is for, as it was when the work on it began.
func Current(ctx context.Context) (j storage.Job, ok bool) {
	j, ok = ctx.Value(currentJob{}).(storage.Job)
	return j, ok
}

// watch stores how far a job is, and heeds what others ask of it.
type watch struct {
	queue  *Queue
	id     int64
	show   func(engine.Progress)
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	last  engine.Progress
	fresh bool
}

// report takes in how far the work is.
func (w *watch) report(p engine.Progress) {
	w.mu.Lock()
	w.last, w.fresh = p, true
	w.mu.Unlock()
	if w.show != nil {
		w.show(p)
	}
}

// begin watches until the function that it returns is called.
func (w *watch) begin(ctx context.Context) (end func()) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() {
		Every(ctx, lookEvery, func() bool {
			w.look(ctx)
			return false
		})
	})
	return func() {
		stop()
		done.Wait()
	}
}

func (w *watch) look(ctx context.Context) {
	wish, err := w.queue.store.KeepJob(ctx, w.id, w.news())
	if err != nil {
		if ctx.Err() == nil {
			w.queue.log.Warn("the progress of a job cannot be stored", "job", w.id, "error", err)
		}
		return
	}
	w.queue.changed()
	switch wish {
	case storage.JobPause:
		w.cancel(ErrPaused)
	case storage.JobCancel:
		w.cancel(ErrCancelled)
	case storage.JobLost:
		w.cancel(errLost)
	case storage.JobGoOn:
	}
}

// news is what was reported since the last time, nil if nothing was.
func (w *watch) news() *storage.JobProgress {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.fresh {
		return nil
	}
	w.fresh = false
	return &storage.JobProgress{Stage: w.last.Stage, Done: w.last.Done, Total: w.last.Total, LeftMS: w.last.Left.Milliseconds()}
}
