// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// box is a rectangle at a place.
func box(x, y, w, h float32, c color.Color) *canvas.Rectangle {
	r := canvas.NewRectangle(c)
	r.Move(fyne.NewPos(x, y))
	r.Resize(fyne.NewSize(w, h))
	return r
}

// fade makes a colour fainter: share 1 leaves it, 0 makes it clear.
func fade(c color.Color, share float32) color.Color {
	n := nrgba(c)
	n.A = uint8(float32(n.A) * min(max(share, 0), 1))
	return n
}

// cut shortens text to a width.
func cut(text string, width, size float32) string {
	fits := func(s string) bool { return fyne.MeasureText(s, size, fyne.TextStyle{}).Width <= width }
	if fits(text) {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && !fits(string(runes)+"…") {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// write is a line of small text at a place. align says what x is: the beginning, the middle or the end of it.
func write(text string, x, y, size float32, align fyne.TextAlign, c color.Color) *canvas.Text {
	t := canvas.NewText(text, c)
	t.TextSize = size
	width := fyne.MeasureText(text, size, t.TextStyle).Width
	switch align {
	case fyne.TextAlignCenter:
		x -= width / 2
	case fyne.TextAlignTrailing:
		x -= width
	case fyne.TextAlignLeading:
	}
	t.Move(fyne.NewPos(x, y))
	return t
}

// plate is a line of small text on a ground of its own, to be read on any picture.
func plate(text string, x, y float32, align fyne.TextAlign, th fyne.Theme, v fyne.ThemeVariant) []fyne.CanvasObject {
	words := write(text, x, y, th.Size(theme.SizeNameCaptionText), align, th.Color(theme.ColorNameForeground, v))
	at, size := words.Position(), words.MinSize()
	under := box(at.X-4, at.Y-1, size.Width+8, size.Height+2, fade(th.Color(theme.ColorNameBackground, v), 0.8))
	under.CornerRadius = 3
	return []fyne.CanvasObject{under, words}
}

// line is a straight line.
func line(x1, y1, x2, y2, width float32, c color.Color) *canvas.Line {
	l := canvas.NewLine(c)
	l.StrokeWidth = width
	l.Position1, l.Position2 = fyne.NewPos(x1, y1), fyne.NewPos(x2, y2)
	return l
}

// blend is a colour between two: share 0 is the first, 1 the second.
func blend(a, b color.Color, share float64) color.NRGBA {
	one, other := nrgba(a), nrgba(b)
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + share*(float64(y)-float64(x)) + 0.5) }
	return color.NRGBA{R: mix(one.R, other.R), G: mix(one.G, other.G), B: mix(one.B, other.B), A: 255}
}

func nrgba(c color.Color) color.NRGBA {
	n, ok := color.NRGBAModel.Convert(c).(color.NRGBA)
	if !ok {
		return color.NRGBA{A: 255}
	}
	return n
}

// fit is the largest rectangle of a shape, width over height, in the middle of a size.
func fit(size fyne.Size, shape float32) (at fyne.Position, inner fyne.Size) {
	inner = fyne.NewSize(size.Width, size.Width/shape)
	if inner.Height > size.Height {
		inner = fyne.NewSize(size.Height*shape, size.Height)
	}
	return fyne.NewPos((size.Width-inner.Width)/2, (size.Height-inner.Height)/2), inner
}
