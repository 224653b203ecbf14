// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/media"
	"spoor/storage"
)

func order(tag, out string) []engine.Order {
	return []engine.Order{{Tag: storage.Tag{Text: tag}, Out: out}}
}

func TestMarkMakesRecordsAndMeasuresACopy(t *testing.T) {
	e, dir := withTitle(t)
	out := filepath.Join(dir, "alice.mp4")
	var last engine.Progress
	made, err := e.Mark(t.Context(), engine.MarkOptions{
		Title: "small", Orders: order("alice", out), Encoder: fast(), Progress: func(p engine.Progress) { last = p },
	})
	require.NoError(t, err)
	require.Len(t, made, 1)
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	sum := sha256.Sum256(b)
	require.Equal(t, hex.EncodeToString(sum[:]), made[0].SHA256)
	require.Equal(t, "alice", made[0].Tag)
	require.Equal(t, out, made[0].File)
	require.Greater(t, made[0].PSNR, 35.0)
	require.Less(t, made[0].PSNR, 60.0)
	require.Greater(t, made[0].SSIM, 0.9)
	require.Equal(t, last.Total, last.Done)
	require.Equal(t, []string{"alice.mp4"}, leftovers(t, dir))
	require.Equal(t, []string{}, append([]string{}, leftovers(t, filepath.Join(e.Home(), "work"))...))

	title, err := e.Title(t.Context(), "small")
	require.NoError(t, err)
	require.EqualValues(t, 1, title.Issued)
	copies, err := e.Copies(t.Context(), title.ID, 1)
	require.NoError(t, err)
	require.Len(t, copies, 1)
	require.Equal(t, made[0].SHA256, copies[0].SHA256)

	again := order("alice", filepath.Join(dir, "again.mp4"))
	_, err = e.Mark(t.Context(), engine.MarkOptions{Title: "small", Orders: again, Encoder: fast()})
	require.Equal(t, storage.Exists, storage.CodeOf(err))
	require.ErrorContains(t, err, "issued already")
	_, err = e.Mark(t.Context(), engine.MarkOptions{Title: "small", Orders: order("bob", out), Encoder: fast()})
	require.Equal(t, media.Exists, media.KindOf(err))
	_, err = e.Mark(t.Context(), engine.MarkOptions{
		Title: "small", Orders: order("alice", out), Encoder: fast(), Force: true, Strength: "strong",
	})
	require.NoError(t, err)
	copies, err = e.Copies(t.Context(), title.ID, 1)
	require.NoError(t, err)
	require.Len(t, copies, 2)
	require.Less(t, copies[1].PSNR, copies[0].PSNR)

	_, err = e.RemoveTitle(t.Context(), "small", false)
	require.Equal(t, storage.Conflict, storage.CodeOf(err))
}

func TestMarkRefusesBeforeItBegins(t *testing.T) {
	e, dir := withTitle(t)
	title, err := e.Title(t.Context(), "small")
	require.NoError(t, err)
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	out := filepath.Join(dir, "out.mp4")
	for _, c := range []struct {
		name  string
		o     engine.MarkOptions
		words string
	}{
		{"empty tag", engine.MarkOptions{Orders: order("", out)}, "empty"},
		{"long tag", engine.MarkOptions{Orders: order(strings.Repeat("x", 257), out)}, "257 bytes"},
		{"no UTF-8", engine.MarkOptions{Orders: order("a\xff", out)}, "UTF-8"},
		{"control character", engine.MarkOptions{Orders: order("a\nb", out)}, "control"},
		{"strength", engine.MarkOptions{Orders: order("a", out), Strength: "huge"}, "huge"},
		{"no title", engine.MarkOptions{Title: "nothing", Orders: order("a", out)}, "no title"},
		{"no folder", engine.MarkOptions{Orders: order("a", filepath.Join(dir, "no", "out.mp4"))}, "folder does not exist"},
		{"below a file", engine.MarkOptions{Orders: order("a", filepath.Join(file, "out.mp4"))}, "file"},
		{"a folder", engine.MarkOptions{Orders: order("a", dir), Force: true}, "folder"},
		{"the original", engine.MarkOptions{Orders: order("a", title.Original.Path), Force: true}, "original"},
		{"container", engine.MarkOptions{Orders: order("a", filepath.Join(dir, "out.gif"))}, ".gif"},
		{"webm without its encoder", engine.MarkOptions{Orders: order("a", filepath.Join(dir, "out.webm"))}, "webm"},
		{"encoder", engine.MarkOptions{Orders: order("a", out), Encoder: []string{"-c:v", "nonsense"}}, "encoder"},
		{"original gone", engine.MarkOptions{Orders: order("a", out), Original: filepath.Join(dir, "gone.mp4")}, "is not there"},
		{"another original", engine.MarkOptions{Orders: order("a", out), Original: file}, "is not the original"},
		{"twice", engine.MarkOptions{Orders: append(order("a", out), order("a", out+".mp4")...)}, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.o.Title == "" {
				c.o.Title = "small"
			}
			if c.o.Encoder == nil && c.name != "webm without its encoder" {
				c.o.Encoder = fast()
			}
			made, err := e.Mark(t.Context(), c.o)
			require.ErrorContains(t, err, c.words)
			require.NotContains(t, err.Error(), ".spoor-")
			require.Empty(t, made)
			require.Equal(t, []string{"file"}, leftovers(t, dir))
			require.Empty(t, leftovers(t, filepath.Join(e.Home(), "work")))
			count, err := e.Title(t.Context(), "small")
			require.NoError(t, err)
			require.Zero(t, count.Tags, "a failure registers nothing")
		})
	}
}

