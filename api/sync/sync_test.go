// SPDX-License-Identifier: AGPL-3.0-or-later

package sync_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/sync"
	"spoor/api/wire"
	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

func mirror(t *testing.T, r *sync.Remote, all bool) sync.Mirrored {
	t.Helper()
	m, err := sync.Mirror(t.Context(), r, all, nil)
	require.NoError(t, err)
	return m
}

func push(t *testing.T, r *sync.Remote) sync.Pushed {
	t.Helper()
	p, err := sync.Push(t.Context(), r, nil)
	require.NoError(t, err)
	return p
}

func TestPushedOnceAndSeenByTheOther(t *testing.T) {
	o := newOffice(t)
	anna, ben := o.desktop("owner"), o.desktop("owner")
	b := found(t, anna.Store, "leak.mp4", "alice")
	require.Equal(t, sync.Pushed{Sent: 1}, push(t, anna))
	require.Equal(t, sync.Pushed{}, push(t, anna), "again changes nothing")
	m := mirror(t, ben, false)
	require.Equal(t, 1, m.Changed)
	require.True(t, m.Swept, "the first time it looks at everything")
	require.Equal(t, sync.Mirrored{Total: 1}, mirror(t, ben, false))
	require.Equal(t, has(t, o.store, ""), has(t, ben.Store, ben.ID))
	got, err := ben.Store.TeamBacktrace(t.Context(), ben.ID, b.ID)
	require.NoError(t, err)
	require.Equal(t, "leak.mp4", got.InputName)
	require.NotContains(t, string(got.Findings)+string(got.Extracted), "/private", "where a file lies is nobody's business")
	require.Contains(t, string(got.Findings), `"title_from_ms":5`)
	list, _, err := ben.Store.TeamBacktraces(t.Context(), storage.TeamQuery{Origin: ben.ID, Tag: "ALI"})
	require.NoError(t, err)
	require.Len(t, list, 1, "it can be searched in")

	second := found(t, anna.Store, "other.mp4", "bob")
	push(t, anna)
	require.Equal(t, sync.Mirrored{Changed: 1, Total: 2}, mirror(t, ben, false))
	anna.Accesses = func(_ context.Context, tag, _ string) ([]wire.AccessStat, error) { // a log was imported
		return []wire.AccessStat{{IPAddress: "192.0.2.7", UserAgent: tag}}, nil
	}
	require.Equal(t, sync.Pushed{Sent: 2}, push(t, anna), "results that have changed are sent anew")
	require.Equal(t, sync.Pushed{}, push(t, anna))
	require.Equal(t, sync.Mirrored{Changed: 2, Total: 2}, mirror(t, ben, false))
	require.Contains(t, has(t, ben.Store, ben.ID)[b.ID], `"ip_address":"192.0.2.7"`)
	require.Equal(t, "2", has(t, ben.Store, ben.ID)[b.ID][:1])
	require.NoError(t, anna.Client.Delete(t.Context(), b.ID))
	require.NoError(t, anna.Client.Delete(t.Context(), b.ID))
	require.Len(t, has(t, ben.Store, ben.ID), 2, "what is erased is found by looking at everything")
	require.Equal(t, sync.Mirrored{Removed: 1, Total: 1, Swept: true}, mirror(t, ben, true))
	require.Contains(t, has(t, ben.Store, ben.ID), second.ID)
	require.Equal(t, sync.Pushed{}, push(t, anna), "what was erased there is not sent again")
}

func TestConflictsAreKeptAndDecided(t *testing.T) {
	o := newOffice(t)
	anna := o.desktop("owner")
	for _, ours := range []bool{true, false} {
		b := found(t, anna.Store, "leak.mp4", "alice")
		theirs := wire.Backtrace{ID: b.ID, Status: wire.Success, Percentage: 100, InputName: "leak.mp4", Extracted: []wire.Extracted{{Tag: "bob"}}}
		_, err := anna.Client.Put(t.Context(), theirs, 0) // from a copy of this home, say
		require.NoError(t, err)
		require.Equal(t, sync.Pushed{Conflicts: 1}, push(t, anna))
		require.Equal(t, sync.Pushed{Conflicts: 1}, push(t, anna), "nothing is decided by trying again")
		entry, err := anna.Store.Outbox(t.Context(), anna.ID, b.ID)
		require.NoError(t, err)
		require.Contains(t, string(entry.Theirs), "bob")
		mine, err := anna.Store.Findings(t.Context(), b.ID)
		require.NoError(t, err)
		require.Equal(t, "alice", mine[0].TagText)

		entry, err = sync.Resolve(t.Context(), anna, b.ID, ours)
		require.NoError(t, err)
		require.Equal(t, storage.OutboxSent, entry.State)
		require.Equal(t, sync.Pushed{}, push(t, anna))
		got, err := anna.Client.Get(t.Context(), b.ID)
		require.NoError(t, err)
		require.Equal(t, map[bool]string{true: "alice", false: "bob"}[ours], got.Extracted[0].Tag)
		_, err = sync.Resolve(t.Context(), anna, b.ID, ours)
		require.ErrorContains(t, err, "not in conflict")
	}
}

