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
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// Document is a PDF, taken apart into pictures.
type Document struct {
	Pages int            // that it has
	Read  int            // that were looked at
	Parts []DocumentPart // in the order of the pages; the pictures of a page come before the page itself
	Small int            // pictures that were left out for being too small
	Notes []string       // what could not be read, in words
}

// DocumentPart is a picture of a document, or a whole page as it looks on paper.
type DocumentPart struct {
	Page          int    // from 1
	Picture       int    // from 1 on each page; 0: the page itself
	Place         Box    // on the page
	Width, Height int    // samples
	Also          []int  // further pages that show this very picture
	File          string // where it was written
}

// Box is a rectangle on a page: left, top, right, bottom, in points from the upper left corner.
type Box [4]float64

// The bounds of what is taken out of one document.
const (
	maxDocument      = 2 << 30 // bytes of the file
	maxDocumentPages = 5000
	maxDocumentParts = 20_000
	maxDocumentBytes = 8 << 30 // of all parts
	maxPartBytes     = 1 << 30
	maxCrashes       = 20
	documentStall    = time.Minute // for a page
	documentCPU      = 3600        // seconds
)

// IsDocument tells whether a file is a PDF, by its content. What cannot be read is none.
func IsDocument(path string) bool {
	f, _, err := openInput(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 1024)
	n, _ := io.ReadFull(f, head)
	return documentAt(head[:n]) >= 0
}

// documentAt is where a PDF begins in its file, which may be a little behind the start, or -1.
func documentAt(head []byte) int { return bytes.Index(head[:min(len(head), 1024)], []byte("%PDF-")) }

// Document takes a PDF apart in a confined child of this program and writes its pictures, and each page that shows a
// picture, into a folder. A page that brings the child down, or takes it more than a minute, costs that page, and is
// told in Notes. report, which may be nil, is told how many pages are done, of how many.
func (t *Tools) Document(ctx context.Context, path, dir string, report func(done, total int)) (Document, error) {
	return t.document(ctx, path, dir, 0, report)
}

// Pages renders each page of a PDF into a PNG file in a folder, as [Tools.Document] does with those that show a picture.
func (t *Tools) Pages(ctx context.Context, path, dir string, dpi float64) (Document, error) {
	return t.document(ctx, path, dir, dpi, nil)
}

func (t *Tools) document(ctx context.Context, path, dir string, dpi float64, report func(done, total int)) (Document, error) {
	f, id, err := openInput(path)
	if err != nil {
		return Document{}, err
	}
	defer f.Close()
	if id.size > maxDocument {
		return Document{}, &Error{Kind: TooLarge, File: path, What: "the PDF is larger than 2 GiB", Do: "split it first"}
	}
	d := &documentParent{tools: t, in: f, path: path, dir: dir, dpi: dpi, report: report}
	crashes := 0
	for first := 1; ; {
		done, err := d.run(ctx, first)
		switch {
		case err == nil:
			return d.finish()
		case ctx.Err() != nil:
			return Document{}, context.Cause(ctx)
		case KindOf(err) != "":
			return Document{}, err
		case d.Pages == 0:
			return Document{}, &Error{
				Kind: Damaged, File: path, What: "the PDF is damaged, or made to overload readers", Do: "try another copy", Err: err,
			}
		}
		d.note("page %d could not be read: %v", done+1, err)
		if crashes++; crashes == maxCrashes && done+1 < d.last() {
			d.note("the pages from %d on were not tried any more", done+2)
			return d.finish()
		}
		if first = done + 2; first > d.last() {
			return d.finish()
		}
	}
}

// documentParent collects what the child says.
type documentParent struct {
	Document
	tools  *Tools
	in     *os.File
	path   string
	dir    string
	dpi    float64
	report func(done, total int)
	bytes  int64
}

func (d *documentParent) last() int { return min(d.Pages, maxDocumentPages) }

func (d *documentParent) note(format string, args ...any) {
	d.Notes = append(d.Notes, fmt.Sprintf(format, args...))
}

func (d *documentParent) finish() (Document, error) {
	if d.Pages > maxDocumentPages {
		d.note("only the first %d of %d pages were looked at", maxDocumentPages, d.Pages)
	}
	return d.Document, nil
}

