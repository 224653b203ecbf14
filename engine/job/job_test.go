// SPDX-License-Identifier: AGPL-3.0-or-later

package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

const kind = "test"

type args struct {
	What string `json:"what"`
}

func ask(what string) storage.NewJob {
	return storage.NewJob{Kind: kind, Name: what, Args: args{what}}
}

// bell rings at every change; wait returns at the first one after which a condition holds.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// program is one of several on a home.
type program struct {
	*job.Queue
	store *storage.Store
	close func()
}

func open(t *testing.T, home string, run job.Run, options ...job.Option) program {
	t.Helper()
	e, err := engine.Open(t.Context(), home)
	require.NoError(t, err)
	closed := false
	end := func() {
		if !closed {
			closed = true
			require.NoError(t, e.Close())
		}
	}
	t.Cleanup(end)
	q := job.New(e, options...)
	q.Handle(kind, run)
	return program{q, e.Store(), end}
}

func never(context.Context, json.RawMessage, func(engine.Progress)) (any, error) {
	return nil, errors.New("this must not run")
}

func home(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "home")
}

func only(t *testing.T, s *storage.Store) storage.Job {
	t.Helper()
	list, err := s.Jobs(t.Context(), storage.JobList{})
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

func TestDoReturnsWhatTheWorkReturns(t *testing.T) {
	p := open(t, home(t), never)
	seen := engine.Progress{}
	got, err := job.Do(t.Context(), p.Queue, ask("a"), func(now engine.Progress) { seen = now },
		func(_ context.Context, report func(engine.Progress)) (int, error) {
			report(engine.Progress{Stage: "counting", Done: 1, Total: 2})
			return 42, nil
		})
	require.NoError(t, err)
	require.Equal(t, 42, got)
	require.Equal(t, "counting", seen.Stage)
	require.Equal(t, storage.JobDone, only(t, p.store).State)
	broken := errors.New("broken")
	_, err = job.Do(t.Context(), p.Queue, ask("a"), nil, func(context.Context, func(engine.Progress)) (int, error) { return 0, broken })
	require.ErrorIs(t, err, broken)
	list, err := p.store.Jobs(t.Context(), storage.JobList{})
	require.NoError(t, err)
	require.Equal(t, storage.JobFailed, list[0].State)
	require.Equal(t, "broken", list[0].Reason())
}

// The same asked for by two programs is done by one; both get the result.
func TestWhatIsAskedForTwiceIsDoneOnce(t *testing.T) {
	dir := home(t)
	first, second := open(t, dir, never), open(t, dir, never)
	begun, end := make(chan struct{}), make(chan struct{})
	results := make(chan int, 2)
	go func() {
		got, err := job.Do(t.Context(), first.Queue, ask("a"), nil, func(context.Context, func(engine.Progress)) (int, error) {
			close(begun)
			<-end
			return 7, nil
		})
		if err != nil {
			got = -1
		}
		results <- got
	}()
	<-begun
	var once atomic.Bool
	got, err := job.Do(t.Context(), second.Queue, ask("a"), func(engine.Progress) {
		if once.CompareAndSwap(false, true) { // it follows the first
			close(end)
		}
	}, func(context.Context, func(engine.Progress)) (int, error) { return 0, errors.New("this must not run") })
	require.NoError(t, err)
	require.Equal(t, 7, got)
	require.Equal(t, 7, <-results)
	require.Equal(t, 1, only(t, second.store).Attempt)
}

// A program that dies in the midst of a job leaves it to the one that waits for it.
func TestWhoWaitsTakesOverFromTheDead(t *testing.T) {
	dir := home(t)
	dead, other := open(t, dir, never), open(t, dir, never)
	j, _, err := dead.store.AddJob(t.Context(), ask("a"))
	require.NoError(t, err)
	_, ok, err := dead.store.ClaimJob(t.Context(), j.ID)
	require.NoError(t, err)
	require.True(t, ok)
	var once atomic.Bool
	got, err := job.Do(t.Context(), other.Queue, ask("a"), func(engine.Progress) {
		if once.CompareAndSwap(false, true) {
			dead.close()
		}
	}, func(context.Context, func(engine.Progress)) (string, error) { return "taken over", nil })
	require.NoError(t, err)
	require.Equal(t, "taken over", got)
	require.Equal(t, 2, only(t, other.store).Attempt)
}

func TestStoppedWorkGoesOn(t *testing.T) {
	p := open(t, home(t), never)
	interrupted := errors.New("ctrl-c")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := job.Do(ctx, p.Queue, ask("a"), nil, func(ctx context.Context, _ func(engine.Progress)) (int, error) {
		cancel(interrupted)
		<-ctx.Done()
		return 0, ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, storage.JobPaused, only(t, p.store).State)
	_, err = job.Do(t.Context(), p.Queue, ask("a"), nil, func(context.Context, func(engine.Progress)) (int, error) { return 1, nil })
	require.NoError(t, err)
	require.Equal(t, storage.JobDone, only(t, p.store).State)
}

// What runs heeds what others ask of it.
func TestRunningWorkIsPausedAndCancelled(t *testing.T) {
	for _, test := range []struct {
		ask  func(*storage.Store, context.Context, int64) (storage.Job, error)
		want error
		then storage.JobState
	}{
		{(*storage.Store).PauseJob, job.ErrPaused, storage.JobPaused},
		{(*storage.Store).CancelJob, job.ErrCancelled, storage.JobCancelled},
	} {
		dir := home(t)
		p, other := open(t, dir, never), open(t, dir, never)
		_, err := job.Do(t.Context(), p.Queue, ask("a"), nil, func(ctx context.Context, report func(engine.Progress)) (int, error) {
			report(engine.Progress{Stage: "half", Done: 1, Total: 2})
			if _, err := test.ask(other.store, ctx, only(t, other.store).ID); err != nil {
				return 0, err
			}
			<-ctx.Done()
			return 0, ctx.Err()
		})
		require.ErrorIs(t, err, test.want)
		j := only(t, p.store)
		require.Equal(t, test.then, j.State)
		require.Equal(t, "half", j.Progress.Stage)
	}
}

// A queue that works does what is added to it, by whomever, and gives back what it has not ended.
func TestWorkInTheBackground(t *testing.T) {
	dir := home(t)
	changes, waits := newBell(), make(chan struct{})
	p := open(t, dir, func(ctx context.Context, raw json.RawMessage, _ func(engine.Progress)) (any, error) {
		var a args
		if err := json.Unmarshal(raw, &a); err != nil || a.What != "endless" {
			return a.What, err
		}
		close(waits)
		<-ctx.Done()
		return nil, ctx.Err()
	}, job.WithChanged(changes.ring))
	other := open(t, dir, never)
	quick, err := other.Add(t.Context(), ask("quick"))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Work(ctx, 1) }()
	for {
		j, err := other.store.Job(t.Context(), quick.ID)
		require.NoError(t, err)
		if j.State == storage.JobDone {
			require.JSONEq(t, `"quick"`, string(j.Output))
			break
		}
		<-changes
	}
	p.Pause(true)
	require.True(t, p.Paused())
	p.Pause(false)
	endless, err := p.Add(t.Context(), ask("endless"))
	require.NoError(t, err)
	<-waits
	stop()
	require.ErrorIs(t, <-done, context.Canceled)
	j, err := other.store.Job(t.Context(), endless.ID)
	require.NoError(t, err)
	require.Equal(t, storage.JobWaiting, j.State)
}

func TestWorkOffEndsWhenNothingWaits(t *testing.T) {
	p := open(t, home(t), func(_ context.Context, raw json.RawMessage, _ func(engine.Progress)) (any, error) {
		if string(raw) == `{"what":"bad"}` {
			return nil, errors.New("bad")
		}
		return nil, nil
	})
	for _, what := range []string{"a", "bad", "c"} {
		_, err := p.Add(t.Context(), ask(what))
		require.NoError(t, err)
	}
	states := map[string]storage.JobState{}
	n, err := p.WorkOff(t.Context(), func(storage.Job) {}, nil, func(j storage.Job) { states[j.Name] = j.State })
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, map[string]storage.JobState{"a": storage.JobDone, "bad": storage.JobFailed, "c": storage.JobDone}, states)
}
