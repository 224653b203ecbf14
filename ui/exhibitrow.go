// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"cmp"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// exhibitRow is a row of the list of exhibits: a mark, the name, the answer and the size; or a heading.
type exhibitRow struct {
	widget.BaseWidget
	heading *widget.RichText
	check   *widget.Check
	name    *widget.Label
	size    *widget.RichText
	badge   *widgets.Badge
	body    *fyne.Container
}

func (v *exhibitList) newRow() fyne.CanvasObject {
	r := &exhibitRow{
		heading: widgets.Strong(""), check: widget.NewCheck("", nil), name: widget.NewLabel(""), size: widgets.Quiet(""),
		badge: widgets.NewBadge(),
	}
	r.name.Truncation, r.name.TextStyle.Bold = fyne.TextTruncateEllipsis, true
	second := container.New(&sharesLayout{0.7}, r.badge, r.size)
	r.body = container.NewBorder(nil, nil, container.NewCenter(r.check), nil, container.NewVBox(r.name, second))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer is for Fyne.
func (r *exhibitRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(container.NewCenter(r.heading), r.body))
}

// update fills the row: it is used again for other exhibits.
func (v *exhibitList) update(i int, o fyne.CanvasObject) {
	r, isRow := o.(*exhibitRow)
	if !isRow || i >= len(v.rows) {
		return
	}
	heading := v.rows[i].Heading
	r.heading.Hidden, r.body.Hidden = heading == "", heading != ""
	if heading != "" {
		widgets.SetText(r.heading, fmt.Sprintf("%s (%d)", headingWords(v.by, heading), v.rows[i].Count))
		return
	}
	x, ok := v.at(i)
	if !ok {
		return
	}
	r.check.OnChanged = nil
	r.check.SetChecked(v.marked[x.ID])
	r.check.OnChanged = func(on bool) { v.mark(x.ID, on) }
	r.name.SetText(x.FileName)
	word, look := answerOf(&x)
	r.badge.Set(look.icon, word, look.color)
	widgets.SetText(r.size, size(x.Size))
}

// headingWords are those of the heading over exhibits that were laid out in an order.
func headingWords(by desk.Order, heading string) string {
	if by != desk.ByAnswer {
		return heading
	}
	switch v := storage.Verdict(heading); v {
	case storage.Found, storage.Marked, storage.Inconclusive, storage.None, storage.Failed:
		return verdictOf(v, storage.Success).word
	case storage.NoVerdict:
	}
	return heading
}

// answerOf says in a few words what the latest examination of an exhibit gave: the tag, where one was named.
func answerOf(x *engine.Exhibit) (string, verdict) {
	b, ok := desk.Latest(x)
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
