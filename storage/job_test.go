// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

type jobArgs struct {
	Leak string `json:"leak"`
}

func addJob(tb testing.TB, s *storage.Store, leak string) storage.Job {
	tb.Helper()
	j, _, err := s.AddJob(tb.Context(), storage.NewJob{Kind: "trace", Name: leak, Args: jobArgs{leak}})
	require.NoError(tb, err)
	return j
}

func claim(tb testing.TB, s *storage.Store, id int64) bool {
	tb.Helper()
	_, ok, err := s.ClaimJob(tb.Context(), id)
	require.NoError(tb, err)
	return ok
}

func jobIs(tb testing.TB, s *storage.Store, id int64, want storage.JobState) storage.Job {
	tb.Helper()
	j, err := s.Job(tb.Context(), id)
	require.NoError(tb, err)
	require.Equal(tb, want, j.State)
	return j
}

func TestJobLife(t *testing.T) {
	s := openNew(t)
	j, added, err := s.AddJob(t.Context(), storage.NewJob{Kind: "trace", Name: "leak.mp4", Args: jobArgs{"leak.mp4"}})
	require.NoError(t, err)
	require.True(t, added)
	require.Equal(t, storage.JobWaiting, j.State)
	require.Equal(t, "leak.mp4", j.Name)
	require.JSONEq(t, `{"leak": "leak.mp4"}`, string(j.Args))

	again, added, err := s.AddJob(t.Context(), storage.NewJob{Kind: "trace", Name: "leak.mp4", Args: jobArgs{"leak.mp4"}})
	require.NoError(t, err)
	require.False(t, added, "the same is asked for once")
	require.Equal(t, j.ID, again.ID)
	_, added, err = s.AddJob(t.Context(), storage.NewJob{Kind: "mark", Args: jobArgs{"leak.mp4"}})
	require.NoError(t, err)
	require.True(t, added, "another kind of work is another job")

	require.True(t, claim(t, s, j.ID))
	require.False(t, claim(t, s, j.ID), "it is running")
	wish, err := s.KeepJob(t.Context(), j.ID, &storage.JobProgress{Stage: "reading", Done: 1, Total: 4, LeftMS: 3000})
	require.NoError(t, err)
	require.Equal(t, storage.JobGoOn, wish)
	j = jobIs(t, s, j.ID, storage.JobRunning)
	require.Equal(t, storage.JobProgress{Stage: "reading", Done: 1, Total: 4, LeftMS: 3000}, j.Progress)
	require.NotEmpty(t, j.Holder)
	require.NotNil(t, j.Begun)

	require.NoError(t, s.EndJob(t.Context(), j.ID, storage.JobEnd{State: storage.JobDone, Output: map[string]int{"found": 1}}))
	j = jobIs(t, s, j.ID, storage.JobDone)
	require.JSONEq(t, `{"found": 1}`, string(j.Output))
	require.NotNil(t, j.Ended)
	_, err = s.PauseJob(t.Context(), j.ID)
	requireCode(t, storage.Conflict, err, "has ended")
	require.NotEqual(t, j.ID, addJob(t, s, "leak.mp4").ID, "what has ended can be asked for anew")
	_, err = s.Job(t.Context(), 999)
	requireCode(t, storage.NotFound, err, "no job 999")
	_, _, err = s.AddJob(t.Context(), storage.NewJob{Kind: "trace", Priority: 9})
	requireCode(t, storage.Invalid, err, "no priority 9")
	requireSound(t, s)
}

func TestJobsComeByPriority(t *testing.T) {
	s := openNew(t)
	add := func(name string, priority int) int64 {
		j, _, err := s.AddJob(t.Context(), storage.NewJob{Kind: "trace", Args: jobArgs{name}, Priority: priority})
		require.NoError(t, err)
		return j.ID
	}
	low, first, second, urgent := add("a", storage.PriorityLow), add("b", 0), add("c", 0), add("d", storage.PriorityUrgent)
	other, _, err := s.AddJob(t.Context(), storage.NewJob{Kind: "sync", Args: jobArgs{"x"}, Priority: storage.PriorityUrgent})
	require.NoError(t, err)
	for _, want := range []int64{urgent, first, second, low} {
		j, ok, err := s.NextJob(t.Context(), []string{"trace"})
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, want, j.ID)
		require.Equal(t, storage.JobRunning, j.State)
	}
	_, ok, err := s.NextJob(t.Context(), []string{"trace"})
	require.NoError(t, err)
	require.False(t, ok)
	list, err := s.Jobs(t.Context(), storage.JobList{})
	require.NoError(t, err)
	require.Len(t, list, 5)
	require.Equal(t, other.ID, list[0].ID, "the newest first")
	list, err = s.Jobs(t.Context(), storage.JobList{Before: second, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, first, list[0].ID)
	require.NoError(t, s.EndJob(t.Context(), first, storage.JobEnd{State: storage.JobDone}))
	list, err = s.Jobs(t.Context(), storage.JobList{Open: true})
	require.NoError(t, err)
	require.Len(t, list, 4)
}

