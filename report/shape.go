// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/bidi"

	"spoor/assets"
)

// drawing is a word, or a sign, of a script that the PDF library cannot set: it is drawn as outlines, with its text
// laid invisibly over it so that it can be searched and copied.
type drawing struct {
	text     string
	toLeft   bool    // runs from right to left
	anywhere bool    // a line may be broken after it
	width    float64 // thousandths of the size
	outline  []contour
}

// contour is one step of an outline; places are in thousandths of the size, y upwards.
type contour struct {
	op  opentype.SegmentOp
	at  [3]opentype.SegmentPoint
	num int // places used
}

// shaper draws words in the bundled faces, which it opens when they are needed first.
type shaper struct {
	scripts []script
	opened  map[string]*font.Face
	harfbuz shaping.HarfbuzzShaper
	drawn   map[string]*drawing // nil: the face does not have all of it
	err     error               // of a bundled font: a mistake of ours, told when the report is written
}

func newShaper() *shaper {
	return &shaper{scripts: scripts(), opened: map[string]*font.Face{}, drawn: map[string]*drawing{}}
}

// face opens a bundled face.
func (s *shaper) face(name string) (*font.Face, error) {
	if f, ok := s.opened[name]; ok {
		return f, nil
	}
	packed, err := assets.Face(name)
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	defer z.Close()
	content, err := z.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	f, err := font.ParseTTF(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	s.opened[name] = f
	return f, nil
}

// mostDrawn is how many different words are kept; a case with more has them shaped again.
const mostDrawn = 20_000

// draw shapes a word of a script; nil where its face does not have every character of it.
func (s *shaper) draw(text []rune, of int) *drawing {
	if d, ok := s.drawn[string(text)]; ok {
		return d
	}
	d, err := s.shape(text, &s.scripts[of])
	if err != nil && s.err == nil {
		s.err = err
	}
	if len(s.drawn) < mostDrawn {
		s.drawn[string(text)] = d
	}
	return d
}

func (s *shaper) shape(text []rune, in *script) (*drawing, error) {
	face, err := s.face(in.face)
	if err != nil {
		return nil, err
	}
	for _, r := range text {
		if _, ok := face.NominalGlyph(r); !ok && !joiner(r) {
			return nil, nil //nolint:nilnil // it has no shape here, which is no error
		}
	}
	d := &drawing{text: string(text), anywhere: !in.joined}
	direction := di.DirectionLTR
	if c, _ := bidi.LookupRune(text[0]); c.Class() == bidi.R || c.Class() == bidi.AL {
		d.toLeft, direction = true, di.DirectionRTL
	}
	const size = 1000
	out := s.harfbuz.Shape(shaping.Input{
		Text: text, RunEnd: len(text), Direction: direction, Face: face, Size: fixed.I(size),
		Script: language.LookupScript(text[0]), Language: language.NewLanguage("und"),
	})
	scale := size / float32(face.Upem())
	x := float32(0)
	for _, g := range out.Glyphs {
		d.add(face, g.GlyphID, scale, x+units(g.XOffset), units(g.YOffset))
		x += units(g.Advance)
	}
	d.width = float64(x)
	return d, nil
}

func units(x fixed.Int26_6) float32 { return float32(x) / 64 }

// add puts a glyph at its place.
func (d *drawing) add(face *font.Face, id font.GID, scale, x, y float32) {
	outline, ok := face.GlyphData(id).(font.GlyphOutline)
	if !ok {
		return
	}
	for _, segment := range outline.Segments {
		c := contour{op: segment.Op}
		for i, p := range segment.ArgsSlice() {
			c.at[i] = opentype.SegmentPoint{X: x + p.X*scale, Y: y + p.Y*scale}
			c.num++
		}
		d.outline = append(d.outline, c)
	}
}

// path writes the outline in the language of PDF, filled with a colour: x and y are where its line begins, in points from
// the lower left corner of the page, size is in points.
func (d *drawing) path(x, y, size float64, c rgb) string {
	var b strings.Builder
	fmt.Fprintf(&b, "q %.3f %.3f %.3f rg", float64(c.r)/255, float64(c.g)/255, float64(c.b)/255)
	place := func(p opentype.SegmentPoint) {
		coordinate(&b, x+float64(p.X)*size/1000)
		coordinate(&b, y+float64(p.Y)*size/1000)
	}
	var last opentype.SegmentPoint
	for i, s := range d.outline {
		switch s.op {
		case opentype.SegmentOpMoveTo:
			if i > 0 {
				b.WriteString(" h")
			}
			place(s.at[0])
			b.WriteString(" m")
		case opentype.SegmentOpLineTo:
			place(s.at[0])
			b.WriteString(" l")
		case opentype.SegmentOpQuadTo: // PDF has cubic curves only
			place(between(last, s.at[0], 2.0/3))
			place(between(s.at[1], s.at[0], 2.0/3))
			place(s.at[1])
			b.WriteString(" c")
		case opentype.SegmentOpCubeTo:
			place(s.at[0])
			place(s.at[1])
			place(s.at[2])
			b.WriteString(" c")
		}
		if s.num > 0 {
			last = s.at[s.num-1]
		}
	}
	b.WriteString(" f Q")
	return b.String()
}

func between(a, b opentype.SegmentPoint, share float32) opentype.SegmentPoint {
	return opentype.SegmentPoint{X: a.X + (b.X-a.X)*share, Y: a.Y + (b.Y-a.Y)*share}
}

func coordinate(b *strings.Builder, x float64) {
	b.WriteByte(' ')
	b.WriteString(strconv.FormatFloat(x, 'f', 2, 64))
}

// hexText is a text as PDF writes it in hex.
func hexText(text string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}
