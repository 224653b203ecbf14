// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import "slices"

// column is a column of a table: its share of the width, and how its cells look.
type column struct {
	title string
	share float64
	style style
	align align
}

// longestFact is how many characters of a fact are shown.
const longestFact = 4000

// longest is how many characters of a cell are shown; the data exports have all of them.
const longest = 400

// grid is a table that goes on over pages, with its head on each.
type grid struct {
	p       *pages
	columns []column
	widths  []float64
	odd     bool
	begun   bool
}

// pad is the room around the text of a cell, in millimetres.
const pad = 1.2

func (p *pages) table(columns ...column) *grid {
	g := &grid{p: p, columns: columns}
	total := 0.0
	for _, c := range columns {
		total += c.share
	}
	for _, c := range columns {
		g.widths = append(g.widths, c.share/total*p.width)
	}
	return g
}

func (g *grid) head() {
	cells := make([][]line, len(g.columns))
	height := 0.0
	for i, c := range g.columns {
		cells[i] = g.p.faces.breakLines([]run{{c.title, style{bold, 8, accent()}}}, g.widths[i]-2*pad)
		height = max(height, tall(cells[i]))
	}
	height += 2 * pad
	y := g.p.pdf.GetY()
	g.p.fill(pale())
	g.p.pdf.Rect(marginSide, y, g.p.width, height, "F")
	g.cells(cells, y)
	g.p.stroke(accent(), 0.3)
	g.p.pdf.Line(marginSide, y+height, marginSide+g.p.width, y+height)
	g.p.pdf.SetY(y + height)
	g.odd = false
}

func tall(lines []line) float64 {
	h := 0.0
	for _, l := range lines {
		h += l.height
	}
	return h
}

func (g *grid) cells(cells [][]line, y float64) {
	x := marginSide
	for i, lines := range cells {
		g.p.putLines(lines, x+pad, y+pad, g.widths[i]-2*pad, g.columns[i].align)
		x += g.widths[i]
	}
}

// row adds a row; cells that are missing are empty.
func (g *grid) row(texts ...string) {
	cells := make([][]line, len(g.columns))
	height := 0.0
	for i, c := range g.columns {
		if i < len(texts) {
			cells[i] = g.p.faces.breakLines([]run{{cutLines(texts[i], longest), c.style}}, g.widths[i]-2*pad)
		}
		height = max(height, tall(cells[i]))
	}
	height += 2 * pad
	if !g.begun {
		g.p.need(height + 14)
		g.head()
		g.begun = true
	} else if g.p.room() < height {
		g.p.pdf.AddPage()
		g.head()
	}
	y := g.p.pdf.GetY()
	if g.odd {
		g.p.fill(rgb{248, 250, 252})
		g.p.pdf.Rect(marginSide, y, g.p.width, height, "F")
	}
	g.odd = !g.odd
	g.cells(cells, y)
	g.p.stroke(rule(), 0.1)
	g.p.pdf.Line(marginSide, y+height, marginSide+g.p.width, y+height)
	g.p.pdf.SetY(y + height)
}

func (g *grid) end() { g.p.gap(3) }

// fact is a line of a two-column list.
type fact struct {
	name  string
	value string
	mono  bool
	lines bool // line breaks are meant
}

// facts writes names and values side by side; facts without a value are left out.
func (p *pages) facts(list ...fact) {
	const first = 42.0
	list = slices.DeleteFunc(list, func(f fact) bool { return f.value == "" })
	if len(list) < 8 { // so that a short list stays together
		p.need(float64(len(list)) * 5)
	}
	for i, f := range list {
		look := cell()
		if f.mono {
			look = code()
		}
		names := p.faces.breakLines([]run{{cut(f.name, 60), cell().in(soft())}}, first-2)
		value := cut(f.value, longestFact)
		if f.lines {
			value = cutLines(f.value, longestFact)
		}
		values := p.faces.breakLines([]run{{value, look}}, p.width-first)
		if i == len(list)-2 { // so that the last one does not stand alone on the next page
			p.need(2*names[0].height + 0.5)
		}
		p.need(names[0].height)
		y := p.pdf.GetY()
		under := y + p.putLines(names, marginSide, y, first, left)
		for _, l := range values { // a long value may go over pages
			if p.room() < l.height {
				p.pdf.AddPage()
				under = p.pdf.GetY()
			}
			p.set(l, marginSide+first, p.pdf.GetY())
			p.pdf.SetY(p.pdf.GetY() + l.height)
		}
		p.pdf.SetY(max(p.pdf.GetY(), under) + 0.5)
	}
	p.gap(1.5)
}
