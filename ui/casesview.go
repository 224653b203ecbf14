// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// casesView lists the cases at the left and shows the chosen one at the right.
type casesView struct {
	window *Window
	object *fyne.Container
	feed   *desk.Feed[engine.Case]
	list   *widget.List
	open   *caseView
	body   fyne.CanvasObject
	empty  fyne.CanvasObject
}

func newCasesView(w *Window) *casesView {
	v := &casesView{window: w, open: newCaseView(w)}
	changes := &refresher{do: v.changed}
	v.feed = desk.NewFeed(v.load, changes.ask)
	v.list = widget.NewList(v.feed.Len, newCaseRow, v.update)
	v.list.OnSelected = func(row int) {
		if c, ok := v.feed.At(row); ok {
			v.open.open(c.ID)
		}
	}
	add := widget.NewButtonWithIcon(lang.L("New case…"), theme.ContentAddIcon(), v.askForCase)
	add.Importance = widget.HighImportance
	split := container.NewHSplit(container.NewBorder(container.NewPadded(add), nil, nil, nil, v.list), v.open.object)
	split.Offset = 0.22
	v.body = split
	first := widget.NewButtonWithIcon(lang.L("New case…"), theme.ContentAddIcon(), v.askForCase)
	first.Importance = widget.HighImportance
	v.empty = widgets.Empty(theme.FolderIcon(), lang.L("No cases yet"),
		lang.L("A case keeps the exhibits of one investigation together, with notes and an audit trail. "+
			"Leaks dropped without a case wait in the inbox and can be moved here later."), first)
	v.object = container.NewStack(v.empty)
	return v
}

// load reads a page of cases; the inbox has a place of its own.
func (v *casesView) load(ctx context.Context, last *engine.Case) ([]engine.Case, error) {
	page := storage.Page{Limit: 500}
	if last != nil {
		page.After = last.ID
	}
	list, err := v.window.engine.Cases(ctx, page)
	if err != nil {
		return nil, err
	}
	for i, c := range list {
		if c.Name == storage.Inbox && len(list) > 1 {
			return append(list[:i:i], list[i+1:]...), nil
		}
		if c.Name == storage.Inbox {
			return nil, nil
		}
	}
	return list, nil
}

func (v *casesView) refresh() {
	v.feed.Reload()
	if v.open.caseID() != "" {
		v.open.open(v.open.caseID())
	}
}

func (v *casesView) changed() {
	_, whole, err := v.feed.Status()
	if err != nil {
		v.window.fail(err)
	}
	body := v.body
	if v.feed.Len() == 0 && whole {
		body = v.empty
	}
	v.object.Objects[0] = body
	v.object.Refresh()
	v.list.Refresh()
	if v.open.caseID() == "" && v.feed.Len() > 0 {
		v.list.Select(0)
	}
}

func (v *casesView) workChanged() { v.open.workChanged() }

// askForCase asks for the name of a new case and makes it.
func (v *casesView) askForCase() {
	name, examiner := widget.NewEntry(), widget.NewEntry()
	name.Validator = needed(lang.L("a case needs a name"))
	examiner.SetText(v.window.app.Preferences().String(prefExaminer))
	form := dialog.NewForm(lang.L("New case"), lang.L("Make case"), lang.L("Cancel"), []*widget.FormItem{
		{Text: lang.L("Name"), Widget: name}, {Text: lang.L("Examiner"), Widget: examiner},
	}, func(ok bool) {
		if !ok {
			return
		}
		v.window.app.Preferences().SetString(prefExaminer, examiner.Text)
		background(v.window, func(ctx context.Context) (engine.Case, error) {
			return v.window.engine.AddCase(ctx, name.Text, examiner.Text)
		}, func(c engine.Case, err error) {
			v.window.fail(err)
			if err == nil {
				v.feed.Reload()
				v.open.open(c.ID)
			}
		})
	}, v.window.win)
	form.Resize(fyne.NewSize(460, 0))
	form.Show()
	v.window.win.Canvas().Focus(name)
}

// caseRow is a row of the list of cases.
type caseRow struct {
	widget.BaseWidget
	name, counts *widget.RichText
}

func newCaseRow() fyne.CanvasObject {
	r := &caseRow{name: widgets.Strong(""), counts: widgets.Quiet("")}
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer is for Fyne.
func (r *caseRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewVBox(r.name, r.counts))
}

func (v *casesView) update(i int, o fyne.CanvasObject) {
	c, ok := v.feed.At(i)
	r, isRow := o.(*caseRow)
	if !ok || !isRow {
		return
	}
	widgets.SetText(r.name, c.Name)
	widgets.SetText(r.counts, countWords(c.Counts))
}