// TestTwoDesktopsAndAServerEndEqual works over a line that fails more than 60 times (200 by make torture), with a server that is dropped and started again
// in between, in an order that nobody planned.
func TestTwoDesktopsAndAServerEndEqual(t *testing.T) {
	o := newOffice(t)
	desks := []*sync.Remote{o.desktop("owner"), o.desktop("owner")}
	random := rand.New(rand.NewPCG(7, 7))
	o.line.wild.Store(true)
	made, wanted := 0, faults(t)
	for round := 0; o.line.faults.Load() < wanted || made < 30; round++ {
		desk := desks[random.IntN(2)]
		switch random.IntN(8) {
		case 0, 1:
			if made < 30 {
				found(t, desk.Store, fmt.Sprintf("%d.mp4", made), fmt.Sprintf("tag-%d", made))
				made++
			}
		case 2:
			_, _ = sync.Mirror(t.Context(), desk, random.IntN(2) == 0, nil) // errors are what this is about
			r, err := desk.Store.Remote(t.Context(), desk.ID)               // as after a start of the program
			require.NoError(t, err)
			desk.Remote = r
		case 3:
			if round%5 == 0 {
				o.restart()
			}
		default:
			_, _ = sync.Push(t.Context(), desk, nil)
		}
	}
	o.line.wild.Store(false)
	for _, desk := range desks {
		push(t, desk)
	}
	want := has(t, o.store, "")
	require.Len(t, want, made)
	for _, desk := range desks {
		require.Equal(t, int64(made), mirror(t, desk, true).Total)
		require.Equal(t, want, has(t, desk.Store, desk.ID))
		for id, b := range want {
			require.Contains(t, b, "[tag-", id)
			require.Equal(t, "1", b[:1], "stored once and never changed: %s", b)
		}
		conflicts, err := desk.Store.OutboxByState(t.Context(), desk.ID, storage.OutboxConflict)
		require.NoError(t, err)
		require.Empty(t, conflicts)
	}
}

func TestSubmitIsTracedOnceWhateverTheLine(t *testing.T) {
	o := newOffice(t)
	anna := o.desktop("owner")
	inbox, err := anna.Store.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "leak.mp4")
	content := make([]byte, 3<<20)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(content)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	o.line.wild.Store(true)
	s := sync.Submission{Path: path, CaseID: inbox.ID, Author: "anna"}
	var b wire.Backtrace
	for try := range 200 {
		if b, err = sync.Submit(t.Context(), anna, s); err == nil {
			break
		}
		if try%3 == 0 {
			o.restart()
		}
	}
	require.NoError(t, err)
	o.line.wild.Store(false)
	require.Equal(t, "leaker", b.Extracted[0].Tag)
	require.Len(t, has(t, o.store, ""), 1, "nothing is doubled")
	user, err := o.store.EnsureUser(t.Context(), "owner")
	require.NoError(t, err)
	files, _, err := o.store.Files(t.Context(), user.ID, storage.Slice{})
	require.NoError(t, err)
	sum := sha256.Sum256(content)
	require.Len(t, files, 1)
	require.Equal(t, hex.EncodeToString(sum[:]), files[0].SHA256, "nothing is lost")
	notes, err := anna.Store.Notes(t.Context(), inbox.ID, storage.Page{})
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.Contains(t, notes[0].Text, `Tag "leaker"`)
	require.Contains(t, has(t, anna.Store, anna.ID), b.ID)
}

// A program that died between the answer and the end of its job sends nothing again; who asks anew later does.
func TestASubmissionIsAJobThatIsAnsweredOnce(t *testing.T) {
	o := newOffice(t)
	anna := o.desktop("owner")
	inbox, err := anna.Store.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "leak.mp4")
	require.NoError(t, os.WriteFile(path, []byte("film"), 0o600))
	s := sync.Submission{Path: path, CaseID: inbox.ID, Author: "anna"}
	quiet := func(engine.Progress) {}

	dead, err := storage.Open(t.Context(), anna.Store.Home())
	require.NoError(t, err)
	j, _, err := dead.AddJob(t.Context(), anna.SubmitJob(s))
	require.NoError(t, err)
	_, ok, err := dead.ClaimJob(t.Context(), j.ID)
	require.NoError(t, err)
	require.True(t, ok)
	first, err := sync.SubmitWith(t.Context(), anna, s, quiet)
	require.NoError(t, err)
	require.NoError(t, dead.Close())

	submit := func() sync.Answer {
		t.Helper()
		answer, err := job.Do(t.Context(), job.Over(anna.Store), anna.SubmitJob(s), nil,
			func(ctx context.Context, report func(engine.Progress)) (sync.Answer, error) {
				return sync.SubmitWith(ctx, anna, s, report)
			})
		require.NoError(t, err)
		return answer
	}
	notes := func() int {
		list, err := anna.Store.Notes(t.Context(), inbox.ID, storage.Page{})
		require.NoError(t, err)
		return len(list)
	}
	require.Equal(t, first, submit())
	require.Equal(t, 1, notes())
	require.Len(t, has(t, o.store, ""), 1, "it was asked once")
	require.NotEqual(t, first.Backtrace, submit().Backtrace)
	require.Equal(t, 2, notes())
}

func TestSubmitStopsWhenToldTo(t *testing.T) {
	o := newOffice(t)
	anna := o.desktop("owner")
	inbox, err := anna.Store.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "leak.mp4")
	require.NoError(t, os.WriteFile(path, []byte("film"), 0o600))
	ctx, stop := context.WithCancel(t.Context())
	_, err = sync.Submit(ctx, anna, sync.Submission{Path: path, CaseID: inbox.ID, Progress: func(string, int64, int64) { stop() }})
	require.ErrorIs(t, err, context.Canceled)
	_, err = sync.Submit(t.Context(), anna, sync.Submission{Path: path, CaseID: inbox.ID, Pipeline: "nowhere"})
	require.ErrorContains(t, err, `no pipeline "nowhere"`)
}
