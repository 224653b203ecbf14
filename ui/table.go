// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/widgets"
)

// newTable makes a table whose columns are as wide as they were left, by the table's name.
func (w *Window) newTable(name string, plan *widgets.TablePlan) *widgets.Table {
	prefs, key := w.app.Preferences(), prefColumns+name
	if kept := prefs.FloatList(key); len(kept) == len(plan.Widths) {
		for i, width := range kept {
			plan.Widths[i] = float32(width)
		}
	}
	t := widgets.NewTable(plan)
	t.OnKey = w.typedKey
	t.OnWidths = func(widths []float32) {
		list := make([]float64, len(widths))
		for i, width := range widths {
			list[i] = float64(width)
		}
		prefs.SetFloatList(key, list)
	}
	return t
}

// textTable makes a table of plain text.
func (w *Window) textTable(
	name string, heads []string, widths []float32, rows func() int, cell func(row, column int) string,
) *widgets.Table {
	return w.newTable(name, &widgets.TablePlan{
		Widths: widths, Rows: rows, Cell: newCell, Head: newHead,
		UpdateCell: func(row, column int, o fyne.CanvasObject) {
			if l, ok := o.(*widget.Label); ok && row < rows() {
				l.SetText(cell(row, column))
			}
		},
		UpdateHead: func(column int, o fyne.CanvasObject) {
			if l, ok := o.(*widget.Label); ok {
				l.SetText(heads[column])
			}
		},
	})
}

// newCell is a cell of a table of text.
func newCell() fyne.CanvasObject {
	l := widget.NewLabel("")
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

// newHead is the heading of a column.
func newHead() fyne.CanvasObject {
	l := widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}
