// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"fmt"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"

	"spoor/assets"
)

// face is one of the typefaces that reports are set in.
type face int

const (
	sans face = iota
	bold
	mono
	faceCount
)

// faces knows which characters a page can show, and how wide they are.
type faces struct {
	fonts  [faceCount]*sfnt.Font
	buffer sfnt.Buffer
	has    [faceCount]map[rune]bool
	widths [faceCount]map[rune]float64 // in thousandths of the size
	pdf    *fpdf.Fpdf
	shaper *shaper
}

func newFaces(pdf *fpdf.Fpdf) (*faces, error) {
	f := &faces{pdf: pdf, shaper: newShaper()}
	for i, content := range [faceCount]string{assets.Sans(), assets.SansBold(), assets.Mono()} {
		parsed, err := sfnt.Parse([]byte(content))
		if err != nil {
			return nil, fmt.Errorf("font %d: %w", i, err)
		}
		f.fonts[i], f.has[i], f.widths[i] = parsed, map[rune]bool{}, map[rune]float64{}
		family, style := face(i).name()
		pdf.AddUTF8FontFromBytes(family, style, []byte(content))
	}
	return f, pdf.Error()
}

// name is the face's name and style in the PDF library.
func (a face) name() (family, style string) {
	switch a {
	case bold:
		return "sans", "B"
	case mono:
		return "mono", ""
	default:
		return "sans", ""
	}
}

// covers tells whether a face can show a character.
func (f *faces) covers(a face, r rune) bool {
	if known, ok := f.has[a][r]; ok {
		return known
	}
	index, err := f.fonts[a].GlyphIndex(&f.buffer, r)
	ok := err == nil && index != 0 && r < 0x10000
	f.has[a][r] = ok
	return ok
}

// width returns the width of a character in millimetres at a size in points.
func (f *faces) width(a face, r rune, size float64) float64 {
	w, ok := f.widths[a][r]
	if !ok {
		family, style := a.name()
		f.pdf.SetFont(family, style, 10)
		w = float64(f.pdf.GetStringSymbolWidth(string(r)))
		f.widths[a][r] = w
	}
	return w / 1000 * size * 25.4 / 72
}

// glyph is a character and the face it is set in, or a word or sign of another script that is drawn.
type glyph struct {
	r     rune // of a drawing, its first
	face  face
	drawn *drawing
}

// glyphs chooses the face of each character. What no face has, and what would not be seen or would turn the
// text around, is written as its number, so that two tags that differ never look alike.
func (f *faces) glyphs(text string, want face) []glyph {
	var out []glyph
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if n, drawn := f.drawing(runes[i:], want); drawn != nil {
			out = append(out, glyph{r, want, drawn})
			i += n - 1
			continue
		}
		switch {
		case r == '\n':
			out = append(out, glyph{r: r, face: want})
		case r == '\t':
			out = append(out, glyph{r: ' ', face: want}, glyph{r: ' ', face: want})
		case hidden(r):
			out = f.number(out, r)
		case f.covers(want, r):
			out = append(out, glyph{r: r, face: want})
		case f.covers(mono, r):
			out = append(out, glyph{r: r, face: mono})
		default:
			out = f.number(out, r)
		}
	}
	return out
}

// drawing is the word or sign at the head of text that must be drawn, and how many characters it has; nil where there is
// none. Signs that the faces of the report have are not drawn.
func (f *faces) drawing(text []rune, want face) (int, *drawing) {
	if text[0] < firstOther {
		return 0, nil
	}
	n, of := word(f.shaper.scripts, text)
	if n == 0 || (!f.shaper.scripts[of].joined && (f.covers(want, text[0]) || f.covers(mono, text[0]))) {
		return 0, nil
	}
	if d := f.shaper.draw(text[:n], of); d != nil || n == 1 {
		return n, d
	}
	// Its face does not have all of it: what comes before that is drawn, the rest is looked at anew.
	for n--; n > 0; n-- {
		if d := f.shaper.draw(text[:n], of); d != nil {
			return n, d
		}
	}
	return 0, nil
}

// halves is a word that is too long for a line, in two.
func (f *faces) halves(g glyph) []glyph {
	runes := []rune(g.drawn.text)
	half := len(runes) / 2
	return append(f.glyphs(string(runes[:half]), g.face), f.glyphs(string(runes[half:]), g.face)...)
}

func (f *faces) number(out []glyph, r rune) []glyph {
	for _, c := range fmt.Sprintf("[U+%04X]", r) {
		out = append(out, glyph{r: c, face: mono})
	}
	return out
}

// hidden tells whether a character has no shape of its own: controls, marks that turn the direction of text, blanks
// that are none, combining marks outside of the scripts that cannot do without, and private ones.
func hidden(r rune) bool {
	switch {
	case r == ' ':
		return false
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Zl, unicode.Zp, unicode.Mn, unicode.Me):
		return true
	}
	return unicode.IsSpace(r) && r != '\u00A0' && r != '\u202F'
}

// plain makes a text fit for places where only one line without a face of its own can stand, such as bookmarks.
func plain(text string, longest int) string {
	var b strings.Builder
	n := 0
	others := scripts()
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if n++; n > longest {
			b.WriteString("…")
			break
		}
		if of := scriptOf(others, r); hidden(r) && (of < 0 || !others[of].joined) {
			fmt.Fprintf(&b, "[U+%04X]", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
