// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// recipientsView lists for whom a title has IDs, and which copies they were given when.
type recipientsView struct {
	window *Window
	object *fyne.Container
	title  string
	feed   *desk.Feed[desk.Recipient]
	table  *widget.Table
	empty  fyne.CanvasObject
}

func newRecipientsView(w *Window) *recipientsView {
	v := &recipientsView{window: w}
	v.empty = widgets.Hint(lang.L("Nobody yet. Issue a marked copy, or import IDs from a CSV file with a column tag, and if wanted name, " +
		"company, email and note."))
	v.table = widget.NewTableWithHeaders(v.size, newCell, func(id widget.TableCellID, o fyne.CanvasObject) {
		l, ok := o.(*widget.Label)
		if r, there := v.feed.At(id.Row); ok && there {
			l.SetText(r.Cell(desk.RecipientColumn(id.Col)))
		}
	})
	v.table.ShowHeaderColumn = false
	v.table.UpdateHeader = func(id widget.TableCellID, o fyne.CanvasObject) {
		if l, ok := o.(*widget.Label); ok && id.Col >= 0 {
			l.TextStyle.Bold = true
			l.SetText(recipientColumn(desk.RecipientColumn(id.Col)))
		}
	}
	for i, width := range [desk.RecipientColumns]float32{200, 110, 120, 140, 270, 80, 80} {
		v.table.SetColumnWidth(i, width)
	}
	v.object = container.NewStack(v.empty)
	return v
}

// recipientsRead is how many recipients are read without anybody scrolling: a search finds the others.
const recipientsRead = 100_000

// newCell is a cell of a table of text.
func newCell() fyne.CanvasObject {
	l := widget.NewLabel("")
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

func recipientColumn(c desk.RecipientColumn) string {
	return [desk.RecipientColumns]string{
		lang.L("Watermark ID"), lang.L("Name"), lang.L("Company"), lang.L("Issued (UTC)"), lang.L("Copy"),
		lang.L("Strength"), lang.L("PSNR"),
	}[c]
}

func (v *recipientsView) size() (rows, columns int) {
	if v.feed != nil {
		rows = v.feed.Len()
	}
	return rows, int(desk.RecipientColumns)
}

// show lists the recipients of a title.
func (v *recipientsView) show(titleID string) {
	if v.title == titleID && v.feed != nil {
		v.feed.Reload()
		return
	}
	if v.feed != nil {
		v.feed.Close()
	}
	v.title = titleID
	changes := &refresher{do: v.changed}
	v.feed = desk.NewFeed(desk.Recipients(v.window.engine, titleID), changes.ask)
	v.feed.Len()
}

func (v *recipientsView) changed() {
	loading, whole, err := v.feed.Status()
	v.window.fail(err)
	if !loading && !whole && err == nil && v.feed.Len() < recipientsRead {
		v.feed.At(v.feed.Len() - 1) // a long table does not scroll to its very end, which would have more read
	}
	var shown fyne.CanvasObject = v.table
	if v.feed.Len() == 0 {
		shown = v.empty
	}
	if v.object.Objects[0] != shown {
		v.object.Objects[0] = shown
		v.object.Refresh()
	}
	v.table.Refresh()
}
