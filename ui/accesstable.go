// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/desk"
)

// accessTable is the table of accesses, sorted by its headings. Only the cells that can be seen exist.
type accessTable struct {
	view  *accessesView
	table *widget.Table
}

func newAccessTable(view *accessesView) *accessTable {
	t := &accessTable{view: view}
	t.table = widget.NewTableWithHeaders(func() (int, int) { return view.rows.Len(), int(desk.Columns) },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		}, t.cell)
	t.table.ShowHeaderColumn = false
	t.table.CreateHeader = func() fyne.CanvasObject {
		b := widget.NewButton("", nil)
		b.Importance, b.Alignment = widget.LowImportance, widget.ButtonAlignLeading
		return b
	}
	t.table.UpdateHeader = t.header
	for i, width := range [desk.Columns]float32{150, 130, 150, 160, 90, 100, 90, 320, 120} {
		t.table.SetColumnWidth(i, width)
	}
	return t
}

func (t *accessTable) cell(id widget.TableCellID, o fyne.CanvasObject) {
	l, ok := o.(*widget.Label)
	if !ok || id.Row >= t.view.rows.Len() {
		return
	}
	c := desk.Column(id.Col)
	text := t.view.rows.Cell(id.Row, c)
	l.TextStyle, l.Importance = fyne.TextStyle{Monospace: c == desk.Address}, widget.MediumImportance
	if t.view.rows.Hosted(id.Row) && (c == desk.Address || c == desk.Network) { // not where a viewer sits
		l.Importance = widget.WarningImportance
	}
	if c == desk.Network {
		text = networkWords(text)
	}
	l.SetText(text)
}

// header is a button that sorts.
func (t *accessTable) header(id widget.TableCellID, o fyne.CanvasObject) {
	b, ok := o.(*widget.Button)
	if !ok || id.Col < 0 {
		return
	}
	c := desk.Column(id.Col)
	text := columnName(c)
	if by, down := t.view.rows.Sorted(); by == c && down {
		text += " ▼"
	} else if by == c {
		text += " ▲"
	}
	b.OnTapped = func() {
		t.view.rows.Sort(c)
		t.table.Refresh()
	}
	b.SetText(text)
}

// networkWords says what kind of network it is; what has no words stays as it is.
func networkWords(kind string) string { return cmp.Or(wording().NetworkType(kind), kind) }

func columnName(c desk.Column) string {
	return [desk.Columns]string{
		lang.L("Address"), lang.L("Country"), lang.L("Network"), lang.L("First access (UTC)"), lang.L("Obtained"), lang.L("Resolution"),
		lang.L("Streamed"), lang.L("User agent"), lang.L("Accept-Language"),
	}[c]
}
