// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets_test

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"spoor/ui/look"
	"spoor/ui/widgets"
)

// listed is a table that takes down which of its rows were filled in last.
type listed struct {
	*widgets.Table
	cells map[fyne.CanvasObject]int // rows by what shows them
}

func newListed(t *testing.T, rows int) *listed {
	t.Helper()
	l := &listed{cells: map[fyne.CanvasObject]int{}}
	label := func() fyne.CanvasObject { return widget.NewLabel("") }
	l.Table = widgets.NewTable(&widgets.TablePlan{
		Widths: []float32{200, 100}, Rows: func() int { return rows }, Cell: label, Head: label,
		UpdateCell: func(row, _ int, cell fyne.CanvasObject) { l.cells[cell] = row },
		UpdateHead: func(column int, head fyne.CanvasObject) { head.(*widget.Label).SetText(fmt.Sprint("Column ", column)) },
	})
	w := test.NewTempWindow(t, l.Table)
	w.Resize(fyne.NewSize(500, 400))
	return l
}

// shows tells whether a row can be seen.
func (l *listed) shows(row int) bool {
	for _, r := range l.cells {
		if r == row {
			return true
		}
	}
	return false
}

func TestTheLastRowOfALongTableIsReached(t *testing.T) {
	for _, rows := range []int{1, 30, 100_000, 1_000_000} {
		for _, scale := range []float32{0.8, 1, 1.25, 1.5, 2} {
			t.Run(fmt.Sprint(rows, " rows at ", scale), func(t *testing.T) {
				app := test.NewTempApp(t)
				app.Settings().SetTheme(look.New(look.Light, scale))
				l := newListed(t, rows)
				l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
				require.True(t, l.shows(rows-1))
				for cell, row := range l.cells {
					if row == rows-1 {
						box := fyne.CurrentApp().Driver().AbsolutePositionForObject(cell)
						require.LessOrEqual(t, box.Y+cell.Size().Height, float32(400)+1, "all of it can be seen")
						require.GreaterOrEqual(t, box.Y, float32(0))
					}
				}
				l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
				require.True(t, l.shows(0))
			})
		}
	}
}

func TestATableTellsTheWidthsOfItsColumns(t *testing.T) {
	test.NewTempApp(t)
	l := newListed(t, 10)
	var told []float32
	l.OnWidths = func(widths []float32) { told = widths }
	l.Refresh()
	require.Nil(t, told, "nothing has changed")
	at := fyne.NewPos(202, 8) // the gap after the first column
	l.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}})
	l.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonPrimary})
	l.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(60, 0)}})
	l.DragEnd()
	require.Equal(t, []float32{260, 100}, told)
}

func TestATableLeavesKeysToTheWindow(t *testing.T) {
	test.NewTempApp(t)
	l := newListed(t, 1000)
	var got []fyne.KeyName
	l.OnKey = func(e *fyne.KeyEvent) { got = append(got, e.Name) }
	for _, key := range []fyne.KeyName{fyne.KeyDelete, fyne.KeyPageDown, fyne.KeyPageDown, fyne.KeyF5, fyne.KeyDown, fyne.KeyEscape} {
		l.TypedKey(&fyne.KeyEvent{Name: key})
	}
	require.Equal(t, []fyne.KeyName{fyne.KeyDelete, fyne.KeyF5, fyne.KeyEscape}, got)
	require.True(t, l.shows(18), "two pages further")
}
