// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// Outline is a picture with a figure of four corners drawn on it: where another picture lies on it.
type Outline struct {
	widget.BaseWidget
	Name string // written into the upper left corner

	picture *image.RGBA
	corners [][2]float64 // 0,0 and 1,1 are the corners of the picture
}

// NewOutline makes one without a picture.
func NewOutline(name string) *Outline {
	o := &Outline{Name: name}
	o.ExtendBaseWidget(o)
	return o
}

// Set shows a picture, which may be nil, and the corners in their order; none: no figure.
func (o *Outline) Set(picture *image.RGBA, corners [][2]float64) {
	o.picture, o.corners = picture, corners
	o.Refresh()
}

// CreateRenderer is for Fyne.
func (o *Outline) CreateRenderer() fyne.WidgetRenderer {
	r := &outlineRenderer{outline: o, picture: canvas.NewImageFromImage(nil)}
	r.picture.FillMode, r.picture.ScaleMode = canvas.ImageFillStretch, canvas.ImageScaleFastest
	r.Refresh()
	return r
}

type outlineRenderer struct {
	outline *Outline
	picture *canvas.Image
	objects []fyne.CanvasObject
}

// MinSize is for Fyne.
func (r *outlineRenderer) MinSize() fyne.Size { return fyne.NewSize(280, 160) }

// Layout is for Fyne.
func (r *outlineRenderer) Layout(fyne.Size) { r.Refresh() }

// farthest is how far outside the picture corners are still drawn, as a share of its size.
const farthest = 0.5

// Refresh places the picture so that corners outside of it are seen too, and draws the figure.
func (r *outlineRenderer) Refresh() {
	o := r.outline
	th, v := o.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.objects = r.objects[:0]
	r.picture.Hidden = o.picture == nil || o.picture.Bounds().Dy() == 0
	if r.picture.Hidden {
		canvas.Refresh(o)
		return
	}
	low, high := [2]float64{0, 0}, [2]float64{1, 1}
	corners := make([][2]float64, len(o.corners))
	for i, c := range o.corners {
		for axis := range c {
			c[axis] = min(max(c[axis], -farthest), 1+farthest)
			low[axis], high[axis] = min(low[axis], c[axis]), max(high[axis], c[axis])
		}
		corners[i] = c
	}
	shape := float32(o.picture.Bounds().Dx()) / float32(o.picture.Bounds().Dy())
	at, size := fit(o.Size(), shape*float32((high[0]-low[0])/(high[1]-low[1])))
	place := func(c [2]float64) fyne.Position {
		x, y := (c[0]-low[0])/(high[0]-low[0]), (c[1]-low[1])/(high[1]-low[1])
		return fyne.NewPos(at.X+size.Width*float32(x), at.Y+size.Height*float32(y))
	}
	first, last := place([2]float64{0, 0}), place([2]float64{1, 1})
	r.picture.Image = o.picture
	r.picture.Move(first)
	r.picture.Resize(fyne.NewSize(last.X-first.X, last.Y-first.Y))
	r.picture.Refresh()
	r.objects = append(r.objects, r.picture)
	for i := range corners {
		a, b := place(corners[i]), place(corners[(i+1)%len(corners)])
		r.objects = append(r.objects, line(a.X, a.Y, b.X, b.Y, 2.5, th.Color(look.ColorFound, v)))
	}
	if o.Name != "" {
		r.objects = append(r.objects, plate(o.Name, first.X+8, first.Y+6, fyne.TextAlignLeading, th, v)...)
	}
	canvas.Refresh(o)
}

// Objects is for Fyne.
func (r *outlineRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy is for Fyne.
func (r *outlineRenderer) Destroy() {}
