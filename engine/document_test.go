// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/media"
	"spoor/storage"
)

// still takes one frame out of a video.
func still(t *testing.T, video, at, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-ss", at, "-i", "file:"+video, "-frames:v", "1",
		"file:"+path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// TestTraceDocument puts stills of two copies and of the original into a PDF.
func TestTraceDocument(t *testing.T) {
	e := open(t)
	clip := makeClip(t, "film.mp4", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=6:duration=5", "-vf", "noise=alls=30:allf=t",
		"-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-pix_fmt", "yuv420p")
	_, err := e.AddTitle(t.Context(), engine.TitleOptions{File: clip})
	require.NoError(t, err)
	dir := t.TempDir()
	var orders []engine.Order
	for _, tag := range []string{"alice", "bob"} {
		orders = append(orders, engine.Order{Tag: storage.Tag{Text: tag}, Out: filepath.Join(dir, tag+".mp4")})
	}
	_, err = e.Mark(t.Context(), engine.MarkOptions{Title: "film", Orders: orders, Strength: "strong", Encoder: fast()})
	require.NoError(t, err)
	alice, bob := still(t, orders[0].Out, "1", "a.png"), still(t, orders[1].Out, "2", "b.png")
	clean := still(t, clip, "2", "c.jpg")

	p := fpdf.New("P", "pt", "A4", "")
	put := func(file string, x, y, w float64) {
		p.ImageOptions(file, x, y, w, 0, false, fpdf.ImageOptions{}, 0, "")
	}
	p.AddPage()
	put(clean, 50, 100, 400)
	p.AddPage()
	put(clean, 50, 100, 400)
	put(bob, 60, 400, 320)
	p.AddPage()
	put(alice, 0, 50, 640)
	pdf := filepath.Join(dir, "leak.pdf")
	require.NoError(t, p.OutputFileAndClose(pdf))

	r, err := e.Trace(t.Context(), engine.TraceOptions{Leak: pdf, Title: "film"})
	require.NoError(t, err)
	require.Equal(t, "found", r.Verdict)
	require.Equal(t, 3, r.Pages)
	require.Len(t, r.Findings, 2)
	places := map[string]engine.Place{}
	for _, f := range r.Findings {
		require.LessOrEqual(t, f.Log10P, -9.0)
		places[f.Tag] = *f.Seen
	}
	require.Equal(t, []int{2, 2}, []int{places["bob"].Page, places["bob"].Picture})
	box := places["bob"].Box
	require.InDeltaSlice(t, []float64{60, 400, 380, 580}, box[:], 1)
	require.Equal(t, []int{3, 1}, []int{places["alice"].Page, places["alice"].Picture})
	require.Equal(t, r.Findings[0].Seen.Page, r.Page)
	require.NotNil(t, r.Title)
	for _, part := range r.Parts {
		where := [2]int{part.Page, part.Picture}
		require.Equal(t, where == [2]int{2, 2} || where == [2]int{3, 1}, part.Verdict == "found", "%+v", part)
	}

	// All pay for all, and it is on record which picture a backtrace was about.
	direct, err := e.Trace(t.Context(), engine.TraceOptions{Leak: bob, Title: "film"})
	require.NoError(t, err)
	for _, f := range r.Findings {
		if f.Tag == "bob" {
			require.InDelta(t, direct.Findings[0].Log10P+0.778, f.Log10P, 0.01, "6 pictures and pages")
		}
	}
	inbox, err := e.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	exhibits, err := e.Exhibits(t.Context(), inbox.ID, storage.Page{})
	require.NoError(t, err)
	require.Len(t, exhibits, 2)
	require.Equal(t, "leak.pdf", exhibits[0].FileName)
	require.Len(t, exhibits[0].Backtraces, len(r.Parts))
	require.Contains(t, string(exhibits[0].Backtraces[2].Params), `"page":2,"picture":2`)
	require.Empty(t, leftovers(t, filepath.Join(e.Home(), "work")))
}

func TestTraceDocumentWithoutPictures(t *testing.T) {
	e, out := withTitle(t)
	_, err := e.AddTags(t.Context(), "small", func(yield func(storage.Tag, error) bool) { yield(storage.Tag{Text: "alice"}, nil) })
	require.NoError(t, err)
	p := fpdf.New("P", "pt", "A4", "")
	p.SetFont("Helvetica", "", 12)
	p.AddPage()
	p.Text(50, 50, "only words")
	pdf := filepath.Join(out, "words.pdf")
	require.NoError(t, p.OutputFileAndClose(pdf))
	r, err := e.Trace(t.Context(), engine.TraceOptions{Leak: pdf})
	requireWords(t, err, pdf)
	require.Equal(t, media.NoVideo, media.KindOf(err))
	require.Equal(t, "failed", r.Verdict)
	require.NotEmpty(t, r.SHA256)
}
