// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// accessTable is the table of accesses, sorted by its headings. Only the cells that can be seen exist.
type accessTable struct {
	view  *accessesView
	table *widgets.Table
}

func newAccessTable(view *accessesView) *accessTable {
	t := &accessTable{view: view}
	t.table = view.window.newTable("accesses", &widgets.TablePlan{
		Widths: []float32{150, 130, 150, 160, 90, 100, 90, 320, 120}, Rows: view.rows.Len, Cell: newCell, UpdateCell: t.cell,
		Head: func() fyne.CanvasObject {
			b := widget.NewButton("", nil)
			b.Importance, b.Alignment = widget.LowImportance, widget.ButtonAlignLeading
			return b
		},
		UpdateHead: t.header,
	})
	return t
}

func (t *accessTable) cell(row, column int, o fyne.CanvasObject) {
	l, ok := o.(*widget.Label)
	if !ok || row >= t.view.rows.Len() {
		return
	}
	c := desk.Column(column)
	text := t.view.rows.Cell(row, c)
	l.TextStyle, l.Importance = fyne.TextStyle{Monospace: c == desk.Address}, widget.MediumImportance
	if t.view.rows.Hosted(row) && (c == desk.Address || c == desk.Network) { // not where a viewer sits
		l.Importance = widget.WarningImportance
	}
	if c == desk.Network {
		text = networkWords(text)
	}
	l.SetText(text)
}

// header is a button that sorts.
func (t *accessTable) header(column int, o fyne.CanvasObject) {
	b, ok := o.(*widget.Button)
	if !ok {
		return
	}
	c := desk.Column(column)
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
