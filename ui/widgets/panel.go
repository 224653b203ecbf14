// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// Panel is a quiet ground with rounded corners under something.
type Panel struct {
	widget.BaseWidget
	Content fyne.CanvasObject
	accent  fyne.ThemeColorName // of a bar at its left; "" without
}

// NewPanel puts content on a panel. accent is the colour of a bar at its left side, or "".
func NewPanel(content fyne.CanvasObject, accent fyne.ThemeColorName) *Panel {
	p := &Panel{Content: content, accent: accent}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer is for Fyne.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{panel: p, ground: canvas.NewRectangle(nil), bar: canvas.NewRectangle(nil), content: container.NewPadded(p.Content)}
	r.Refresh()
	return r
}

type panelRenderer struct {
	panel       *Panel
	ground, bar *canvas.Rectangle
	content     *fyne.Container
}

const barWidth = 4

// Layout is for Fyne.
func (r *panelRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.bar.Resize(fyne.NewSize(barWidth, size.Height))
	left := r.left()
	r.content.Move(fyne.NewPos(left, 0))
	r.content.Resize(fyne.NewSize(size.Width-left, size.Height))
}

func (r *panelRenderer) left() float32 {
	if r.panel.accent == "" {
		return 0
	}
	return barWidth
}

// MinSize is for Fyne.
func (r *panelRenderer) MinSize() fyne.Size { return r.content.MinSize().AddWidthHeight(r.left(), 0) }

// Refresh is for Fyne.
func (r *panelRenderer) Refresh() {
	th, v := r.panel.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.ground.FillColor, r.ground.StrokeColor = th.Color(look.ColorPanel, v), th.Color(theme.ColorNameSeparator, v)
	r.ground.StrokeWidth, r.ground.CornerRadius = 1, th.Size(theme.SizeNameInputRadius)
	r.bar.Hidden = r.panel.accent == ""
	if r.panel.accent != "" {
		r.bar.FillColor = th.Color(r.panel.accent, v)
	}
	r.ground.Refresh()
	r.bar.Refresh()
	r.content.Refresh()
}

// Objects is for Fyne.
func (r *panelRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.bar, r.content}
}

// Destroy is for Fyne.
func (r *panelRenderer) Destroy() {}
