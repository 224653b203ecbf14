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
}

func newFaces(pdf *fpdf.Fpdf) (*faces, error) {
	f := &faces{pdf: pdf}
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

// glyph is a character and the face it is set in.
type glyph struct {
	r    rune
	face face
}

// glyphs chooses the face of each character. What no face has, and what would not be seen or would turn the
// text around, is written as its number, so that two tags that differ never look alike.
func (f *faces) glyphs(out []glyph, text string, want face) []glyph {
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case r == '\n':
			out = append(out, glyph{r, want})
		case r == '\t':
			out = append(out, glyph{' ', want}, glyph{' ', want})
		case hidden(r):
			out = f.number(out, r)
		case f.covers(want, r):
			out = append(out, glyph{r, want})
		case f.covers(mono, r):
			out = append(out, glyph{r, mono})
		default:
			out = f.number(out, r)
		}
	}
	return out
}

func (f *faces) number(out []glyph, r rune) []glyph {
	for _, c := range fmt.Sprintf("[U+%04X]", r) {
		out = append(out, glyph{c, mono})
	}
	return out
}

// hidden tells whether a character has no shape of its own: controls, marks that turn the direction of text, blanks
// that are none, combining marks, private ones, and scripts that run from right to left, which are not put in order here.
func hidden(r rune) bool {
	switch {
	case r == ' ':
		return false
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Zl, unicode.Zp, unicode.Mn, unicode.Me):
		return true
	case unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko):
		return true
	}
	return unicode.IsSpace(r) && r != '\u00A0' && r != '\u202F'
}

// plain makes a text fit for places where only one line without a face of its own can stand, such as bookmarks.
func plain(text string, longest int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if n++; n > longest {
			b.WriteString("…")
			break
		}
		if hidden(r) || r > 0xFFFF {
			fmt.Fprintf(&b, "[U+%04X]", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
