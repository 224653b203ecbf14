// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// TimeBars shows how many things happened in each of a row of equal times.
type TimeBars struct {
	widget.BaseWidget
	Counts   []int
	From, To string           // the times at the ends, in words
	Tell     func(int) string // what is said of a bar under the pointer

	said *canvas.Text
}

// NewTimeBars makes an empty row.
func NewTimeBars() *TimeBars {
	b := &TimeBars{said: canvas.NewText("", nil)}
	b.ExtendBaseWidget(b)
	return b
}

var _ desktop.Hoverable = (*TimeBars)(nil)

// MouseIn is for Fyne.
func (b *TimeBars) MouseIn(e *desktop.MouseEvent) { b.tell(e.Position.X) }

// MouseMoved is for Fyne.
func (b *TimeBars) MouseMoved(e *desktop.MouseEvent) { b.tell(e.Position.X) }

// MouseOut is for Fyne.
func (b *TimeBars) MouseOut() { b.say("") }

func (b *TimeBars) tell(x float32) {
	bar := int(x / max(b.Size().Width, 1) * float32(len(b.Counts)))
	if b.Tell == nil || bar < 0 || bar >= len(b.Counts) {
		b.say("")
		return
	}
	b.say(b.Tell(bar))
}

func (b *TimeBars) say(words string) {
	if b.said.Text != words {
		b.said.Text = words
		canvas.Refresh(b.said)
	}
}

// CreateRenderer is for Fyne.
func (b *TimeBars) CreateRenderer() fyne.WidgetRenderer {
	r := &timeBarsRenderer{bars: b}
	r.Refresh()
	return r
}

type timeBarsRenderer struct {
	bars    *TimeBars
	objects []fyne.CanvasObject
}

const barsRow = 17 // height of the words above and below

// MinSize is for Fyne.
func (r *timeBarsRenderer) MinSize() fyne.Size { return fyne.NewSize(180, 2*barsRow+40) }

// Layout is for Fyne.
func (r *timeBarsRenderer) Layout(fyne.Size) { r.Refresh() }

// Refresh builds the picture anew: there are at most some sixty bars.
func (r *timeBarsRenderer) Refresh() {
	b := r.bars
	th, v := b.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	small, quiet := th.Size(theme.SizeNameCaptionText), th.Color(look.ColorQuiet, v)
	size := b.Size()
	most := 1
	for _, n := range b.Counts {
		most = max(most, n)
	}
	base := size.Height - barsRow
	room := max(base-barsRow, 1)
	r.objects = r.objects[:0]
	wide := size.Width / float32(max(len(b.Counts), 1))
	for i, n := range b.Counts {
		if n > 0 {
			h := max(room*float32(n)/float32(most), 2)
			r.objects = append(r.objects, box(float32(i)*wide+0.5, base-h, max(wide-1, 1), h, th.Color(theme.ColorNamePrimary, v)))
		}
	}
	r.objects = append(r.objects, line(0, base, size.Width, base, 1, quiet),
		write(b.From, 0, base+1, small, fyne.TextAlignLeading, quiet),
		write(b.To, size.Width, base+1, small, fyne.TextAlignTrailing, quiet))
	b.said.Color, b.said.TextSize = th.Color(theme.ColorNameForeground, v), small
	b.said.Move(fyne.NewPos(0, 0))
	r.objects = append(r.objects, b.said)
	canvas.Refresh(b)
}

// Objects is for Fyne.
func (r *timeBarsRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy is for Fyne.
func (r *timeBarsRenderer) Destroy() {}
