// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

// smallFilm makes film.mp4 in a folder: a short clip that is cheap to mark.
func smallFilm(t *testing.T, dir string) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	film := filepath.Join(dir, "film.mp4")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=6:duration=6",
		"-vf", "noise=alls=20:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", film).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return film
}

// markAndDie does what mark does with these args, and ends without a word at the moment between the last change to the home
// and the end of its job; with nothing made where the work had not begun.
func markAndDie(t *testing.T, home string, o engine.MarkOptions, begun bool) {
	t.Helper()
	e, err := engine.Open(t.Context(), home)
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	args, err := job.MarkOf(&o)
	require.NoError(t, err)
	j, added, err := e.Store().AddJob(t.Context(), args.Job())
	require.NoError(t, err)
	require.True(t, added)
	_, ok, err := e.Store().ClaimJob(t.Context(), j.ID)
	require.NoError(t, err)
	require.True(t, ok)
	if begun {
		_, err = args.Make(t.Context(), e, nil)
		require.NoError(t, err)
	}
}

// TestMarkGoesOnAfterItDied gives the command again that died just before it could say that it was done.
func TestMarkGoesOnAfterItDied(t *testing.T) {
	dir := t.TempDir()
	home, film, copied := filepath.Join(dir, "home"), smallFilm(t, dir), filepath.Join(dir, "alice.mp4")
	title := spoor(t, home, "title", "add", film)["id"].(string)
	copies := func() int {
		e, err := engine.Open(t.Context(), home)
		require.NoError(t, err)
		defer func() { require.NoError(t, e.Close()) }()
		list, err := e.Copies(t.Context(), title, 1)
		require.NoError(t, err)
		return len(list)
	}
	encoder := "-c:v libx264 -preset ultrafast"
	command := []string{"mark", "film", "--tag", "alice", "-o", copied, "--encoder-args", encoder}
	o := engine.MarkOptions{
		Title: "film", Orders: []engine.Order{{Tag: storage.Tag{Text: "alice"}, Out: copied}}, Strength: "normal",
		Encoder: []string{"-c:v", "libx264", "-preset", "ultrafast"},
	}
	markAndDie(t, home, o, true)
	first := spoor(t, home, command...)
	require.Equal(t, true, first["earlier"])
	require.Equal(t, 1, copies())
	require.Contains(t, fails(t, home, command...), "issued already", "it is done now: the same again is a second copy")

	// A second copy that is forced is made, though there is one from before; and once only.
	o.Encoder[3], o.Force = "superfast", true
	command[len(command)-1] = "-c:v libx264 -preset superfast"
	command = append(command, "--force")
	markAndDie(t, home, o, false)
	second := spoor(t, home, command...)
	require.NotContains(t, second, "earlier")
	require.NotEqual(t, first["sha256"], second["sha256"])
	require.Equal(t, 2, copies())
	o.Encoder[3] = "veryfast"
	command[len(command)-2] = "-c:v libx264 -preset veryfast"
	markAndDie(t, home, o, true)
	third := spoor(t, home, command...)
	require.Equal(t, true, third["earlier"])
	require.NotEqual(t, second["sha256"], third["sha256"])
	require.Equal(t, 3, copies())
	list, err := filepath.Glob(filepath.Join(dir, ".spoor-*"))
	require.NoError(t, err)
	require.Empty(t, list)
}