func TestJobsPauseCancelAndRetry(t *testing.T) {
	s := openNew(t)
	holder := openAt(t, s.Home())
	j := addJob(t, s, "a")
	_, err := s.PauseJob(t.Context(), j.ID)
	require.NoError(t, err)
	_, ok, err := s.NextJob(t.Context(), []string{"trace"})
	require.NoError(t, err)
	require.False(t, ok, "paused")
	_, err = s.ResumeJob(t.Context(), j.ID)
	require.NoError(t, err)
	jobIs(t, s, j.ID, storage.JobWaiting)

	require.True(t, claim(t, holder, j.ID))
	asked, err := s.PauseJob(t.Context(), j.ID)
	require.NoError(t, err)
	require.Equal(t, storage.JobRunning, asked.State)
	require.Equal(t, "pause", asked.Asked)
	wish, err := holder.KeepJob(t.Context(), j.ID, nil)
	require.NoError(t, err)
	require.Equal(t, storage.JobPause, wish)
	wish, err = s.KeepJob(t.Context(), j.ID, nil)
	require.NoError(t, err)
	require.Equal(t, storage.JobLost, wish, "it is the other program's")
	require.NoError(t, s.EndJob(t.Context(), j.ID, storage.JobEnd{State: storage.JobDone}))
	jobIs(t, s, j.ID, storage.JobRunning)
	require.NoError(t, holder.EndJob(t.Context(), j.ID, storage.JobEnd{State: storage.JobPaused}))
	jobIs(t, s, j.ID, storage.JobPaused)

	require.True(t, claim(t, s, j.ID), "a paused one is resumed by asking for the same")
	require.NoError(t, s.EndJob(t.Context(), j.ID, storage.JobEnd{State: storage.JobFailed, Reason: "the disk is full"}))
	j = jobIs(t, s, j.ID, storage.JobFailed)
	require.Equal(t, "the disk is full", j.Reason())
	_, err = s.ResumeJob(t.Context(), j.ID)
	requireCode(t, storage.Conflict, err, "retry it")
	j, err = s.RetryJob(t.Context(), j.ID)
	require.NoError(t, err)
	require.Equal(t, storage.JobWaiting, j.State)
	require.Nil(t, j.Ended)
	_, err = s.RetryJob(t.Context(), j.ID)
	requireCode(t, storage.Conflict, err)
	require.True(t, claim(t, s, j.ID))
	require.Equal(t, 3, jobIs(t, s, j.ID, storage.JobRunning).Attempt)
	_, err = holder.CancelJob(t.Context(), j.ID)
	require.NoError(t, err)
	wish, err = s.KeepJob(t.Context(), j.ID, &storage.JobProgress{Done: 1})
	require.NoError(t, err)
	require.Equal(t, storage.JobCancel, wish)
	require.NoError(t, s.EndJob(t.Context(), j.ID, storage.JobEnd{State: storage.JobCancelled}))

	addJob(t, s, "a")
	_, err = s.RetryJob(t.Context(), j.ID)
	requireCode(t, storage.Exists, err)
}

// A job whose holder is gone is free at once for whoever starts next; one whose holder lives is not.
func TestJobsOfTheDeadAreFreed(t *testing.T) {
	s := openNew(t)
	dead, err := storage.Open(t.Context(), s.Home(), onServer())
	require.NoError(t, err)
	left, asked := addJob(t, s, "a"), addJob(t, s, "b")
	require.True(t, claim(t, dead, left.ID))
	require.True(t, claim(t, dead, asked.ID))
	_, err = s.PauseJob(t.Context(), asked.ID)
	require.NoError(t, err)
	freed, err := s.FreeJobs(t.Context())
	require.NoError(t, err)
	require.Zero(t, freed, "the holder lives")
	require.NoError(t, dead.Close())
	mine := addJob(t, s, "c")
	require.True(t, claim(t, s, mine.ID))

	freed, err = s.FreeJobs(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, freed)
	j := jobIs(t, s, left.ID, storage.JobWaiting)
	require.Contains(t, j.Reason(), "without a word")
	jobIs(t, s, asked.ID, storage.JobPaused)
	jobIs(t, s, mine.ID, storage.JobRunning)
	require.True(t, claim(t, s, left.ID))
}

