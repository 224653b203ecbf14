// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"image"
	"image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Wipe lays two pictures over each other and shows the one at the left of a line and the other at its right. The line is
// moved by the pointer and by the arrow keys.
type Wipe struct {
	widget.BaseWidget
	LeftName, RightName string

	left, right *image.RGBA
	share       float32
	focused     bool
}

// NewWipe makes one without pictures, with the line in the middle.
func NewWipe(leftName, rightName string) *Wipe {
	w := &Wipe{LeftName: leftName, RightName: rightName, share: 0.5}
	w.ExtendBaseWidget(w)
	return w
}

var (
	_ fyne.Tappable      = (*Wipe)(nil)
	_ fyne.Draggable     = (*Wipe)(nil)
	_ fyne.Focusable     = (*Wipe)(nil)
	_ desktop.Cursorable = (*Wipe)(nil)
)

// Set shows two pictures; either may be nil. They are drawn into the same rectangle, of the left one's shape.
func (w *Wipe) Set(left, right *image.RGBA) {
	w.left, w.right = left, right
	w.Refresh()
}

// Share is where the line is: 0 at the left, 1 at the right end of the picture.
func (w *Wipe) Share() float32 { return w.share }

func (w *Wipe) move(share float32) {
	w.share = min(max(share, 0), 1)
	w.Refresh()
}

func (w *Wipe) moveTo(x float32) {
	at, size := w.place()
	w.move((x - at.X) / max(size.Width, 1))
}

func (w *Wipe) place() (fyne.Position, fyne.Size) {
	shape := float32(16) / 9
	for _, p := range []*image.RGBA{w.right, w.left} {
		if p != nil && p.Bounds().Dy() > 0 {
			shape = float32(p.Bounds().Dx()) / float32(p.Bounds().Dy())
		}
	}
	return fit(w.Size(), shape)
}

// Tapped is for Fyne.
func (w *Wipe) Tapped(e *fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(w); c != nil {
		c.Focus(w)
	}
	w.moveTo(e.Position.X)
}

// Dragged is for Fyne.
func (w *Wipe) Dragged(e *fyne.DragEvent) { w.moveTo(e.Position.X) }

// DragEnd is for Fyne.
func (w *Wipe) DragEnd() {}

// Cursor is for Fyne.
func (w *Wipe) Cursor() desktop.Cursor { return desktop.HResizeCursor }

// FocusGained is for Fyne.
func (w *Wipe) FocusGained() {
	w.focused = true
	w.Refresh()
}

// FocusLost is for Fyne.
func (w *Wipe) FocusLost() {
	w.focused = false
	w.Refresh()
}

// TypedRune is for Fyne.
func (w *Wipe) TypedRune(rune) {}

// TypedKey moves the line.
func (w *Wipe) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		w.move(w.share - 0.05)
	case fyne.KeyRight:
		w.move(w.share + 0.05)
	case fyne.KeyHome:
		w.move(0)
	case fyne.KeyEnd:
		w.move(1)
	default:
	}
}

// CreateRenderer is for Fyne.
func (w *Wipe) CreateRenderer() fyne.WidgetRenderer {
	r := &wipeRenderer{wipe: w, left: canvas.NewImageFromImage(nil), right: canvas.NewImageFromImage(nil), line: canvas.NewRectangle(nil)}
	for _, p := range []*canvas.Image{r.left, r.right} {
		p.FillMode, p.ScaleMode = canvas.ImageFillStretch, canvas.ImageScaleFastest
	}
	r.Refresh()
	return r
}

type wipeRenderer struct {
	wipe        *Wipe
	left, right *canvas.Image
	line        *canvas.Rectangle
	labels      []fyne.CanvasObject
}

// MinSize is for Fyne.
func (r *wipeRenderer) MinSize() fyne.Size { return fyne.NewSize(280, 160) }

// Layout is for Fyne.
func (r *wipeRenderer) Layout(fyne.Size) { r.Refresh() }

// Refresh shows each picture on its side.
func (r *wipeRenderer) Refresh() {
	w := r.wipe
	th, v := w.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	at, size := w.place()
	show := func(to *canvas.Image, p *image.RGBA, from, until float32) {
		to.Hidden = p == nil || until <= from
		if to.Hidden {
			return
		}
		wide := float32(p.Bounds().Dx())
		a, b := int(from*wide+0.5), int(until*wide+0.5)
		to.Image = columns(p, a, max(b, a+1))
		to.Move(fyne.NewPos(at.X+size.Width*float32(a)/wide, at.Y))
		to.Resize(fyne.NewSize(size.Width*float32(b-a)/wide, size.Height))
		to.Refresh()
	}
	show(r.left, w.left, 0, w.share)
	show(r.right, w.right, w.share, 1)
	r.line.FillColor = th.Color(theme.ColorNamePrimary, v)
	wide := float32(3)
	if w.focused {
		wide = 5
	}
	r.line.Move(fyne.NewPos(at.X+size.Width*w.share-wide/2, at.Y))
	r.line.Resize(fyne.NewSize(wide, size.Height))
	r.labels = r.labels[:0]
	if r.line.Hidden = w.left == nil && w.right == nil; r.line.Hidden {
		canvas.Refresh(w)
		return
	}
	for _, l := range []struct {
		name  string
		x     float32
		align fyne.TextAlign
	}{{w.LeftName, at.X + 8, fyne.TextAlignLeading}, {w.RightName, at.X + size.Width - 8, fyne.TextAlignTrailing}} {
		r.labels = append(r.labels, plate(l.name, l.x, at.Y+6, l.align, th, v)...)
	}
	canvas.Refresh(w)
}

// columns copies some columns of a picture. A part of the picture itself would not do: what draws on a screen takes every
// picture's rows to lie close together.
func columns(p *image.RGBA, from, to int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, to-from, p.Bounds().Dy()))
	draw.Draw(out, out.Bounds(), p, p.Bounds().Min.Add(image.Pt(from, 0)), draw.Src)
	return out
}

// Objects is for Fyne.
func (r *wipeRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.left, r.right, r.line}, r.labels...)
}

// Destroy is for Fyne.
func (r *wipeRenderer) Destroy() {}
