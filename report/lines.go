// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"strings"
	"unicode/utf8"
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
	width float64  // mm
	drawn *drawing // in place of the text
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

// letter is what is never broken: a character, or a word or sign that is drawn.
type letter struct {
	glyph
	style style
	width float64
}

// breakLines sets runs in lines of a width. Lines are broken at blanks, after hyphens and slashes, and, where a word is
// longer than the line, anywhere.
func (f *faces) breakLines(runs []run, width float64) []line {
	b := breaker{faces: f, width: width, breakAt: -1}
	for _, one := range runs {
		b.tallest = max(b.tallest, one.style.size)
	}
	for _, one := range runs {
		b.text(f.glyphs(one.text, one.style.face), one.style)
	}
	if len(b.now) > 0 || len(b.lines) == 0 {
		b.flush(len(b.now), true)
	}
	return b.lines
}

// breaker fills lines.
type breaker struct {
	faces   *faces
	width   float64 // of a line, mm
	tallest float64 // size, points
	lines   []line
	now     []letter // the line being filled
	used    float64  // mm of it
	breakAt int      // letters of it after which it may be broken; -1 nowhere
}

func (b *breaker) text(rest []glyph, look style) {
	for len(rest) > 0 {
		g := rest[0]
		rest = rest[1:]
		l := letter{g, look, b.faces.widthOf(g, look.size)}
		switch {
		case g.r == '\n':
			b.flush(len(b.now), true)
		case l.width > b.width && g.drawn != nil && utf8.RuneCountInString(g.drawn.text) > 1:
			rest = append(b.faces.halves(g), rest...)
		default:
			b.add(l)
		}
	}
}

func (b *breaker) add(l letter) {
	for b.used+l.width > b.width && l.r != ' ' && len(b.now) > 0 {
		if b.breakAt > 0 {
			b.flush(b.breakAt, false)
		} else {
			b.flush(len(b.now), false)
		}
	}
	b.now = append(b.now, l)
	b.used += l.width
	if l.breaksAfter() {
		b.breakAt = len(b.now)
	}
}

// flush ends the line after n letters and begins the next one with the others.
func (b *breaker) flush(n int, last bool) {
	b.lines = append(b.lines, setLine(b.now[:n], leading(b.tallest), last))
	rest := b.now[n:]
	for len(rest) > 0 && rest[0].r == ' ' && !last {
		rest = rest[1:]
	}
	b.now, b.used, b.breakAt = append([]letter(nil), rest...), 0, -1
	for i, l := range b.now {
		b.used += l.width
		if l.breaksAfter() {
			b.breakAt = i + 1
		}
	}
}

// breaksAfter tells whether a line may end with the letter.
func (l *letter) breaksAfter() bool {
	if l.drawn != nil {
		return l.drawn.anywhere
	}
	return strings.ContainsRune(" -/,;·&?_", l.r)
}

// widthOf is the width of a letter in millimetres at a size in points.
func (f *faces) widthOf(g glyph, size float64) float64 {
	if g.drawn != nil {
		return g.drawn.width / 1000 * size * 25.4 / 72
	}
	return f.width(g.face, g.r, size)
}

// setLine joins letters of the same look.
func setLine(letters []letter, height float64, last bool) line {
	out := line{height: height, last: last}
	for len(letters) > 0 && letters[len(letters)-1].r == ' ' {
		letters = letters[:len(letters)-1]
	}
	letters = inOrderSeen(letters)
	var text strings.Builder
	for i := 0; i < len(letters); {
		first := letters[i]
		look := first.style
		look.face = first.face
		if first.drawn != nil {
			out.pieces = append(out.pieces, piece{first.drawn.text, look, first.width, first.drawn})
			out.width += first.width
			i++
			continue
		}
		text.Reset()
		width := 0.0
		for ; i < len(letters) && letters[i].alike(&first); i++ {
			text.WriteRune(letters[i].r)
			width += letters[i].width
		}
		out.pieces = append(out.pieces, piece{text.String(), look, width, nil})
		out.width += width
	}
	return out
}

func (l *letter) alike(other *letter) bool {
	return l.drawn == nil && l.face == other.face && l.style == other.style
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
