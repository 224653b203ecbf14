// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/stretchr/testify/require"
)

// frames makes pictures of a moving test card.
func frames(t *testing.T, ext string, n int) []string {
	t.Helper()
	dir := t.TempDir()
	makeClip(t, filepath.Join(dir, "%d."+ext), fmt.Sprintf("-f lavfi -i testsrc2=s=640x360:r=2:d=5 -frames:v %d -start_number 0", n))
	var list []string
	for i := range n {
		list = append(list, filepath.Join(dir, fmt.Sprintf("%d.%s", i, ext)))
	}
	return list
}

// makePDF writes a document of A4 pages of 595x842 points.
func makePDF(t *testing.T, draw func(p *fpdf.Fpdf)) string {
	t.Helper()
	p := fpdf.New("P", "pt", "A4", "")
	p.SetFont("Helvetica", "", 12)
	draw(p)
	path := filepath.Join(t.TempDir(), "made.pdf")
	require.NoError(t, p.OutputFileAndClose(path))
	return path
}

func put(p *fpdf.Fpdf, file string, x, y, w float64) {
	p.ImageOptions(file, x, y, w, 0, false, fpdf.ImageOptions{}, 0, "")
}

func TestDocumentIsTakenApart(t *testing.T) {
	tt := tools(t)
	jpegs, pngs := frames(t, "jpg", 2), frames(t, "png", 2)
	path := makePDF(t, func(p *fpdf.Fpdf) {
		p.AddPage()
		p.Text(50, 50, "only words")
		p.AddPage()
		put(p, jpegs[0], 100, 200, 320)
		put(p, pngs[1], 50, 500, 480)
		p.AddPage()
		put(p, jpegs[0], 0, 0, 640)
		p.AddPage()
		p.TransformBegin()
		p.TransformRotate(90, 300, 400)
		put(p, jpegs[1], 140, 310, 320)
		p.TransformEnd()
	})
	require.True(t, IsDocument(path))
	dir := t.TempDir()
	var told []int
	d, err := tt.Document(t.Context(), path, dir, func(done, total int) { told = append(told, done, total) })
	require.NoError(t, err)
	require.Equal(t, []int{1, 4, 2, 4, 3, 4, 4, 4}, told)
	require.Equal(t, 4, d.Pages)
	require.Equal(t, 4, d.Read)
	require.Empty(t, d.Notes)

	type place struct{ page, picture int }
	got := map[place]DocumentPart{}
	for _, p := range d.Parts {
		got[place{p.Page, p.Picture}] = p
	}
	require.Len(t, got, 6, "%+v", d.Parts)
	box := func(want Box, p DocumentPart) {
		t.Helper()
		require.InDeltaSlice(t, want[:], p.Place[:], 0.6)
	}
	first := got[place{2, 1}]
	box(Box{100, 200, 420, 380}, first)
	require.Equal(t, []int{3}, first.Also, "the same picture comes once")
	kept, err := os.ReadFile(first.File)
	require.NoError(t, err)
	original, err := os.ReadFile(jpegs[0])
	require.NoError(t, err)
	require.True(t, bytes.Equal(original, kept), "a JPEG comes out as it went in")
	box(Box{50, 500, 530, 770}, got[place{2, 2}])
	box(Box{210, 240, 390, 560}, got[place{4, 1}])

	// Every part can be decoded, and a page shows its pictures with all their samples.
	for _, p := range d.Parts {
		info, err := tt.Probe(t.Context(), p.File)
		require.NoError(t, err)
		require.Equal(t, []int{p.Width, p.Height}, []int{info.Width, info.Height})
	}
	page := got[place{2, 0}]
	box(Box{0, 0, 595, 841}, page)
	require.InDelta(t, 2*595, page.Width, 4)
}

func TestDocumentsThatAreNone(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty": "", "text": "just text", "late": strings.Repeat(" ", 2000) + "%PDF-1.4"} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		require.False(t, IsDocument(path), name)
	}
	require.False(t, IsDocument(dir))
	require.False(t, IsDocument(filepath.Join(dir, "nothing")))

	tt := tools(t)
	for name, content := range map[string]string{
		"head only": "%PDF-1.7\n", "garbage": "%PDF-1.7\n" + strings.Repeat("\x00\xff<</Kids 1 0 R", 5000),
		"xml": "%PDF-1.7\n<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><x>&e;</x>",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.pdf")
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
			_, err := tt.Document(t.Context(), path, t.TempDir(), nil)
			requireWords(t, err)
			require.Equal(t, Damaged, KindOf(err))
		})
	}
}

// TestHostileDocuments gives the PDFs of the corpus, and real ones cut short and with bytes turned.
func TestHostileDocuments(t *testing.T) {
	dir := hostileDir(t)
	tt := tools(t)
	_, err := tt.Document(t.Context(), filepath.Join(dir, "made", "encrypted_password_user.pdf"), t.TempDir(), nil)
	require.Equal(t, Encrypted, KindOf(err), "%v", err)
	requireWords(t, err)
	for _, name := range []string{"recursive_pages_launch.pdf", "truncated.pdf"} {
		out := t.TempDir()
		d, err := tt.Document(t.Context(), filepath.Join(dir, "made", name), out, nil)
		t.Log(name, d.Read, len(d.Parts), d.Notes, err)
		if err != nil {
			requireWords(t, err)
		} else {
			require.NotEmpty(t, d.Notes, "what could not be read is told")
		}
	}
	content, err := os.ReadFile(filepath.Join(dir, "..", "pdf", "made_open_frames_unmarked.pdf"))
	require.NoError(t, err)
	for i := range 12 {
		damaged := bytes.Clone(content)
		for k := i * 7919; k < len(damaged); k += len(damaged) / (10 + 40*i) {
			damaged[k] ^= byte(1 + i)
		}
		path := filepath.Join(t.TempDir(), "damaged.pdf")
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		d, err := tt.Document(t.Context(), path, t.TempDir(), nil)
		t.Log(i, d.Read, len(d.Parts), d.Notes, err)
		if err != nil {
			requireWords(t, err)
		}
	}
}

