// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// TestCopyIsFinishedAfterAKillJustBeforeTheEnd puts back the two states in which a kill can leave a complete copy: on
// record but without its name, and not on record yet.
func TestCopyIsFinishedAfterAKillJustBeforeTheEnd(t *testing.T) {
	ctx := t.Context()
	e, err := Open(ctx, t.TempDir())
	require.NoError(t, err)
	defer e.Close()
	dir := t.TempDir()
	clip := filepath.Join(dir, "clip.mp4")
	out, err := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=6:duration=6",
		"-vf", "noise=alls=20:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", clip).CombinedOutput()
	require.NoError(t, err, "%s", out)
	_, err = e.AddTitle(ctx, TitleOptions{File: clip})
	require.NoError(t, err)
	o := MarkOptions{
		Title: "clip", Orders: []Order{{Tag: storage.Tag{Text: "alice"}, Out: filepath.Join(dir, "alice.mp4")}},
		Encoder: []string{"-c:v", "libx264", "-preset", "ultrafast"},
	}
	made, err := e.Mark(ctx, o)
	require.NoError(t, err)
	forced := o
	forced.Force = true
	m, err := e.newMarking(ctx, forced)
	require.NoError(t, err)
	temp := m.jobs[0].temp

	require.NoError(t, os.Rename(made[0].File, temp))
	again, err := e.Mark(ctx, o)
	require.NoError(t, err)
	require.Equal(t, made[0].SHA256, again[0].SHA256)
	require.FileExists(t, made[0].File)
	require.NoFileExists(t, temp)
	copies, err := e.Copies(ctx, m.title.ID, 1)
	require.NoError(t, err)
	require.Len(t, copies, 1)

	o.Orders[0].Tag.Text, o.Orders[0].Out = "bob", filepath.Join(dir, "bob.mp4")
	m, err = e.newMarking(ctx, o)
	require.NoError(t, err)
	require.NoError(t, os.Rename(made[0].File, m.jobs[0].temp))
	again, err = e.Mark(ctx, o)
	require.NoError(t, err)
	require.Equal(t, made[0].SHA256, again[0].SHA256)
	require.InDelta(t, made[0].PSNR, again[0].PSNR, 3)
	require.FileExists(t, again[0].File)
}
