// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// recipientsView lists for whom a title has IDs, and which copies they were given when.
type recipientsView struct {
	window *Window
	object *fyne.Container
	title  string
	feed   *desk.Feed[desk.Recipient]
	table  *widgets.Table
	empty  fyne.CanvasObject
}

func newRecipientsView(w *Window) *recipientsView {
	v := &recipientsView{window: w}
	v.empty = widgets.Hint(lang.L("Nobody yet. Issue a marked copy, or import IDs from a CSV file with a column tag, and if wanted name, " +
		"company, email and note."))
	v.table = w.textTable("recipients", recipientHeads(), []float32{200, 110, 120, 140, 270, 80, 80}, v.rows,
		func(row, column int) string {
			r, _ := v.feed.At(row)
			return r.Cell(desk.RecipientColumn(column))
		})
	v.object = container.NewStack(v.empty)
	return v
}

// recipientsRead is how many recipients are read without anybody scrolling: a search finds the others.
const recipientsRead = 100_000

func recipientHeads() []string {
	return []string{
		lang.L("Watermark ID"), lang.L("Name"), lang.L("Company"), lang.L("Issued (UTC)"), lang.L("Copy"),
		lang.L("Strength"), lang.L("PSNR"),
	}
}

func (v *recipientsView) rows() int {
	if v.feed == nil {
		return 0
	}
	return v.feed.Len()
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
		v.feed.At(v.feed.Len() - 1) // so that the length of the bar beside the table is true
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