// TestDocumentBomb opens a page with a picture of 4.8 GB behind a good page: the good page is read all the same.
func TestDocumentBomb(t *testing.T) {
	tt := tools(t)
	picture := frames(t, "jpg", 1)[0]
	path := makePDF(t, func(p *fpdf.Fpdf) {
		p.SetCompression(false)
		for range 3 {
			p.AddPage()
			put(p, picture, 100, 200, 320)
		}
		p.AddPage()
		put(p, frames(t, "png", 1)[0], 0, 0, 100)
	})
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	bomb := bytes.Replace(content, []byte("/Width 640\n/Height 360\n/ColorSpace /DeviceRGB\n/BitsPerComponent 8\n/Filter /FlateDecode"),
		[]byte("/Width 40000\n/Height 40000\n/ColorSpace /DeviceRGB\n/BitsPerComponent 8\n/Filter /FlateDecode"), 1)
	require.False(t, bytes.Equal(content, bomb), "the picture was found")
	require.NoError(t, os.WriteFile(path, bomb, 0o600))
	d, err := tt.Document(t.Context(), path, t.TempDir(), nil)
	require.NoError(t, err)
	t.Log(d.Notes)
	require.Equal(t, 4, d.Pages)
	require.GreaterOrEqual(t, len(d.Parts), 4, "the picture, and three pages")
	for _, p := range d.Parts {
		require.Less(t, p.Width*p.Height, maxPixels)
	}
}

func TestDocumentStops(t *testing.T) {
	tt := tools(t)
	path := makePDF(t, func(p *fpdf.Fpdf) {
		for range 20 {
			p.AddPage()
		}
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	_, err := tt.Document(ctx, path, t.TempDir(), func(int, int) { cancel(stop) })
	require.ErrorIs(t, err, stop)
}

// TestDocumentChildCannotLie gives records that a child taken over by its document might write.
func TestDocumentChildCannotLie(t *testing.T) {
	message := func(size uint32, text string, rest ...byte) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, size), text...), rest...)
	}
	head := func(r documentRecord) []byte {
		text, err := json.Marshal(r)
		require.NoError(t, err)
		return message(uint32(len(text)), string(text))
	}
	for name, said := range map[string][]byte{
		"endless head":  message(1<<31, "{}"),
		"no JSON":       message(4, "}{}{"),
		"page too high": head(documentRecord{Kind: "page", Page: 1 << 30}),
		"negative":      head(documentRecord{Kind: "part", Page: -1, Size: 1}),
		"huge part":     head(documentRecord{Kind: "part", Page: 1, Size: 1 << 40}),
		"cut part":      append(head(documentRecord{Kind: "part", Page: 1, Size: 100}), 1, 2, 3),
		"out of folder": head(documentRecord{Kind: "part", Page: 1, Picture: 1 << 20, Size: 1}),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d := documentParent{dir: dir}
			_, err := d.record(bytes.NewReader(said))
			require.Error(t, err)
			require.Empty(t, d.Parts)
			require.Empty(t, snapshot(t, dir))
		})
	}
}

const wallsWorker = "walls"

// tryWorkerWalls is what a worker of these tests does: it tries to get out, and says what it could.
func tryWorkerWalls() {
	if os.Getenv(workerEnv) != wallsWorker {
		return
	}
	for _, name := range os.Args[1:] {
		if b, err := os.ReadFile(strings.TrimPrefix(name, "file:")); err == nil {
			fmt.Printf("read %q\n", b[:min(len(b), 5)])
		}
	}
	if f, err := os.Create(filepath.Join(filepath.Dir(os.Args[2]), "made")); err == nil {
		fmt.Println("made", f.Close())
	}
	if c, err := net.Dial("tcp", os.Args[3]); err == nil {
		fmt.Println("called", c.Close())
	}
	fmt.Println("done")
	os.Exit(0)
}

func TestWorkersAreConfined(t *testing.T) {
	tt := tools(t)
	c := tt.Versions().Confinement
	if c.Landlock == 0 || !c.Seccomp {
		t.Skip("no walls here: ", c.Missing)
	}
	dir := t.TempDir()
	secret, given := filepath.Join(dir, "secret"), filepath.Join(dir, "given")
	require.NoError(t, os.WriteFile(secret, []byte("SECRET"), 0o600))
	require.NoError(t, os.WriteFile(given, []byte("GIVEN"), 0o600))
	in, err := os.Open(given)
	require.NoError(t, err)
	defer in.Close()
	l, calls := silentListener(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	p, err := tt.start(t.Context(), task{
		worker: wallsWorker, args: []string{"{in0}", secret, l.Addr().String()}, inputs: []*os.File{in}, stdout: w,
		limits: limits{CPU: 20, Memory: workerMemory, Files: 64},
	})
	require.NoError(t, w.Close())
	require.NoError(t, err)
	said, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, p.wait(), p.log.text())
	require.Equal(t, "read \"GIVEN\"\ndone\n", string(said))
	require.Empty(t, calls)
	require.Equal(t, []string{"given", "secret"}, snapshot(t, dir))
}
