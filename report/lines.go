// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"strings"
)

// rgb is a colour.
type rgb struct{ r, g, b int }

// The colours of a report: one accent, two signals, and greys. Nothing is said by colour alone.
func ink() rgb    { return rgb{28, 32, 38} }
func soft() rgb   { return rgb{96, 104, 114} }
func accent() rgb { return rgb{24, 62, 104} }
func pale() rgb   { return rgb{238, 242, 247} }
func rule() rgb   { return rgb{200, 207, 215} }
func alarm() rgb  { return rgb{158, 42, 32} }
func tint() rgb   { return rgb{253, 241, 238} }

// style is how a run of text looks.
type style struct {
	face   face
	size   float64 // points
	colour rgb
}

func body() style    { return style{sans, 9.5, ink()} }
func strong() style  { return style{bold, 9.5, ink()} }
func small() style   { return style{sans, 8, soft()} }
func code() style    { return style{mono, 8, ink()} }
func cell() style    { return style{sans, 8.5, ink()} }
func heading() style { return style{bold, 14, accent()} }

func (s style) at(size float64) style { s.size = size; return s }
func (s style) in(colour rgb) style   { s.colour = colour; return s }

// run is text in one style.
type run struct {
	text  string
	style style
}

// piece is part of a line that is set in one face, size and colour.
type piece struct {
	text  string
	style style
	width float64 // mm
}

// line is a line of text.
type line struct {
	pieces []piece
	width  float64 // mm
	height float64 // mm
	last   bool    // of its paragraph
}

// leading is the height of a line, in millimetres, at a size in points.
func leading(size float64) float64 { return size * 1.36 * 25.4 / 72 }

// word is what is not broken unless it is longer than a line.
type letter struct {
	glyph
	style style
	width float64
}

// breakLines sets runs in lines of a width. Lines are broken at blanks, after hyphens and slashes, and, where a word is
// longer than the line, anywhere.
func (f *faces) breakLines(runs []run, width float64) []line {
	var lines []line
	var now []letter // the line being filled
	used, breakAt := 0.0, -1
	tallest := 0.0
	for _, one := range runs {
		tallest = max(tallest, one.style.size)
	}
	flush := func(n int, last bool) {
		lines = append(lines, setLine(now[:n], leading(tallest), last))
		rest := now[n:]
		for len(rest) > 0 && rest[0].r == ' ' && !last {
			rest = rest[1:]
		}
		now = append([]letter(nil), rest...)
		used, breakAt = 0, -1
		for i, l := range now {
			used += l.width
			if breaksAfter(l.r) {
				breakAt = i + 1
			}
		}
	}
	for _, one := range runs {
		for _, g := range f.glyphs(nil, one.text, one.style.face) {
			if g.r == '\n' {
				flush(len(now), true)
				continue
			}
			l := letter{g, one.style, f.width(g.face, g.r, one.style.size)}
			for used+l.width > width && g.r != ' ' && len(now) > 0 {
				if breakAt > 0 {
					flush(breakAt, false)
				} else {
					flush(len(now), false)
				}
			}
			now = append(now, l)
			used += l.width
			if breaksAfter(g.r) {
				breakAt = len(now)
			}
		}
	}
	if len(now) > 0 || len(lines) == 0 {
		flush(len(now), true)
	}
	return lines
}

func breaksAfter(r rune) bool { return strings.ContainsRune(" -/,;·&?_", r) }

// setLine joins letters of the same look.
func setLine(letters []letter, height float64, last bool) line {
	out := line{height: height, last: last}
	for len(letters) > 0 && letters[len(letters)-1].r == ' ' {
		letters = letters[:len(letters)-1]
	}
	var text strings.Builder
	for i := 0; i < len(letters); {
		first := letters[i]
		look := first.style
		look.face = first.face
		text.Reset()
		width := 0.0
		for ; i < len(letters) && letters[i].face == first.face && letters[i].style == first.style; i++ {
			text.WriteRune(letters[i].r)
			width += letters[i].width
		}
		out.pieces = append(out.pieces, piece{text.String(), look, width})
		out.width += width
	}
	return out
}

// cut makes one line of a text, of at most so many characters, and shows where it was longer.
func cut(text string, longest int) string {
	return cutLines(strings.ReplaceAll(text, "\n", " ¶ "), longest)
}

// cutLines shortens a text of several lines.
func cutLines(text string, longest int) string {
	n := 0
	for i := range text {
		if n == longest {
			return text[:i] + " …"
		}
		n++
	}
	return text
}
