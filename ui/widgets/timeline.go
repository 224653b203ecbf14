// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// Lane is a row of a timeline.
type Lane struct {
	Name   string
	Color  fyne.ThemeColorName
	Blocks []Block
}

// Block is a stretch of a lane.
type Block struct {
	From, To time.Duration
	Strength float32 // 0 faint to 1 full
}

// Timeline shows over the length of a leak what was found where, a lane for each thing, and the place that is looked
// at. A tap goes to a place.
type Timeline struct {
	widget.BaseWidget
	OnSeek func(time.Duration)

	length, at time.Duration
	lanes      []Lane
}

// NewTimeline makes an empty timeline.
func NewTimeline() *Timeline {
	t := &Timeline{}
	t.ExtendBaseWidget(t)
	return t
}

var (
	_ fyne.Tappable      = (*Timeline)(nil)
	_ fyne.Draggable     = (*Timeline)(nil)
	_ desktop.Cursorable = (*Timeline)(nil)
)

// Set shows lanes over a length.
func (t *Timeline) Set(length time.Duration, lanes []Lane) {
	t.length, t.lanes = length, lanes
	t.Refresh()
}

// Look moves the line that says which place is looked at.
func (t *Timeline) Look(at time.Duration) {
	t.at = at
	t.Refresh()
}

const (
	laneHeight = 22
	laneName   = 150 // width of the names
)

// Tapped is for Fyne.
func (t *Timeline) Tapped(e *fyne.PointEvent) { t.seek(e.Position.X) }

// Dragged is for Fyne.
func (t *Timeline) Dragged(e *fyne.DragEvent) { t.seek(e.Position.X) }

// DragEnd is for Fyne.
func (t *Timeline) DragEnd() {}

// Cursor is for Fyne.
func (t *Timeline) Cursor() desktop.Cursor { return desktop.PointerCursor }

func (t *Timeline) seek(x float32) {
	if t.OnSeek == nil || t.length <= 0 {
		return
	}
	share := (x - laneName) / max(t.Size().Width-laneName, 1)
	t.OnSeek(time.Duration(float64(min(max(share, 0), 1)) * float64(t.length)))
}

// CreateRenderer is for Fyne.
func (t *Timeline) CreateRenderer() fyne.WidgetRenderer {
	r := &timelineRenderer{timeline: t, place: canvas.NewRectangle(nil)}
	r.Refresh()
	return r
}

type timelineRenderer struct {
	timeline *Timeline
	place    *canvas.Rectangle
	objects  []fyne.CanvasObject
}

// MinSize is for Fyne.
func (r *timelineRenderer) MinSize() fyne.Size {
	return fyne.NewSize(laneName+120, laneHeight*float32(max(len(r.timeline.lanes), 1)))
}

// Layout is for Fyne.
func (r *timelineRenderer) Layout(fyne.Size) { r.Refresh() }

// Refresh builds the picture anew: there are a few dozen rectangles at most.
func (r *timelineRenderer) Refresh() {
	t := r.timeline
	th, v := t.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	width := max(t.Size().Width-laneName, 1)
	scale := func(d time.Duration) float32 { return laneName + width*float32(float64(d)/float64(max(t.length, 1))) }
	r.objects = r.objects[:0]
	for i, lane := range t.lanes {
		y := float32(i) * laneHeight
		name := canvas.NewText(cut(lane.Name, laneName-12, th.Size(theme.SizeNameCaptionText)), th.Color(look.ColorQuiet, v))
		name.TextSize = th.Size(theme.SizeNameCaptionText)
		name.Move(fyne.NewPos(0, y+3))
		r.objects = append(r.objects, name, box(laneName, y+4, width, laneHeight-8, th.Color(theme.ColorNameSeparator, v)))
		for _, b := range lane.Blocks {
			from, to := scale(b.From), scale(b.To)
			block := box(from, y+4, max(to-from, 2), laneHeight-8, th.Color(lane.Color, v))
			block.FillColor = fade(block.FillColor, 0.35+0.65*b.Strength)
			r.objects = append(r.objects, block)
		}
	}
	r.place.FillColor = th.Color(theme.ColorNameForeground, v)
	r.place.Move(fyne.NewPos(scale(t.at)-1, 0))
	r.place.Resize(fyne.NewSize(2, r.MinSize().Height))
	r.place.Hidden = t.length <= 0
	r.objects = append(r.objects, r.place)
	canvas.Refresh(t)
}

// Objects is for Fyne.
func (r *timelineRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy is for Fyne.
func (r *timelineRenderer) Destroy() {}
