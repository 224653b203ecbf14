// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// caseView shows one case: its exhibits at the left, the chosen one at the right.
type caseView struct {
	window   *Window
	object   fyne.CanvasObject
	body     *fyne.Container
	shown    engine.Case
	exhibits *desk.Feed[engine.Exhibit]
	list     *widget.List
	heading  *widget.Label
	counts   *widget.RichText
	exhibit  *exhibitView
	notes    *notesView
	split    *container.Split
	chosen   string // id of the exhibit that is shown
	empty    fyne.CanvasObject
	filled   fyne.CanvasObject
}

func newCaseView(w *Window) *caseView {
	v := &caseView{window: w, heading: widgets.Heading(""), counts: widgets.Quiet(""), exhibit: newExhibitView(w), notes: newNotesView(w)}
	v.list = widget.NewList(v.length, newExhibitRow, v.update)
	v.list.OnSelected = v.choose
	v.split = container.NewHSplit(v.list, v.exhibit.object)
	v.split.Offset = 0.34
	open := widget.NewButtonWithIcon(lang.L("Open a leak…"), theme.FileVideoIcon(), w.chooseLeak)
	open.Importance = widget.HighImportance
	v.empty = widgets.Empty(theme.DownloadIcon(), lang.L("Drop a leak here"),
		lang.L("A video, a phone recording of a screen, a picture: drop it anywhere on this window. Spoor finds out which title it "+
			"shows and whose copy it was. The file itself is never changed."), open)
	add := widget.NewButtonWithIcon(lang.L("Open a leak…"), theme.ContentAddIcon(), w.chooseLeak)
	head := container.NewBorder(nil, nil, nil, container.NewCenter(add), container.NewVBox(v.heading, v.counts))
	v.filled = v.split
	v.body = container.NewStack(v.empty)
	tabs := container.NewAppTabs(
		container.NewTabItemWithIcon(lang.L("Exhibits"), theme.FileVideoIcon(), v.body),
		container.NewTabItemWithIcon(lang.L("Notes"), theme.DocumentIcon(), v.notes.object),
	)
	v.object = container.NewBorder(container.NewPadded(head), nil, nil, nil, tabs)
	return v
}

// caseID is the id of the case that is shown; "" before there is one.
func (v *caseView) caseID() string { return v.shown.ID }

// open shows a case, anew where it is shown already.
func (v *caseView) open(idOrName string) {
	background(v.window, func(ctx context.Context) (engine.Case, error) { return v.window.engine.Case(ctx, idOrName) },
		func(c engine.Case, err error) {
			if err != nil {
				v.window.fail(err)
				return
			}
			v.show(c)
		})
}

func (v *caseView) show(c engine.Case) {
	other := v.shown.ID != c.ID
	v.shown = c
	name := c.Name
	if name == storage.Inbox {
		name = lang.L("Inbox")
	}
	v.heading.SetText(name)
	widgets.SetText(v.counts, caseWords(c))
	v.notes.show(c.ID)
	if other {
		v.watch(c.ID)
		return
	}
	v.exhibits.Reload()
	v.exhibit.reload()
}

// watch reads the exhibits of a case.
func (v *caseView) watch(caseID string) {
	if v.exhibits != nil {
		v.exhibits.Close()
	}
	v.chosen = ""
	v.list.UnselectAll()
	v.exhibit.clear()
	changes := &refresher{do: v.exhibitsChanged}
	v.exhibits = desk.NewFeed(func(ctx context.Context, last *engine.Exhibit) ([]engine.Exhibit, error) {
		id := func(x engine.Exhibit) string { return x.ID }
		return v.window.engine.Exhibits(ctx, caseID, pageAfter(last, id, 200))
	}, changes.ask)
	v.exhibits.Len()
}

func (v *caseView) exhibitsChanged() {
	if _, _, err := v.exhibits.Status(); err != nil {
		v.window.fail(err)
	}
	v.workChanged()
	if v.chosen == "" && v.length() > 0 {
		v.list.UnselectAll()
		v.list.Select(0)
	}
}

// workChanged shows the list anew. Files that are only waiting are no exhibits yet: the status bar tells of them.
func (v *caseView) workChanged() {
	body := v.filled
	if v.length() == 0 {
		body = v.empty
	}
	if v.body.Objects[0] != body {
		v.body.Objects[0] = body
		v.body.Refresh()
	}
	v.list.Refresh()
}

func (v *caseView) length() int {
	if v.exhibits == nil {
		return 0
	}
	return v.exhibits.Len()
}

func (v *caseView) choose(row int) {
	x, ok := v.exhibits.At(row)
	if !ok {
		return
	}
	v.chosen = x.ID
	v.exhibit.show(x)
}

// caseWords says what a case is and holds.
func caseWords(c engine.Case) string {
	words := countWords(c.Counts)
	if c.Examiner != "" {
		words = c.Examiner + " · " + words
	}
	return words
}

func countWords(n storage.CaseCounts) string {
	return fmt.Sprintf(lang.L("%d exhibits, %d findings, %d notes"), n.Evidence, n.Findings, n.Notes)
}
