// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// notesView shows the notes of a case, and takes new ones. A note cannot be changed: it is part of the record.
type notesView struct {
	window *Window
	object fyne.CanvasObject
	caseID string
	feed   *desk.Feed[storage.Note]
	list   *fyne.Container
	entry  *widget.Entry
}

func newNotesView(w *Window) *notesView {
	v := &notesView{window: w, list: container.NewVBox(), entry: widget.NewMultiLineEntry()}
	v.entry.SetPlaceHolder(lang.L("What was seen, done or decided. A note is dated and cannot be changed later."))
	v.entry.Wrapping = fyne.TextWrapWord
	v.entry.SetMinRowsVisible(3)
	write := widget.NewButtonWithIcon(lang.L("Write note"), theme.DocumentCreateIcon(), v.write)
	below := container.NewBorder(nil, nil, nil, container.NewCenter(write), v.entry)
	v.object = container.NewBorder(nil, container.NewPadded(below), nil, nil, container.NewVScroll(container.NewPadded(v.list)))
	return v
}

// show shows the notes of a case.
func (v *notesView) show(caseID string) {
	if v.caseID == caseID && v.feed != nil {
		v.feed.Reload()
		return
	}
	if v.feed != nil {
		v.feed.Close()
	}
	v.caseID = caseID
	changes := &refresher{do: v.changed}
	v.feed = desk.NewFeed(func(ctx context.Context, last *storage.Note) ([]storage.Note, error) {
		id := func(n storage.Note) string { return n.ID }
		return v.window.engine.Notes(ctx, caseID, pageAfter(last, id, 1000))
	}, changes.ask)
	v.feed.Len()
}

func (v *notesView) changed() {
	if _, _, err := v.feed.Status(); err != nil {
		v.window.fail(err)
		return
	}
	v.list.RemoveAll()
	for i := range v.feed.Len() {
		if n, ok := v.feed.At(i); ok {
			head := strings.Trim(moment(n.CreatedAt)+" · "+n.Author, " ·")
			v.list.Add(widgets.NewPanel(container.NewVBox(widgets.Quiet(head), widgets.Prose(n.Text)), ""))
		}
	}
	if v.feed.Len() == 0 {
		v.list.Add(widgets.Quiet(lang.L("No notes yet.")))
	}
	v.list.Refresh()
}

// write adds what was typed.
func (v *notesView) write() {
	text, author := strings.TrimSpace(v.entry.Text), v.window.app.Preferences().String(prefExaminer)
	if text == "" {
		v.window.win.Canvas().Focus(v.entry)
		return
	}
	caseID := v.caseID
	background(v.window, func(ctx context.Context) (storage.Note, error) {
		return v.window.engine.AddNote(ctx, caseID, author, text)
	}, func(_ storage.Note, err error) {
		v.window.fail(err)
		if err == nil {
			v.entry.SetText("")
			v.window.current.refresh()
		}
	})
}
