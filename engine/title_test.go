// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/media"
	"spoor/storage"
)

func TestTitleIsRegisteredWithItsExpectedStrength(t *testing.T) {
	e := open(t)
	clip := smallClip(t, "13")
	var stages []string
	title, err := e.AddTitle(t.Context(), engine.TitleOptions{File: clip, Progress: func(p engine.Progress) {
		if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
			stages = append(stages, p.Stage)
		}
		require.LessOrEqual(t, p.Done, p.Total)
	}})
	require.NoError(t, err)
	t.Logf("capacity %+v", title.Expected)
	require.Equal(t, "small", title.Name)
	require.Equal(t, 320, title.Width)
	require.Greater(t, title.Expected.Score, 20.0)
	require.Len(t, title.Expected.Stretches, 3)
	require.Equal(t, []string{"checking what mark it can carry", "reading small.mp4"}, stages)

	again, err := e.Title(t.Context(), "small")
	require.NoError(t, err)
	require.Equal(t, title.Expected, again.Expected)
	require.Equal(t, clip, again.Original.Path)
	require.InDelta(t, 16.0/9, again.Original.Aspect(), 1e-6)

	_, err = e.AddTitle(t.Context(), engine.TitleOptions{File: clip})
	require.Equal(t, storage.Exists, storage.CodeOf(err), "%v", err)
	_, err = e.RemoveTitle(t.Context(), "small", false)
	require.NoError(t, err)
	_, err = e.Title(t.Context(), "small")
	require.Equal(t, storage.NotFound, storage.CodeOf(err))
}

func TestOriginalsThatCannotCarryAMarkAreRefusedInWords(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nothing.mp4")
	empty := filepath.Join(t.TempDir(), "empty.mp4")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	x264 := []string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"}
	lavfi := func(name, source string, more ...string) string {
		return makeClip(t, name, append(append([]string{"-f", "lavfi", "-i", source}, x264...), more...)...)
	}
	for _, c := range []struct{ name, file, words string }{
		{"missing", missing, "no such file"},
		{"empty", empty, "empty"},
		{"short", lavfi("short.mp4", "testsrc2=size=320x180:rate=12:duration=4"), "4.0 s is too short"},
		{"black", lavfi("black.mp4", "color=black:size=320x180:rate=12:duration=6"), "too flat or too dark"},
		{"gray", lavfi("gray.mp4", "color=gray:size=320x180:rate=12:duration=6"), "too flat or too dark"},
		{"small", lavfi("small.mp4", "testsrc2=size=144x80:rate=12:duration=6"), "too small"},
		{"narrow", lavfi("narrow.mp4", "testsrc2=size=2000x120:rate=12:duration=6"), "too narrow"},
		{"still", makeClip(t, "still.png", "-f", "lavfi", "-i", "testsrc2=size=320x180:duration=1", "-frames:v", "1"), "single picture"},
		{"sound", makeClip(t, "sound.mp4", "-f", "lavfi", "-i", "sine=duration=6", "-c:a", "aac"), "no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t)
			_, err := e.AddTitle(t.Context(), engine.TitleOptions{File: c.file})
			require.ErrorContains(t, err, c.words)
			require.ErrorContains(t, err, filepath.Base(c.file))
			titles, err := e.Titles(t.Context(), storage.Page{})
			require.NoError(t, err)
			require.Empty(t, titles)
		})
	}
}

func TestTruncatedOriginalIsRefused(t *testing.T) {
	whole := makeClip(t, "whole.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=12:duration=30", "-c:v", "libx264",
		"-preset", "ultrafast", "-movflags", "+faststart", "-pix_fmt", "yuv420p")
	b, err := os.ReadFile(whole)
	require.NoError(t, err)
	cut := filepath.Join(t.TempDir(), "cut.mp4")
	require.NoError(t, os.WriteFile(cut, b[:len(b)/2], 0o600))
	_, err = open(t).AddTitle(t.Context(), engine.TitleOptions{File: cut})
	require.Error(t, err)
	t.Log(err)
	require.NotEqual(t, media.Tool, media.KindOf(err))
}

func TestHostileNamesOfFilesBecomePrintableNames(t *testing.T) {
	clip := smallClip(t, "6")
	e := open(t)
	for _, c := range []struct{ file, name string }{
		{"a\nb\x1b[31m.mp4", `a\nb\x1b[31m`},
		{"bad\xff.mp4", `bad\xff`},
		{"concat:a.mp4|b.mp4", "concat:a.mp4|b"},
		{"0123456789abcdef01234567.mp4", "title 0123456789abcdef01234567"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.file)
		require.NoError(t, os.Link(clip, path))
		title, err := e.AddTitle(t.Context(), engine.TitleOptions{File: path})
		require.NoError(t, err, c.file)
		require.Equal(t, c.name, title.Name)
		made, err := e.Mark(t.Context(), engine.MarkOptions{Title: title.ID, Orders: []engine.Order{{
			Tag: storage.Tag{Text: "alice"}, Out: filepath.Join(dir, "out"+c.file[1:]),
		}}, Encoder: fast()})
		require.NoError(t, err, c.file)
		require.Len(t, made, 1)
	}
}

// fast are encoder options for tests.
func fast() []string { return []string{"-c:v", "libx264", "-preset", "ultrafast", "-crf", "20"} }
