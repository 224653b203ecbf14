// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // sizes of embedded pictures
	"image/png"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	fitz "github.com/gen2brain/go-fitz"
)

// This file runs in a confined child only. MuPDF ends the process on some damage; then the parent starts
// another child at the page behind it.

const documentWorker = "document"

// Pictures below this many samples a side are icons and rules, which carry no mark.
const smallestPicture = 64

// A page is rendered so that its finest picture keeps its samples, within these bounds.
const (
	pageDPI         = 150
	minPageDPI      = 72
	maxPageDPI      = 400
	maxPageSamples  = 1 << 25
	maxPagePoints   = 1 << 15
	maxPagePictures = 1000
)

// documentRecord comes before each answer of the worker, as JSON.
type documentRecord struct {
	Kind    string  `json:"kind"` // document, part, same, page
	Pages   int     `json:"pages,omitempty"`
	Page    int     `json:"page,omitempty"`    // from 1
	Picture int     `json:"picture,omitempty"` // from 1; 0: the page itself
	Place   Box     `json:"place"`
	Width   int     `json:"width,omitempty"`
	Height  int     `json:"height,omitempty"`
	OfPage  int     `json:"of_page,omitempty"` // same: as this picture
	Of      int     `json:"of,omitempty"`
	Small   int     `json:"small,omitempty"` // page: pictures left out
	Error   string  `json:"error,omitempty"` // page: what could not be read
	Fault   Kind    `json:"fault,omitempty"` // document: why there is none
	DPI     float64 `json:"dpi,omitempty"`
	Size    int     `json:"size,omitempty"` // bytes that follow
}

// documentReader is the worker at work.
type documentReader struct {
	doc  *fitz.Document
	out  io.Writer
	seen map[[sha256.Size]byte][2]int // page and number of the pictures sent
	dpi  float64                      // of every page, which is all that is wanted; 0: the pictures
}

// readDocument sends the pages and pictures of a PDF from a page on: args are the file, the first page, the last, and
// the resolution of all pages where only these are wanted, else 0.
func readDocument(args []string, out io.Writer) error {
	if len(args) != 4 {
		return errors.New("the worker wants a file, the first and the last page, and a resolution")
	}
	first, err1 := strconv.Atoi(args[1])
	last, err2 := strconv.Atoi(args[2])
	dpi, err3 := strconv.ParseFloat(args[3], 64)
	content, err4 := os.ReadFile(strings.TrimPrefix(args[0], "file:")) //nolint:gosec // the one file that the child may read
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	r := &documentReader{out: out, seen: map[[sha256.Size]byte][2]int{}, dpi: dpi}
	content = content[max(documentAt(content), 0):]
	r.doc, err1 = fitz.NewFromMemory(content)
	switch {
	case errors.Is(err1, fitz.ErrNeedsPassword):
		return r.send(documentRecord{Kind: "document", Fault: Encrypted}, nil)
	case err1 != nil:
		return r.send(documentRecord{Kind: "document", Fault: Damaged, Error: err1.Error()}, nil)
	}
	pages := r.doc.NumPage()
	if pages < 1 {
		return r.send(documentRecord{Kind: "document", Fault: Damaged, Error: "no page can be found"}, nil)
	}
	if err := r.send(documentRecord{Kind: "document", Pages: pages}, nil); err != nil {
		return err
	}
	for page := first; page <= min(last, pages); page++ {
		if err := r.page(page); err != nil {
			return err
		}
	}
	return nil
}

func (r *documentReader) send(head documentRecord, content []byte) error {
	head.Size = len(content)
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	message := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	_, err = r.out.Write(append(message, text...))
	if err == nil && len(content) > 0 {
		_, err = r.out.Write(content)
	}
	return err
}

