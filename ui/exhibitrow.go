// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"cmp"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/ui/widgets"
)

// exhibitRow is a row of the list of exhibits: the name, the answer and the size.
type exhibitRow struct {
	widget.BaseWidget
	name  *widget.Label
	size  *widget.RichText
	badge *widgets.Badge
}

func newExhibitRow() fyne.CanvasObject {
	r := &exhibitRow{name: widget.NewLabel(""), size: widgets.Quiet(""), badge: widgets.NewBadge()}
	r.name.Truncation, r.name.TextStyle.Bold = fyne.TextTruncateEllipsis, true
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer is for Fyne.
func (r *exhibitRow) CreateRenderer() fyne.WidgetRenderer {
	second := container.New(&sharesLayout{0.7}, r.badge, r.size)
	return widget.NewSimpleRenderer(container.NewVBox(r.name, second))
}

// update fills the row: it is used again for other exhibits.
func (v *caseView) update(i int, o fyne.CanvasObject) {
	x, ok := v.exhibits.At(i)
	r, isRow := o.(*exhibitRow)
	if !ok || !isRow {
		return
	}
	r.name.SetText(x.FileName)
	word, look := answerOf(x)
	r.badge.Set(look.icon, word, look.color)
	widgets.SetText(r.size, size(x.Size))
}

// answerOf says in a few words what the latest examination of an exhibit gave: the tag, where one was named.
func answerOf(x engine.Exhibit) (string, verdict) {
	b, ok := latest(x)
	if !ok {
		v := verdictOf("", "")
		return v.word, v
	}
	v := verdictOf(b.Verdict, b.Status)
	if len(b.Findings) > 0 {
		return cmp.Or(b.Findings[0].TagText, v.word), v
	}
	return v.word, v
}

// latest is the examination to show first: the last one that was finished, else the last.
func latest(x engine.Exhibit) (engine.Backtrace, bool) {
	for _, b := range slices.Backward(x.Backtraces) {
		if b.Status.Final() {
			return b, true
		}
	}
	if n := len(x.Backtraces); n > 0 {
		return x.Backtraces[n-1], true
	}
	return engine.Backtrace{}, false
}

// sharesLayout gives the first of two objects a share of the width and the second the rest.
type sharesLayout struct{ first float32 }

// Layout is for Fyne.
func (l *sharesLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := size.Width * l.first
	objects[0].Resize(fyne.NewSize(w, size.Height))
	objects[1].Resize(fyne.NewSize(size.Width-w, size.Height))
	objects[1].Move(fyne.NewPos(w, 0))
}

// MinSize is for Fyne.
func (l *sharesLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+b.Width, max(a.Height, b.Height))
}
