// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/vector"

	"spoor/report/atlas"
	"spoor/ui/look"
)

// WorldMap shades countries by how many things were there. There are no dots: they would be read as addresses.
type WorldMap struct {
	widget.BaseWidget
	OnTapped func(country int)        // ISO 3166
	Tell     func(country int) string // what is said of the country under the pointer

	world  []atlas.Country
	counts map[int]int
	most   int
	raster *canvas.Raster
	drawn  *image.RGBA // what was drawn last, for its size and colours
	ground [2]color.Color
	said   *canvas.Text
}

// NewWorldMap makes a map of countries, on which nothing was anywhere yet.
func NewWorldMap(world []atlas.Country) *WorldMap {
	m := &WorldMap{world: world, said: canvas.NewText("", nil)}
	m.raster = canvas.NewRaster(m.draw)
	m.ExtendBaseWidget(m)
	return m
}

var (
	_ fyne.Tappable     = (*WorldMap)(nil)
	_ desktop.Hoverable = (*WorldMap)(nil)
)

// Set shows how many things were in which country, by ISO 3166 number.
func (m *WorldMap) Set(counts map[int]int) {
	m.counts, m.most, m.drawn = counts, 0, nil
	for _, n := range counts {
		m.most = max(m.most, n)
	}
	m.Refresh()
}

// Tapped is for Fyne.
func (m *WorldMap) Tapped(e *fyne.PointEvent) {
	if c := m.country(e.Position); c != nil && m.OnTapped != nil {
		m.OnTapped(c.Number)
	}
}

// MouseIn is for Fyne.
func (m *WorldMap) MouseIn(e *desktop.MouseEvent) { m.MouseMoved(e) }

// MouseMoved is for Fyne.
func (m *WorldMap) MouseMoved(e *desktop.MouseEvent) {
	words := ""
	if c := m.country(e.Position); c != nil && m.Tell != nil {
		words = m.Tell(c.Number)
	}
	m.say(words)
}

// MouseOut is for Fyne.
func (m *WorldMap) MouseOut() { m.say("") }

func (m *WorldMap) say(words string) {
	if m.said.Text != words {
		m.said.Text = words
		canvas.Refresh(m.said)
	}
}

const (
	mapShape = 360 / (atlas.North - atlas.South) // width over height
	mapKey   = 18                                // height of the key below
)

// place is where the map is drawn.
func (m *WorldMap) place() (fyne.Position, fyne.Size) {
	return fit(fyne.NewSize(m.Size().Width, max(m.Size().Height-mapKey, 1)), mapShape)
}

// country is the one at a place; nil where there is none.
func (m *WorldMap) country(at fyne.Position) *atlas.Country {
	from, size := m.place()
	return atlas.At(m.world, atlas.Point{
		X: float64((at.X-from.X)/size.Width)*360 - 180, Y: atlas.North - float64((at.Y-from.Y)/size.Height)*(atlas.North-atlas.South),
	})
}

// draw is asked for a picture of so many pixels.
func (m *WorldMap) draw(w, h int) image.Image {
	th, v := m.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	ground := [2]color.Color{th.Color(theme.ColorNameSeparator, v), th.Color(theme.ColorNamePrimary, v)}
	if m.drawn != nil && m.drawn.Bounds() == image.Rect(0, 0, w, h) && m.ground == ground {
		return m.drawn
	}
	m.ground, m.drawn = ground, image.NewRGBA(image.Rect(0, 0, w, h))
	scale := float32(w) / 360
	r := vector.NewRasterizer(w, h)
	for _, c := range m.world {
		r.Reset(w, h)
		for _, ring := range c.Rings {
			for i, p := range ring {
				x, y := float32(p.X+180)*scale, float32(atlas.North-p.Y)*scale
				if i == 0 {
					r.MoveTo(x, y)
				} else {
					r.LineTo(x, y)
				}
			}
			r.ClosePath()
		}
		r.DrawOp = draw.Over
		r.Draw(m.drawn, m.drawn.Bounds(), image.NewUniform(m.shade(m.counts[c.Number])), image.Point{})
	}
	return m.drawn
}

func (m *WorldMap) shade(n int) color.Color {
	if n <= 0 {
		return m.ground[0]
	}
	return m.shadeOf(atlas.Step(n, m.most))
}

func (m *WorldMap) shadeOf(step int) color.Color {
	return blend(m.ground[0], m.ground[1], 0.4+0.6*float64(step)/(atlas.Steps-1))
}

// CreateRenderer is for Fyne.
func (m *WorldMap) CreateRenderer() fyne.WidgetRenderer {
	r := &worldMapRenderer{worldMap: m}
	r.Refresh()
	return r
}

type worldMapRenderer struct {
	worldMap *WorldMap
	objects  []fyne.CanvasObject
}

// MinSize is for Fyne.
func (r *worldMapRenderer) MinSize() fyne.Size { return fyne.NewSize(240, 240/mapShape+mapKey) }

// Layout is for Fyne.
func (r *worldMapRenderer) Layout(fyne.Size) { r.Refresh() }

// Refresh places the map and writes its key.
func (r *worldMapRenderer) Refresh() {
	m := r.worldMap
	th, v := m.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	small, quiet := th.Size(theme.SizeNameCaptionText), th.Color(look.ColorQuiet, v)
	m.ground = [2]color.Color{th.Color(theme.ColorNameSeparator, v), th.Color(theme.ColorNamePrimary, v)}
	m.drawn = nil
	at, size := m.place()
	m.raster.Move(at)
	m.raster.Resize(size)
	r.objects = append(r.objects[:0], m.raster)
	x, y := at.X, m.Size().Height-mapKey+2
	for step := range atlas.Steps {
		from, to := atlas.Range(step, m.most)
		if from == 0 {
			continue
		}
		text := fmt.Sprint(from)
		if to > from {
			text = fmt.Sprintf("%d–%d", from, to)
		}
		words := write(text, x+16, y-1, small, fyne.TextAlignLeading, quiet)
		r.objects = append(r.objects, box(x, y+2, 12, 10, m.shadeOf(step)), words)
		x += 16 + words.MinSize().Width + 12
	}
	m.said.Color, m.said.TextSize = th.Color(theme.ColorNameForeground, v), small
	m.said.Move(fyne.NewPos(x+8, y-1))
	r.objects = append(r.objects, m.said)
	canvas.Refresh(m)
}

// Objects is for Fyne.
func (r *worldMapRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy is for Fyne.
func (r *worldMapRenderer) Destroy() {}