// A job that is cancelled takes the backtrace that it works on with it, whoever holds it or held it.
func TestACancelledJobCancelsItsBacktrace(t *testing.T) {
	s := openNew(t)
	tied := func(holder *storage.Store, name string) (storage.Job, storage.Backtrace) {
		b := addBacktrace(t, s, addEvidence(t, s, storage.Inbox, name))
		j := addJob(t, s, name)
		require.True(t, claim(t, holder, j.ID))
		require.NoError(t, holder.TieJob(t.Context(), j.ID, b.ID))
		return j, b
	}
	status := func(b storage.Backtrace) storage.Status {
		now, err := s.Backtrace(t.Context(), b.ID)
		require.NoError(t, err)
		return now.Status
	}
	j, b := tied(s, "paused")
	require.Equal(t, b.ID, jobIs(t, s, j.ID, storage.JobRunning).Backtrace)
	require.NoError(t, s.EndJob(t.Context(), j.ID, storage.JobEnd{State: storage.JobPaused}))
	require.Equal(t, storage.Queued, status(b), "a pause is no end")
	gone, err := s.CancelJob(t.Context(), j.ID)
	require.NoError(t, err)
	require.Equal(t, storage.JobCancelled, gone.State)
	require.Equal(t, storage.Cancelled, status(b))
	_, err = s.RetryJob(t.Context(), j.ID)
	require.NoError(t, err)
	_, err = s.CancelJob(t.Context(), j.ID)
	require.NoError(t, err, "its backtrace has ended already")

	dead, err := storage.Open(t.Context(), s.Home(), onServer())
	require.NoError(t, err)
	j, b = tied(dead, "held")
	requireCode(t, storage.Conflict, s.TieJob(t.Context(), j.ID, b.ID), "another program")
	asked, err := s.CancelJob(t.Context(), j.ID)
	require.NoError(t, err)
	require.Equal(t, "cancel", asked.Asked)
	require.Equal(t, storage.Queued, status(b), "that is for its holder to do")
	require.NoError(t, dead.Close())
	_, err = s.FreeJobs(t.Context())
	require.NoError(t, err)
	jobIs(t, s, j.ID, storage.JobCancelled)
	require.Equal(t, storage.Cancelled, status(b))
	require.NoError(t, s.CancelBacktrace(t.Context(), b.ID), "what has ended stays as it is")
	require.NoError(t, s.CancelBacktrace(t.Context(), storage.NewID()), "nor is one missed that was removed")
	requireSound(t, s)
}

func TestJobsOfACaseAreForgottenWithIt(t *testing.T) {
	s := openNew(t)
	c := storage.Case{Name: "secret"}
	require.NoError(t, s.AddCase(t.Context(), &c))
	j, _, err := s.AddJob(t.Context(), storage.NewJob{Kind: "trace", Args: jobArgs{"x"}, Case: c.ID})
	require.NoError(t, err)
	require.True(t, claim(t, s, j.ID))
	other := addJob(t, s, "other")
	_, err = s.DeleteCase(t.Context(), c.ID)
	require.NoError(t, err)
	_, err = s.Job(t.Context(), j.ID)
	requireCode(t, storage.NotFound, err)
	wish, err := s.KeepJob(t.Context(), j.ID, &storage.JobProgress{Done: 1})
	require.NoError(t, err)
	require.Equal(t, storage.JobLost, wish)
	require.NoError(t, s.EndJob(t.Context(), j.ID, storage.JobEnd{State: storage.JobDone, Output: json.RawMessage(`1`)}))
	jobIs(t, s, other.ID, storage.JobWaiting)
}

func TestJobsOfACaseThatIsMergedGoWithIt(t *testing.T) {
	s := openNew(t)
	from, into := storage.Case{Name: "from"}, storage.Case{Name: "into"}
	require.NoError(t, s.AddCase(t.Context(), &from))
	require.NoError(t, s.AddCase(t.Context(), &into))
	j, _, err := s.AddJob(t.Context(), storage.NewJob{Kind: "trace", Args: jobArgs{"x"}, Case: from.ID})
	require.NoError(t, err)
	require.Equal(t, from.ID, j.Case)
	other := addJob(t, s, "other")
	require.NoError(t, s.MergeCases(t.Context(), from.ID, into.ID))
	require.Equal(t, into.ID, jobIs(t, s, j.ID, storage.JobWaiting).Case)
	require.Empty(t, jobIs(t, s, other.ID, storage.JobWaiting).Case)
	_, err = s.DeleteCase(t.Context(), into.ID)
	require.NoError(t, err)
	_, err = s.Job(t.Context(), j.ID)
	requireCode(t, storage.NotFound, err)
}

// The lock of a holder is a file of the home, which goes with it.
func TestHoldersLeaveNoLocks(t *testing.T) {
	s, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "home"))
	require.NoError(t, err)
	require.True(t, claim(t, s, addJob(t, s, "a").ID))
	locks := func() int {
		list, err := os.ReadDir(filepath.Join(s.Home(), "locks"))
		require.NoError(t, err)
		return len(list)
	}
	require.Equal(t, 1, locks())
	require.NoError(t, s.Close())
	require.Zero(t, locks())
}
