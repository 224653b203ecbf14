// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/code"
	"spoor/storage"
)

func TestRegistryIsKeptAndGrowsAndMistrustsItsCache(t *testing.T) {
	ctx := t.Context()
	e, err := Open(ctx, t.TempDir())
	require.NoError(t, err)
	defer e.Close()
	title := storage.Title{ID: storage.NewID(), Name: "film", SHA256: fmt.Sprintf("%064d", 1)}
	key, err := e.store.NewTitleKey(title.ID)
	require.NoError(t, err)
	require.NoError(t, e.store.AddTitle(ctx, &title, key))
	words := code.Key(key.Message)
	add := func(from, to int) {
		_, err := e.AddTags(ctx, title.ID, func(yield func(storage.Tag, error) bool) {
			for i := from; i < to; i++ {
				if !yield(storage.Tag{Text: fmt.Sprintf("tag %d", i)}, nil) {
					return
				}
			}
		})
		require.NoError(t, err)
	}
	check := func(n int) {
		t.Helper()
		r, err := e.registry(ctx, title.ID, words, nil)
		require.NoError(t, err)
		require.Equal(t, n, r.Len())
		for _, i := range []int{0, n / 2, n - 1} {
			require.Equal(t, words.Word(fmt.Sprintf("tag %d", i)), r.Word(i))
		}
	}
	add(0, 3000)
	check(3000)
	path, err := e.store.CachePath("codewords", title.ID)
	require.NoError(t, err)
	require.Equal(t, 3000, code.LoadRegistry(path, words).Len())
	add(3000, 5001)
	check(5001)
	require.Equal(t, 5001, code.LoadRegistry(path, words).Len())

	other := code.NewRegistry(words) // a sound cache of another list
	require.NoError(t, other.Append(ctx, func(yield func(string, error) bool) {
		for i := range 4000 {
			if !yield(fmt.Sprintf("other %d", i), nil) {
				return
			}
		}
	}))
	require.NoError(t, os.Remove(path))
	require.NoError(t, other.Save(path))
	check(5001)
	require.NoError(t, os.WriteFile(path, []byte("damaged"), 0o600))
	check(5001)
	require.NoError(t, os.Chmod(filepath.Dir(path), 0o500)) // not a reason to fail
	check(5001)
	require.NoError(t, os.Chmod(filepath.Dir(path), 0o700))
}

func TestProgressEstimatesTheTimeLeft(t *testing.T) {
	now := time.Unix(0, 0)
	var seen []Progress
	m := newMeter(func(p Progress) { seen = append(seen, p) }, "working", 100)
	m.now = func() time.Time { return now }
	m.begin(20) // resumed
	now = now.Add(10 * time.Millisecond)
	m.at(21) // too soon after the last
	now = now.Add(4*time.Second - 10*time.Millisecond)
	m.at(40)
	now = now.Add(time.Second)
	m.at(100)
	require.Equal(t, []Progress{
		{Stage: "working", Total: 100},
		{Stage: "working", Done: 20, Total: 100},
		{Stage: "working", Done: 40, Total: 100, Left: 12 * time.Second},
		{Stage: "working", Done: 100, Total: 100},
	}, seen)
	newMeter(nil, "silent", 1).at(1)
}

func TestFullDiskWhileMarking(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	disk := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=256k", "none", disk).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be mounted here: %s", out)
	}
	t.Cleanup(func() { require.NoError(t, exec.Command("umount", disk).Run()) })
	e, err := Open(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer e.Close()
	clip := filepath.Join(t.TempDir(), "clip.mp4")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=12:duration=6",
		"-vf", "noise=alls=20:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", clip).CombinedOutput()
	require.NoError(t, err, "%s", out)
	_, err = e.AddTitle(t.Context(), TitleOptions{File: clip})
	require.NoError(t, err)
	_, err = e.Mark(t.Context(), MarkOptions{
		Title: "clip", Orders: []Order{{Tag: storage.Tag{Text: "alice"}, Out: filepath.Join(disk, "out.mp4")}},
		Encoder: []string{"-c:v", "libx264", "-preset", "ultrafast", "-crf", "10"},
	})
	require.ErrorContains(t, err, "the disk is full")
	require.ErrorContains(t, err, filepath.Join(disk, "out.mp4"))
	list, err := os.ReadDir(disk)
	require.NoError(t, err)
	require.Empty(t, list)
	title, err := e.Title(t.Context(), "clip")
	require.NoError(t, err)
	require.Zero(t, title.Tags)
}
