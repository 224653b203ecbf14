// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/ui/desk"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// accessesView shows who fetched the copy of a tag.
type accessesView struct {
	window *Window
	tag    string
	rows   *desk.AccessTable
	table  *widget.Table
	count  *widget.Label
	body   *fyne.Container
}

// accessesOf asks the logs about a tag and shows what they tell.
func accessesOf(w *Window, tag string) fyne.CanvasObject {
	v := &accessesView{window: w, tag: tag, rows: desk.NewAccessTable(nil), count: widget.NewLabel(""), body: container.NewVBox()}
	background(w, func(ctx context.Context) (engine.TagAccesses, error) { return w.engine.Accesses(ctx, tag, "") }, v.fill)
	return v.body
}

func (v *accessesView) fill(got engine.TagAccesses, err error) {
	v.body.Add(widgets.Subheading(lang.L("Who fetched this copy")))
	switch {
	case err != nil:
		v.body.Add(widgets.Prose(err.Error()))
	case len(got.AccessStats) == 0:
		v.body.Add(widgets.Quiet(lang.L("No imported log tells of this ID. Access logs are imported at their own place (Ctrl+4).")))
	default:
		v.fillTable(got)
	}
	v.body.Refresh()
}

func (v *accessesView) fillTable(got engine.TagAccesses) {
	for _, o := range got.Observations {
		icon := widget.NewIcon(theme.NewColoredResource(theme.WarningIcon(), look.ColorMarked))
		v.body.Add(container.NewBorder(nil, nil, container.NewVBox(icon), nil, widgets.Prose(o.Text)))
	}
	v.rows = desk.NewAccessTable(got.AccessStats)
	filter := widget.NewEntry()
	filter.SetPlaceHolder(lang.L("Filter: country, network, address…"))
	filter.OnChanged = func(s string) {
		v.rows.Filter(s)
		v.refresh()
	}
	v.makeTable()
	v.body.Add(container.NewBorder(nil, nil, nil, v.count, filter))
	room := canvas.NewRectangle(nil)
	room.SetMinSize(fyne.NewSize(0, 34*float32(min(len(got.AccessStats), 8)+1)+16))
	v.body.Add(container.NewStack(room, v.table))
	v.body.Add(widgets.Quiet(lang.L("An address names a connection at a time, not a person.")))
	v.refresh()
}

func (v *accessesView) makeTable() {
	v.table = widget.NewTableWithHeaders(func() (int, int) { return v.rows.Len(), int(desk.Columns) },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		},
		func(id widget.TableCellID, o fyne.CanvasObject) {
			if l, ok := o.(*widget.Label); ok && id.Row < v.rows.Len() {
				c := desk.Column(id.Col)
				l.TextStyle = fyne.TextStyle{Monospace: c == desk.Address}
				l.SetText(v.rows.Cell(id.Row, c))
			}
		})
	v.table.ShowHeaderColumn = false
	v.table.CreateHeader = func() fyne.CanvasObject {
		b := widget.NewButton("", nil)
		b.Importance, b.Alignment = widget.LowImportance, widget.ButtonAlignLeading
		return b
	}
	v.table.UpdateHeader = v.header
	for i, width := range [desk.Columns]float32{150, 120, 70, 170, 90, 100, 90, 320, 120} {
		v.table.SetColumnWidth(i, width)
	}
}

// header is a button that sorts.
func (v *accessesView) header(id widget.TableCellID, o fyne.CanvasObject) {
	b, ok := o.(*widget.Button)
	if !ok || id.Col < 0 {
		return
	}
	c := desk.Column(id.Col)
	text := columnName(c)
	if by, down := v.rows.Sorted(); by == c && down {
		text += " ▼"
	} else if by == c {
		text += " ▲"
	}
	b.OnTapped = func() {
		v.rows.Sort(c)
		v.refresh()
	}
	b.SetText(text)
}

func columnName(c desk.Column) string {
	return [desk.Columns]string{
		lang.L("Address"), lang.L("Country"), lang.L("Network"), lang.L("First access (UTC)"), lang.L("Obtained"), lang.L("Resolution"),
		lang.L("Streamed"), lang.L("User agent"), lang.L("Accept-Language"),
	}[c]
}

func (v *accessesView) refresh() {
	v.count.SetText(fmt.Sprintf(lang.L("%d of %d clients"), v.rows.Len(), v.rows.All()))
	v.table.Refresh()
}
