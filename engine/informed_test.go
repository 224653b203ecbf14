// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
)

// filmForBob registers a part of the demo clip as the title film and makes a copy of it for bob, who is one of 2,001. It
// returns the files of both.
func filmForBob(t *testing.T, e *engine.Engine) (clip, copied string) {
	t.Helper()
	clip = makeClip(t, "film.mp4", "-ss", "1", "-t", "6", "-i", "../assets/demo.mp4", "-vf", "scale=640:360", "-an",
		"-c:v", "libx264", "-preset", "veryfast", "-crf", "14")
	_, err := e.AddTitle(t.Context(), engine.TitleOptions{File: clip})
	require.NoError(t, err)
	copied = filepath.Join(t.TempDir(), "bob.mp4")
	_, err = e.Mark(t.Context(), engine.MarkOptions{
		Title: "film", Orders: []engine.Order{{Tag: storage.Tag{Text: "bob"}, Out: copied}}, Encoder: fast(),
	})
	require.NoError(t, err)
	_, err = e.AddTags(t.Context(), "film", innocents(2000))
	require.NoError(t, err)
	return clip, copied
}

// TestTraceAgainstTheOriginal leaks a copy of the demo clip in ways that only the reference can read.
func TestTraceAgainstTheOriginal(t *testing.T) {
	e := open(t)
	clip, copied := filmForBob(t, e)
	x264 := []string{"-c:v", "libx264", "-preset", "veryfast", "-an"}
	leak := func(name, filter, crf string, from ...string) string {
		args := append(append(from, "-i", copied, "-vf", filter), x264...)
		return makeClip(t, name, append(args, "-crf", crf)...)
	}
	for _, c := range []struct{ name, leak string }{
		{"filmed off a screen", leak("cam.mp4", "scale=550:310,pad=640:360:44:24,gblur=0.6,eq=gamma=1.3,fps=30", "25")},
		{"blurred, brightened, noisy, another rate", leak("bad.mp4", "gblur=1,eq=gamma=1.3,noise=alls=4:allf=t,fps=30", "25")},
		{"two seconds", leak("short.mp4", "null", "30", "-ss", "2.5", "-t", "2")},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := e.Trace(t.Context(), engine.TraceOptions{Leak: c.leak, Method: "informed"})
			require.NoError(t, err)
			require.Equal(t, "found", r.Verdict)
			require.Len(t, r.Findings, 1)
			require.Equal(t, "bob", r.Findings[0].Tag)
			require.Equal(t, "informed", r.Findings[0].Method)
			require.NotEmpty(t, r.Findings[0].Spans)
			require.Equal(t, "film", r.Title.Name)
			require.NotNil(t, r.Title.Log10P)
			require.LessOrEqual(t, *r.Title.Log10P, -7.0)
			require.Equal(t, engine.ByPictures, r.Title.How, "the title is sure by itself")
			checkControls(t, r.Controls)
		})
	}
	t.Run("a copy read without the original is of the title by its tag", func(t *testing.T) {
		r, err := e.Trace(t.Context(), engine.TraceOptions{Leak: copied, Method: "blind"})
		require.NoError(t, err)
		require.Equal(t, "found", r.Verdict)
		require.Equal(t, engine.ByMark, r.Title.How)
		require.Equal(t, r.Findings[0].Log10P, *r.Title.Log10P)
	})
	t.Run("the original itself names nobody", func(t *testing.T) {
		r, err := e.Trace(t.Context(), engine.TraceOptions{Leak: clip, Title: "film", Method: "informed"})
		require.NoError(t, err)
		require.Empty(t, r.Findings)
		require.Equal(t, "none", r.Verdict)
		require.NotNil(t, r.Title, "what it shows is told all the same")
		require.Equal(t, "film", r.Title.Name)
		require.Equal(t, engine.ByPictures, r.Title.How)
		require.Less(t, r.SyncClarity, 1.0)
	})
}

// innocents are tags that nobody has a copy of.
func innocents(n int) iter.Seq2[storage.Tag, error] {
	return func(yield func(storage.Tag, error) bool) {
		for i := range n {
			if !yield(storage.Tag{Text: fmt.Sprintf("innocent-%d", i)}, nil) {
				return
			}
		}
	}
}

func checkControls(t *testing.T, list []engine.Control) {
	t.Helper()
	require.Len(t, list, 2, "there is no other title")
	for i, what := range []string{"wrong keys", "known positive"} {
		require.Equal(t, what, list[i].What)
		require.True(t, list[i].Passed, what)
		require.NotEmpty(t, list[i].Histogram)
	}
	require.Less(t, list[0].Score, 6.0)
	require.Greater(t, list[1].Score, 8.0)
}