var errStop = errors.New("stopped by the test")

func TestMarkGoesOnWhereItWasStopped(t *testing.T) {
	// Segments are a minute long: a tiny picture keeps that cheap.
	e := open(t)
	clip := makeClip(t, "long.mp4", "-f", "lavfi", "-i", "testsrc2=size=192x108:rate=4:duration=130", "-vf", "noise=alls=12:allf=t",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p")
	_, err := e.AddTitle(t.Context(), engine.TitleOptions{File: clip})
	require.NoError(t, err)
	dir := t.TempDir()
	out := filepath.Join(dir, "alice.mp4")
	o := engine.MarkOptions{Title: "long", Orders: order("alice", out), Encoder: fast()}

	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	o.Progress = func(engine.Progress) {
		if kept, _ := filepath.Glob(filepath.Join(e.Home(), "work", "mark-*", "*", "*.nut")); len(kept) > 0 {
			cancel(errStop)
		}
	}
	_, err = e.Mark(ctx, o)
	require.ErrorIs(t, err, errStop)
	require.Empty(t, leftovers(t, dir))
	kept, err := filepath.Glob(filepath.Join(e.Home(), "work", "mark-*", "*", "*.nut"))
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	title, err := e.Title(t.Context(), "long")
	require.NoError(t, err)
	require.Zero(t, title.Tags)

	first := int64(-1)
	o.Progress = func(p engine.Progress) {
		if first < 0 && p.Done > 0 && strings.HasPrefix(p.Stage, "marking") {
			first = p.Done
		}
	}
	made, err := e.Mark(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, made, 1)
	require.GreaterOrEqual(t, first, time.Minute.Milliseconds(), "the finished minute is not made again")
	require.Greater(t, made[0].PSNR, 30.0)
	require.Equal(t, []string{"alice.mp4"}, leftovers(t, dir))
	require.Empty(t, leftovers(t, filepath.Join(e.Home(), "work")))
}

func TestManyCopiesGoOnWhereTheyWereStopped(t *testing.T) {
	e, dir := withTitle(t)
	var orders []engine.Order
	for _, tag := range []string{"a/b", "a?b", "../../etc/passwd"} {
		name := engine.FileNameFor(tag, ".mp4")
		require.Equal(t, filepath.Base(name), name)
		orders = append(orders, engine.Order{Tag: storage.Tag{Text: tag}, Out: filepath.Join(dir, name)})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	o := engine.MarkOptions{Title: "small", Orders: orders, Encoder: fast(), Continue: true, Progress: func(p engine.Progress) {
		if strings.Contains(p.Stage, "passwd") {
			cancel(errStop)
		}
	}}
	made, err := e.Mark(ctx, o)
	require.ErrorIs(t, err, errStop)
	require.Len(t, made, 2)
	o.Progress = nil
	made, err = e.Mark(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, made, 3)
	require.True(t, made[0].Earlier)
	require.True(t, made[1].Earlier)
	require.False(t, made[2].Earlier)
	require.Len(t, leftovers(t, dir), 3)
	o.Continue = false
	_, err = e.Mark(t.Context(), o)
	require.Equal(t, storage.Exists, storage.CodeOf(err))
}

func TestMovedAndTouchedOriginalsAreRecognised(t *testing.T) {
	e := open(t)
	clip := smallClip(t, "6")
	_, err := e.AddTitle(t.Context(), engine.TitleOptions{File: clip})
	require.NoError(t, err)
	dir := t.TempDir()
	moved := filepath.Join(dir, "moved.mp4")
	require.NoError(t, os.Rename(clip, moved))
	require.NoError(t, os.Chtimes(moved, time.Unix(1, 0), time.Unix(1, 0)))
	o := engine.MarkOptions{Title: "small", Orders: order("alice", filepath.Join(dir, "out.mkv")), Encoder: fast()}
	_, err = e.Mark(t.Context(), o)
	require.Equal(t, media.Missing, media.KindOf(err))
	o.Original = moved
	_, err = e.Mark(t.Context(), o)
	require.NoError(t, err)
}

func TestFileNamesForTags(t *testing.T) {
	seen := map[string]string{}
	for _, tag := range []string{
		"alice@acme.example", "a/b", "a?b", "..", "con", "CON", "com1.x", "=cmd|' /C calc'!A0", "-x", "x.", "漢字",
		strings.Repeat("é", 128), "a_b",
	} {
		name := engine.FileNameFor(tag, ".mp4")
		require.Regexp(t, `^[A-Za-z0-9_][A-Za-z0-9@.+_-]*\.mp4$`, name)
		require.Less(t, len(name), 110)
		require.Empty(t, seen[name], tag)
		seen[name] = tag
	}
	require.Equal(t, "alice@acme.example.mp4", engine.FileNameFor("alice@acme.example", ".mp4"))
}
