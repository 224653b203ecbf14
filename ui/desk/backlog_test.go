// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/engine/media"
	"spoor/ui/desk"
)

func TestMain(m *testing.M) {
	media.ChildMain()
	os.Exit(m.Run())
}

func TestTheBacklogIsKeptOverARestart(t *testing.T) {
	e, err := engine.Open(t.Context(), filepath.Join(t.TempDir(), "home"))
	require.NoError(t, err)
	defer e.Close()
	file := filepath.Join(t.TempDir(), "none.mp4")
	changes := newBell()
	first := desk.NewBacklog(e, changes.ring)
	first.PauseAll(true)
	require.NoError(t, first.Add(t.Context(), job.Title{File: file}.Job()))
	require.NoError(t, first.Add(t.Context(), job.Title{File: file}.Job()))
	changes.wait(func() bool { return len(first.Jobs()) == 1 })
	j := first.Jobs()[0]
	require.Equal(t, desk.Waiting, j.State)
	require.True(t, j.Kept)
	require.NoError(t, first.Pause(t.Context(), j.ID))
	changes.wait(func() bool { return first.Jobs()[0].State == desk.Held })
	first.Close()

	second := desk.NewBacklog(e, changes.ring)
	defer second.Close()
	changes.wait(func() bool { return len(second.Jobs()) == 1 && second.Jobs()[0].State == desk.Held })
	require.NoError(t, second.Resume(t.Context(), j.ID))
	changes.wait(func() bool { return second.Jobs()[0].State == desk.Broken })
	require.ErrorContains(t, second.Jobs()[0].Err, "none.mp4")
	require.NoError(t, second.Resume(t.Context(), j.ID), "what failed can be tried again")
	require.Error(t, second.Stop(t.Context(), "job of nobody"))
}

func TestOfManyJobsThoseThatRunAreShown(t *testing.T) {
	e, err := engine.Open(t.Context(), filepath.Join(t.TempDir(), "home"))
	require.NoError(t, err)
	defer e.Close()
	first, _, err := e.Store().AddJob(t.Context(), job.Title{File: "/none/0.mp4"}.Job())
	require.NoError(t, err)
	_, claimed, err := e.Store().ClaimJob(t.Context(), first.ID)
	require.NoError(t, err)
	require.True(t, claimed)
	changes := newBell()
	b := desk.NewBacklog(e, changes.ring)
	defer b.Close()
	b.PauseAll(true)
	const many = 210
	for i := range many {
		require.NoError(t, b.Add(t.Context(), job.Title{File: fmt.Sprintf("/none/%d.mp4", i+1)}.Job()))
	}
	changes.wait(func() bool { return b.Waiting() == many })
	jobs := b.Jobs()
	require.Less(t, len(jobs), many)
	require.Equal(t, "0.mp4", jobs[0].Name)
	require.Equal(t, desk.Running, jobs[0].State)
}