// page sends the pictures of a page, then the page as it looks if it shows any, then that it is done.
func (r *documentReader) page(page int) error {
	end := documentRecord{Kind: "page", Page: page}
	if r.dpi > 0 {
		if err := r.render(page, r.dpi); err != nil {
			end.Error = err.Error()
		}
		return r.send(end, nil)
	}
	html, err := r.doc.HTML(page-1, false)
	if err != nil {
		end.Error = err.Error()
	}
	pictures := embeddedPictures(html)
	dpi := 0.0
	for i, p := range pictures {
		if p.config.Width < smallestPicture || p.config.Height < smallestPicture {
			end.Small++
			continue
		}
		dpi = max(dpi, p.dpi())
		head := documentRecord{Page: page, Picture: i + 1, Place: p.place(), Width: p.config.Width, Height: p.config.Height}
		if err := r.picture(head, p.content); err != nil {
			return err
		}
	}
	if dpi == 0 && err != nil {
		dpi = pageDPI // what is on it cannot be told: look at it
	}
	if dpi > 0 {
		if rerr := r.render(page, dpi); rerr != nil {
			end.Error = rerr.Error()
		}
	}
	return r.send(end, nil)
}

// picture sends a picture the first time that it comes up.
func (r *documentReader) picture(head documentRecord, content []byte) error {
	sum := sha256.Sum256(content)
	if first, ok := r.seen[sum]; ok {
		head.Kind, head.OfPage, head.Of = "same", first[0], first[1]
		return r.send(head, nil)
	}
	r.seen[sum] = [2]int{head.Page, head.Picture}
	head.Kind = "part"
	return r.send(head, content)
}

func (r *documentReader) render(page int, dpi float64) error {
	size, err := r.doc.Bound(page - 1)
	if err != nil {
		return err
	}
	w, h := float64(size.Dx()), float64(size.Dy())
	if w < 1 || h < 1 || w > maxPagePoints || h > maxPagePoints {
		return fmt.Errorf("a page of %.0fx%.0f points is not rendered", w, h)
	}
	dpi = min(max(dpi, minPageDPI), maxPageDPI, 72*math.Sqrt(maxPageSamples/(w*h)))
	picture, err := r.doc.ImageDPI(page-1, dpi)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, picture); err != nil {
		return err
	}
	return r.send(documentRecord{
		Kind: "part", Page: page, Place: Box{0, 0, w, h}, DPI: dpi, Width: picture.Rect.Dx(), Height: picture.Rect.Dy(),
	}, b.Bytes())
}

// embedded is a picture as MuPDF puts it into HTML: its file, and the CSS matrix that puts it in its place.
type embedded struct {
	matrix  [6]float64
	config  image.Config
	content []byte
}

// embeddedPictures reads the pictures out of a page that MuPDF wrote as HTML.
func embeddedPictures(html string) []embedded {
	const begin, source = `<img style="position:absolute;transform:matrix(`, `)" src="data:image/`
	var out []embedded
	for len(out) < maxPagePictures {
		_, rest, ok := strings.Cut(html, begin)
		if !ok {
			break
		}
		matrix, rest, _ := strings.Cut(rest, source)
		_, rest, _ = strings.Cut(rest, ";base64,")
		data, rest, _ := strings.Cut(rest, `"`)
		html = rest
		p := embedded{}
		for i, number := range strings.SplitN(matrix, ",", len(p.matrix)) {
			p.matrix[i], _ = strconv.ParseFloat(number, 64) // what is no number puts it in a corner
		}
		var err error
		if p.content, err = base64.StdEncoding.DecodeString(data); err != nil { // line breaks are skipped
			continue
		}
		if p.config, _, err = image.DecodeConfig(bytes.NewReader(p.content)); err != nil {
			continue
		}
		out = append(out, p)
	}
	return out
}

// CSS has 96 dots to the inch, points are 72.
const dotsPerPoint = 96.0 / 72

// dpi is the resolution that the picture has on its page.
func (p *embedded) dpi() float64 {
	scale := max(math.Hypot(p.matrix[0], p.matrix[1]), math.Hypot(p.matrix[2], p.matrix[3]))
	if scale <= 0 {
		return 0
	}
	return 96 / scale
}

// place is where the picture lies on its page. CSS turns and scales around the middle.
func (p *embedded) place() Box {
	m, w, h := p.matrix, float64(p.config.Width), float64(p.config.Height)
	x, y := w/2+m[4], h/2+m[5]
	dx, dy := (math.Abs(m[0])*w+math.Abs(m[2])*h)/2, (math.Abs(m[1])*w+math.Abs(m[3])*h)/2
	return Box{(x - dx) / dotsPerPoint, (y - dy) / dotsPerPoint, (x + dx) / dotsPerPoint, (y + dy) / dotsPerPoint}
}
