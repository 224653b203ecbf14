// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"fmt"
	"image/color"
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
	Label    string  // written into the block where there is room
	Words    string  // what is said of it under the pointer
}

// Timeline shows over the length of a leak what was found where, a lane for each thing, and the place that is looked
// at. A tap goes to a place, and so do the arrow keys, page up and down, home and end. What lies under the pointer is
// said in words below.
type Timeline struct {
	widget.BaseWidget
	OnSeek func(time.Duration)

	length, at time.Duration
	lanes      []Lane
	focused    bool
	place      *canvas.Rectangle
	said       *canvas.Text
}

// NewTimeline makes an empty timeline.
func NewTimeline() *Timeline {
	t := &Timeline{place: canvas.NewRectangle(nil), said: canvas.NewText("", nil)}
	t.ExtendBaseWidget(t)
	return t
}

var (
	_ fyne.Tappable      = (*Timeline)(nil)
	_ fyne.Draggable     = (*Timeline)(nil)
	_ fyne.Focusable     = (*Timeline)(nil)
	_ desktop.Cursorable = (*Timeline)(nil)
	_ desktop.Hoverable  = (*Timeline)(nil)
)

// Set shows lanes over a length.
func (t *Timeline) Set(length time.Duration, lanes []Lane) {
	t.length, t.lanes, t.said.Text = length, lanes, ""
	t.Refresh()
}

// Look moves the line that says which place is looked at.
func (t *Timeline) Look(at time.Duration) {
	t.at = at
	t.movePlace()
	canvas.Refresh(t.place)
}

const (
	laneHeight = 22
	laneName   = 150 // width of the names
	axisHeight = 18
	saidHeight = 18
)

// Tapped is for Fyne.
func (t *Timeline) Tapped(e *fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(t); c != nil {
		c.Focus(t)
	}
	t.seek(t.timeAt(e.Position.X))
}

// Dragged is for Fyne.
func (t *Timeline) Dragged(e *fyne.DragEvent) { t.seek(t.timeAt(e.Position.X)) }

// DragEnd is for Fyne.
func (t *Timeline) DragEnd() {}

// Cursor is for Fyne.
func (t *Timeline) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn is for Fyne.
func (t *Timeline) MouseIn(e *desktop.MouseEvent) { t.tell(e.Position) }

// MouseMoved is for Fyne.
func (t *Timeline) MouseMoved(e *desktop.MouseEvent) { t.tell(e.Position) }

// MouseOut is for Fyne.
func (t *Timeline) MouseOut() { t.say("") }

// FocusGained is for Fyne.
func (t *Timeline) FocusGained() {
	t.focused = true
	t.Refresh()
}

// FocusLost is for Fyne.
func (t *Timeline) FocusLost() {
	t.focused = false
	t.Refresh()
}

// TypedRune is for Fyne.
func (t *Timeline) TypedRune(rune) {}

// TypedKey goes to another place.
func (t *Timeline) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		t.seek(t.at - time.Second)
	case fyne.KeyRight:
		t.seek(t.at + time.Second)
	case fyne.KeyPageUp:
		t.seek(t.at - 10*time.Second)
	case fyne.KeyPageDown:
		t.seek(t.at + 10*time.Second)
	case fyne.KeyHome:
		t.seek(0)
	case fyne.KeyEnd:
		t.seek(t.length)
	default:
	}
}

// timeAt is the time at a place from the left.
func (t *Timeline) timeAt(x float32) time.Duration {
	share := (x - laneName) / max(t.Size().Width-laneName, 1)
	return time.Duration(float64(min(max(share, 0), 1)) * float64(t.length))
}

func (t *Timeline) seek(at time.Duration) {
	if t.OnSeek != nil && t.length > 0 {
		t.OnSeek(min(max(at, 0), t.length))
	}
}

// tell says what is under the pointer.
func (t *Timeline) tell(at fyne.Position) {
	row := int(at.Y / laneHeight)
	if row < 0 || row >= len(t.lanes) || t.length <= 0 {
		t.say("")
		return
	}
	lane, when := &t.lanes[row], t.timeAt(at.X)
	words := lane.Name
	if at.X > laneName {
		words = axisTime(when) + "  ·  " + words
		for _, b := range lane.Blocks {
			if when >= b.From && when < b.To && b.Words != "" {
				words += "  ·  " + b.Words
				break
			}
		}
	}
	t.say(words)
}

func (t *Timeline) say(words string) {
	if t.said.Text != words {
		t.said.Text = words
		canvas.Refresh(t.said)
	}
}