// run lets one child read from a page on, and returns the last page that it finished.
func (d *documentParent) run(ctx context.Context, first int) (done int, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	widenPipe(r)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p, err := d.tools.start(ctx, task{
		worker: documentWorker, inputs: []*os.File{d.in}, stdout: w,
		args:   []string{"{in0}", strconv.Itoa(first), strconv.Itoa(maxDocumentPages), strconv.FormatFloat(d.dpi, 'f', 1, 64)},
		limits: limits{CPU: documentCPU, Memory: workerMemory, Files: 64},
	})
	_ = w.Close()
	if err != nil {
		return 0, err
	}
	defer p.kill()
	watch := time.AfterFunc(documentStall, func() { cancel(errDocumentStalled) })
	defer watch.Stop()
	done = first - 1
	for {
		head, err := d.record(r)
		watch.Reset(documentStall)
		switch {
		case errors.Is(err, io.EOF):
			if err := p.wait(); err != nil {
				return done, d.crash(ctx, p, err)
			}
			return done, nil
		case err != nil:
			return done, err
		case head.Kind == "page":
			done = head.Page
			if d.report != nil {
				d.report(done, d.last())
			}
		}
	}
}

var errDocumentStalled = errors.New("it took more than a minute")

// crash says why a child ended early.
func (d *documentParent) crash(ctx context.Context, p *process, err error) error {
	if errors.Is(context.Cause(ctx), errDocumentStalled) {
		return errDocumentStalled
	}
	if detail := p.log.telling(); detail != "" {
		return errors.New(detail)
	}
	return fmt.Errorf("it brought the reader down (%w)", err)
}

// record takes in one record. io.EOF means that the child has ended, in the middle of a record or not.
func (d *documentParent) record(r io.Reader) (documentRecord, error) {
	var head documentRecord
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return head, io.EOF
	}
	const longest = 64 << 10
	text := make([]byte, min(binary.BigEndian.Uint32(size[:]), longest))
	if _, err := io.ReadFull(r, text); err != nil {
		return head, io.EOF
	}
	if err := json.Unmarshal(text, &head); err != nil || !head.sane() {
		return head, fmt.Errorf("the reader of PDFs does not make sense: %w", err)
	}
	switch head.Kind {
	case "document":
		return head, d.opened(head)
	case "page":
		d.Read, d.Small = d.Read+1, d.Small+head.Small
		if head.Error != "" {
			d.note("page %d: %s", head.Page, cleanLine(head.Error))
		}
	case "same":
		d.same(head)
	case "part":
		return head, d.part(head, r)
	}
	return head, nil
}

// sane tells whether the numbers of a record can be: its writer may have been taken over by the document.
func (h *documentRecord) sane() bool {
	for _, x := range h.Place {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return h.Size >= 0 && h.Size <= maxPartBytes && h.Pages >= 0 && h.Page >= 0 && h.Page <= maxDocumentPages && h.Picture >= 0 &&
		h.Picture <= maxPagePictures && h.Small >= 0 && h.Width >= 0 && h.Width <= math.MaxInt32 && h.Height >= 0 &&
		h.Height <= math.MaxInt32
}

func (d *documentParent) opened(head documentRecord) error {
	switch {
	case head.Fault == Encrypted:
		return &Error{Kind: Encrypted, File: d.path, What: "the PDF is protected by a password", Do: "give an unprotected copy"}
	case head.Fault != "" || head.Pages < 1:
		return &Error{
			Kind: Damaged, File: d.path, What: "the PDF is damaged: no page of it can be read", Do: "try another copy",
			Err: errors.New(cleanLine(head.Error)),
		}
	}
	d.Pages = head.Pages
	return nil
}

func (d *documentParent) same(head documentRecord) {
	for i := range d.Parts {
		if p := &d.Parts[i]; p.Page == head.OfPage && p.Picture == head.Of && p.Page != head.Page && !slices.Contains(p.Also, head.Page) {
			p.Also = append(p.Also, head.Page)
		}
	}
}

// part writes a picture into the folder.
func (d *documentParent) part(head documentRecord, r io.Reader) error {
	d.bytes += int64(head.Size)
	if len(d.Parts) >= maxDocumentParts || d.bytes > maxDocumentBytes {
		return &Error{Kind: TooLarge, File: d.path, What: "the PDF holds more pictures than are accepted", Do: "split it first"}
	}
	name := filepath.Join(d.dir, fmt.Sprintf("page%05d-%04d", head.Page, head.Picture))
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return writeError(name, err)
	}
	n, err := io.CopyN(f, r, int64(head.Size))
	cerr := f.Close()
	switch {
	case errors.Is(err, io.EOF):
		return errors.Join(io.EOF, os.Remove(name))
	case err != nil || cerr != nil:
		return writeError(name, errors.Join(err, cerr, os.Remove(name)))
	case n == 0:
		return nil
	}
	d.Parts = append(d.Parts, DocumentPart{
		Page: head.Page, Picture: head.Picture, Place: head.Place, Width: head.Width, Height: head.Height, File: name,
	})
	return nil
}
