// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/media"
	"spoor/storage"
)

// worthy are files of the corpus of which a title can be made all the same: their fault is in a number that ffmpeg does
// without.
func worthy(rel string) bool { return rel == "mp4parse/no_timescale.mp4" }

// traced tells whether a file that holds pictures is traced: two. SPOOR_EXTENDED=1 traces all of them,
// which takes minutes.
func traced(rel string) bool {
	switch filepath.Base(rel) {
	case "one_frame.mp4", "real_8192x8192_1frame.mp4":
		return true
	}
	return os.Getenv("SPOOR_EXTENDED") != ""
}

// TestHostileFiles gives every file of the corpus to everything that takes files: an error in words, nothing left
// behind, nobody called.
func TestHostileFiles(t *testing.T) {
	dir, err := filepath.Abs(filepath.Join("..", "..", "shared", "data", "hostile"))
	require.NoError(t, err)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the corpus of hostile files is not here")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:9") // where the playlists of the corpus point
	if err == nil {
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			if c, err := listener.Accept(); err == nil {
				t.Error("somebody was called")
				_ = c.Close()
			}
		}()
	}
	e, out := withTitle(t)
	_, err = e.AddTags(t.Context(), "small", func(yield func(storage.Tag, error) bool) { yield(storage.Tag{Text: "alice"}, nil) })
	require.NoError(t, err)
	here := leftovers(t, ".")
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".md") {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		t.Run(filepath.ToSlash(rel), func(t *testing.T) { hostileFile(t, e, path, filepath.ToSlash(rel), out) })
		return nil
	}))
	require.Equal(t, here, leftovers(t, "."))
	titles, err := e.Titles(t.Context(), storage.Page{})
	require.NoError(t, err)
	for _, title := range titles {
		t.Logf("title %s, expected score %.1f", title.FileName, title.Expected.Score)
	}
}

func hostileFile(t *testing.T, e *engine.Engine, path, rel, out string) {
	t.Helper()
	_, err := e.AddTitle(t.Context(), engine.TitleOptions{File: path})
	t.Logf("title: %v", err)
	refused := media.KindOf(err) != ""
	if !worthy(rel) {
		requireWords(t, err, path)
	}

	_, err = e.Mark(t.Context(), engine.MarkOptions{Title: "small", Original: path, Orders: order("bob", filepath.Join(out, "bob.mp4"))})
	t.Logf("mark: %v", err)
	requireWords(t, err, path)
	_, err = engine.ReadTags(t.Context(), path)
	requireWords(t, err, path)

	if !refused && !traced(rel) {
		return
	}
	result, err := e.Trace(t.Context(), engine.TraceOptions{Leak: path})
	t.Logf("trace: %s %v", result.Verdict, err)
	require.Empty(t, result.Findings)
	if err != nil {
		requireWords(t, err, path)
		require.Equal(t, "failed", result.Verdict)
		require.NotNil(t, result.Error)
	}
	require.Empty(t, leftovers(t, out))
	require.Empty(t, leftovers(t, filepath.Join(e.Home(), "work")))
}

// requireWords checks that an error is for people and names the file.
func requireWords(t *testing.T, err error, path string) {
	t.Helper()
	require.Error(t, err)
	require.Contains(t, err.Error(), filepath.Base(path))
	require.NotContains(t, err.Error(), "/proc/self")
	require.Less(t, len(err.Error()), 700)
	require.NotEqual(t, media.Tool, media.KindOf(err), "ffmpeg broke down: %v", err)
	if media.KindOf(err) == "" {
		require.Equal(t, storage.Invalid, storage.CodeOf(err), "%v", err)
	}
}

func TestALeakThatShowsNothingIsRefused(t *testing.T) {
	e, _ := withTitle(t)
	_, err := e.AddTags(t.Context(), "small", func(yield func(storage.Tag, error) bool) { yield(storage.Tag{Text: "alice"}, nil) })
	require.NoError(t, err)
	leak := makeClip(t, "black.mp4", "-f", "lavfi", "-i", "color=black:size=320x180:rate=12:duration=2", "-pix_fmt", "yuv420p")
	result, err := e.Trace(t.Context(), engine.TraceOptions{Leak: leak})
	require.ErrorContains(t, err, "one even colour")
	requireWords(t, err, leak)
	require.Equal(t, "failed", result.Verdict)
}
