// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"
)

// totalPages stands where the number of pages goes; no text can have these characters, see hidden.
const totalPages = "\uE0FE\uE0FF"

// The margins of a page, in millimetres.
const (
	marginSide   = 22.0
	marginTop    = 26.0
	marginBottom = 24.0
)

// pages sets text, tables and pictures one below the other and begins a new page when one is full.
type pages struct {
	pdf      *fpdf.Fpdf
	faces    *faces
	words    *words
	o        Options
	width    float64 // of the text
	height   float64 // of the paper
	title    string  // in the head of every page
	draft    bool    // which the head says
	foot     string
	chapters int
	pictures int // figures so far
	images   int // registered with the library
}

func newPages(r *Report, o Options, w *words, title string) (*pages, error) {
	reference := r.Case.Name
	if o.Kind == Takedown || o.Kind == Preservation { // the name of the case is not for strangers
		reference = r.Case.ID
	}
	size := "A4"
	if o.Paper == Letter {
		size = "Letter"
	}
	pdf := fpdf.New("P", "mm", size, "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(r.Made)
	pdf.SetModificationDate(r.Made)
	pdf.SetProducer("Spoor", true)
	pdf.SetCreator("Spoor "+plain(r.Program, 60), true)
	pdf.SetTitle(title+": "+plain(reference, 60), true)
	pdf.SetSubject(w.Subject, true)
	pdf.SetAuthor(plain(r.Case.Examiner, 120), true)
	pdf.SetLang(o.Lang)
	pdf.SetMargins(marginSide, marginTop, marginSide)
	pdf.SetAutoPageBreak(false, marginBottom)
	pdf.AliasNbPages(totalPages)
	pdf.SetDisplayMode("fullpage", "continuous")
	f, err := newFaces(pdf)
	if err != nil {
		return nil, err
	}
	paperWidth, paperHeight := pdf.GetPageSize()
	p := &pages{pdf: pdf, faces: f, words: w, o: o, width: paperWidth - 2*marginSide, height: paperHeight, title: title}
	p.draft = r.Case.unreviewed() && (o.Kind == Expert || o.Kind == Memo)
	p.foot = w.Case + " " + cut(reference, 60) + "  ·  " + w.moment(r.Made)
	pdf.SetHeaderFunc(p.header)
	pdf.SetFooterFunc(p.footer)
	pdf.AddPage()
	return p, pdf.Error()
}

func (p *pages) header() {
	p.banner(8)
	head := []run{{p.title, small()}}
	if p.draft {
		head = append(head, run{"   " + p.words.DraftHead, style{bold, 8, alarm()}})
	}
	p.put(head, marginSide, 15, p.width, left)
	p.put([]run{{"Spoor", small().in(accent())}}, marginSide, 15, p.width, right)
	p.stroke(rule(), 0.2)
	p.pdf.Line(marginSide, 20, marginSide+p.width, 20)
	p.pdf.SetXY(marginSide, marginTop)
}

func (p *pages) footer() {
	y := p.height - 16
	p.stroke(rule(), 0.2)
	p.pdf.Line(marginSide, y-1.5, marginSide+p.width, y-1.5)
	p.put([]run{{p.foot, small()}}, marginSide, y, p.width*0.8, left)
	// The placeholder is set by itself: its width is not that of the number.
	number := fmt.Sprintf(p.words.PageOf, p.pdf.PageNo())
	lines := p.faces.breakLines([]run{{number, small()}}, p.width)
	digits := p.faces.width(sans, '0', small().size) * float64(max(len(fmt.Sprint(p.pdf.PageNo())), 2))
	x := marginSide + p.width - digits - lines[0].width - 1
	p.set(lines[0], x, y)
	p.font(small())
	p.pdf.Text(x+lines[0].width+1, y+baseline(lines[0].height), totalPages)
	p.banner(p.height - 10)
}

func (p *pages) banner(y float64) {
	if p.o.Banner != "" {
		p.put([]run{{cut(p.o.Banner, 90), style{bold, 8, alarm()}}}, marginSide, y, p.width, centre)
	}
}

type align int

const (
	left align = iota
	centre
	right
)

// baseline is how far below its upper edge a line's letters stand.
func baseline(height float64) float64 { return height * 0.76 }

func (p *pages) font(s style) {
	family, weight := s.face.name()
	p.pdf.SetFont(family, weight, s.size)
	p.pdf.SetTextColor(s.colour.r, s.colour.g, s.colour.b)
}

// set writes a line with its upper left corner at x, y.
func (p *pages) set(l line, x, y float64) {
	for _, one := range l.pieces {
		if one.drawn != nil {
			p.draw(one, x, y+baseline(l.height))
		} else {
			p.font(one.style)
			p.pdf.Text(x, y+baseline(l.height), one.text)
		}
		x += one.width
	}
}

// draw draws a word on the line that begins at x, y, and lays its text over it, which is not seen but can be searched for
// and copied.
func (p *pages) draw(one piece, x, y float64) {
	const points = 72 / 25.4
	style := one.style
	style.face = sans // which text is laid over does not show
	p.font(style)
	left, base := x*points, (p.height-y)*points
	p.pdf.RawWriteStr(one.drawn.path(left, base, one.style.size, one.style.colour))
	p.pdf.RawWriteStr(fmt.Sprintf("BT 3 Tr %.2f %.2f Td <%s> Tj 0 Tr ET", left, base, hexText(one.text)))
}

// put writes runs at a fixed place and returns the height they took.
func (p *pages) put(runs []run, x, y, width float64, a align) float64 {
	return p.putLines(p.faces.breakLines(runs, width), x, y, width, a)
}

func (p *pages) putLines(lines []line, x, y, width float64, a align) float64 {
	top := y
	for _, l := range lines {
		shift := 0.0
		switch a {
		case centre:
			shift = (width - l.width) / 2
		case right:
			shift = width - l.width
		case left:
		}
		p.set(l, x+shift, y)
		y += l.height
	}
	return y - top
}

func (p *pages) stroke(c rgb, width float64) {
	p.pdf.SetDrawColor(c.r, c.g, c.b)
	p.pdf.SetLineWidth(width)
}

func (p *pages) fill(c rgb) { p.pdf.SetFillColor(c.r, c.g, c.b) }

// room is how many millimetres are left on the page.
func (p *pages) room() float64 { return p.height - marginBottom - p.pdf.GetY() }

// whole is how many millimetres a fresh page has.
func (p *pages) whole() float64 { return p.height - marginBottom - marginTop }

// need begins a new page where less than that is left.
func (p *pages) need(height float64) {
	if p.room() < height && p.pdf.GetY() > marginTop+1 {
		p.pdf.AddPage()
	}
}

// gap leaves room, except at the head of a page.
func (p *pages) gap(height float64) {
	if p.pdf.GetY() > marginTop+1 {
		p.pdf.SetY(p.pdf.GetY() + height)
	}
}

// break begins a new page unless this one is fresh.
func (p *pages) newPage() {
	if p.pdf.GetY() > marginTop+1 {
		p.pdf.AddPage()
	}
}

// paragraph writes a paragraph.
func (p *pages) paragraph(runs ...run) {
	for _, l := range p.faces.breakLines(runs, p.width) {
		p.need(l.height)
		p.set(l, marginSide, p.pdf.GetY())
		p.pdf.SetY(p.pdf.GetY() + l.height)
	}
	p.gap(1.8)
}

// say writes a paragraph of plain text.
func (p *pages) say(text string) { p.paragraph(run{text, body()}) }

// bullets writes a list.
func (p *pages) bullets(items ...string) {
	const indent = 4.5
	for _, item := range items {
		for i, l := range p.faces.breakLines([]run{{item, body()}}, p.width-indent) {
			p.need(l.height)
			y := p.pdf.GetY()
			if i == 0 {
				p.put([]run{{"•", body().in(accent())}}, marginSide, y, indent, left)
			}
			p.set(l, marginSide+indent, y)
			p.pdf.SetY(y + l.height)
		}
		p.gap(0.8)
	}
	p.gap(1)
}

// chapter begins a numbered chapter, which is also a bookmark.
func (p *pages) chapter(title string) {
	p.chapters++
	p.gap(6)
	p.need(38)
	title = fmt.Sprintf("%d  %s", p.chapters, title)
	p.bookmark(title, 0)
	y := p.pdf.GetY()
	h := p.put([]run{{title, heading()}}, marginSide, y, p.width, left)
	p.stroke(accent(), 0.5)
	p.pdf.Line(marginSide, y+h+0.8, marginSide+p.width, y+h+0.8)
	p.pdf.SetY(y + h + 3.5)
}

// section begins a part of a chapter. With bookmark it can be jumped to.
func (p *pages) section(title string, bookmark bool) {
	p.gap(3.5)
	p.need(28)
	if bookmark {
		p.bookmark(title, 1)
	}
	p.paragraph(run{cut(title, 200), style{bold, 11, accent()}})
	p.pdf.SetY(p.pdf.GetY() - 0.6)
}

// label begins a part of a section.
func (p *pages) label(title string) {
	p.gap(1.5)
	p.need(20)
	p.paragraph(run{title, strong().at(9).in(accent())})
	p.pdf.SetY(p.pdf.GetY() - 0.8)
}

func (p *pages) bookmark(title string, level int) {
	p.font(body())
	p.pdf.Bookmark(plain(title, 100), level, p.pdf.GetY())
}

// note is a box that stands out: colour says nothing that its words do not.
type note struct {
	colour, ground rgb
	runs           [][]run // one paragraph each
}

func (p *pages) box(n note) {
	const pad = 3.5
	inner := p.width - 2*pad - 1
	var lines []line
	height := 2 * pad
	for i, runs := range n.runs {
		if i > 0 {
			lines = append(lines, line{height: 1.6})
			height += 1.6
		}
		set := p.faces.breakLines(runs, inner)
		lines = append(lines, set...)
		for _, l := range set {
			height += l.height
		}
	}
	if height > p.whole() { // longer than a page: without a box it can be broken
		for _, runs := range n.runs {
			p.paragraph(runs...)
		}
		return
	}
	p.need(height + 1)
	y := p.pdf.GetY()
	p.fill(n.ground)
	p.pdf.Rect(marginSide, y, p.width, height, "F")
	p.fill(n.colour)
	p.pdf.Rect(marginSide, y, 1, height, "F")
	p.putLines(lines, marginSide+pad+1, y+pad, inner, left)
	p.pdf.SetY(y + height + 3)
}

// calm is a box that explains, alert one that warns.
func (p *pages) calm(runs ...[]run) { p.box(note{accent(), pale(), runs}) }

func (p *pages) alert(title, text string) {
	p.box(note{alarm(), tint(), [][]run{{{title + "  ", strong().in(alarm())}, {cut(text, 4000), body()}}}})
}

// write ends the document.
func (p *pages) write(w io.Writer) error {
	if p.faces.shaper.err != nil {
		return p.faces.shaper.err
	}
	return p.pdf.Output(w)
}