func (t *Timeline) movePlace() {
	width := max(t.Size().Width-laneName, 1)
	t.place.Move(fyne.NewPos(laneName+width*float32(float64(t.at)/float64(max(t.length, 1)))-1, 0))
	t.place.Resize(fyne.NewSize(2, laneHeight*float32(len(t.lanes))))
	t.place.Hidden = t.length <= 0 || len(t.lanes) == 0
}

// CreateRenderer is for Fyne.
func (t *Timeline) CreateRenderer() fyne.WidgetRenderer {
	r := &timelineRenderer{timeline: t}
	r.Refresh()
	return r
}

type timelineRenderer struct {
	timeline *Timeline
	objects  []fyne.CanvasObject
}

// MinSize is for Fyne.
func (r *timelineRenderer) MinSize() fyne.Size {
	return fyne.NewSize(laneName+120, laneHeight*float32(max(len(r.timeline.lanes), 1))+axisHeight+saidHeight)
}

// Layout is for Fyne.
func (r *timelineRenderer) Layout(fyne.Size) { r.Refresh() }

// Refresh builds the picture anew.
func (r *timelineRenderer) Refresh() {
	t := r.timeline
	th, v := t.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	small, width := th.Size(theme.SizeNameCaptionText), max(t.Size().Width-laneName, 1)
	scale := func(d time.Duration) float32 { return laneName + width*float32(float64(d)/float64(max(t.length, 1))) }
	r.objects = r.objects[:0]
	if t.focused {
		ring := box(laneName, 1, width, laneHeight*float32(len(t.lanes))-2, nil)
		ring.StrokeColor, ring.StrokeWidth, ring.CornerRadius = th.Color(theme.ColorNamePrimary, v), 1.5, 3
		r.objects = append(r.objects, ring)
	}
	for i, lane := range t.lanes {
		y := float32(i) * laneHeight
		r.objects = append(r.objects,
			write(cut(lane.Name, laneName-12, small), 0, y+3, small, fyne.TextAlignLeading, th.Color(look.ColorQuiet, v)),
			box(laneName, y+4, width, laneHeight-8, th.Color(theme.ColorNameSeparator, v)))
		for _, b := range lane.Blocks {
			from, to := scale(b.From), scale(b.To)
			block := box(from, y+4, max(to-from, 2), laneHeight-8, th.Color(lane.Color, v))
			block.FillColor = fade(block.FillColor, 0.12+0.88*b.Strength)
			r.objects = append(r.objects, block)
			if text := fyne.MeasureText(b.Label, small, fyne.TextStyle{}).Width; b.Label != "" && text+8 < to-from {
				ink := th.Color(theme.ColorNameForeground, v)
				r.objects = append(r.objects, write(b.Label, (from+to)/2, y+2.5, small, fyne.TextAlignCenter, ink))
			}
		}
	}
	r.axis(th.Color(look.ColorQuiet, v), small, scale)
	t.said.Color, t.said.TextSize = th.Color(theme.ColorNameForeground, v), small
	t.said.Move(fyne.NewPos(laneName, laneHeight*float32(len(t.lanes))+axisHeight))
	t.place.FillColor = th.Color(theme.ColorNameForeground, v)
	t.movePlace()
	r.objects = append(r.objects, t.said, t.place)
	canvas.Refresh(t)
}

// axis writes round times under the lanes.
func (r *timelineRenderer) axis(c color.Color, small float32, scale func(time.Duration) float32) {
	t := r.timeline
	if t.length <= 0 || len(t.lanes) == 0 {
		return
	}
	y := laneHeight * float32(len(t.lanes))
	step := axisStep(t.length, int(max(t.Size().Width-laneName, 1)/90))
	for d := time.Duration(0); d <= t.length; d += step {
		x, align := scale(d), fyne.TextAlignCenter
		switch width := fyne.MeasureText(axisTime(d), small, fyne.TextStyle{}).Width; {
		case d == 0:
			align = fyne.TextAlignLeading
		case x+width/2 > t.Size().Width:
			align = fyne.TextAlignTrailing
		}
		r.objects = append(r.objects, line(x, y-2, x, y+2, 1, c), write(axisTime(d), x, y+2, small, align, c))
	}
}

// axisStep is a round time of which at most so many go into a length.
func axisStep(length time.Duration, most int) time.Duration {
	for _, s := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
		10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour,
	} {
		if length/s <= time.Duration(max(most, 1)) {
			return s
		}
	}
	return length
}

// axisTime is a place in a video, such as 1:02 or 1:01:02.
func axisTime(d time.Duration) string {
	s := int64(d / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Objects is for Fyne.
func (r *timelineRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy is for Fyne.
func (r *timelineRenderer) Destroy() {}
