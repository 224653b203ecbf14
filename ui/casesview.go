// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
)

// casesView lists the cases at the left and shows the chosen one at the right.
type casesView struct {
	*listView[engine.Case]
	window *Window
	open   *caseView
}

func newCasesView(w *Window) *casesView {
	v := &casesView{window: w, open: newCaseView(w)}
	v.listView = newListView(w, listPlan[engine.Case]{
		load: v.load, id: func(c engine.Case) string { return c.ID },
		row:  func(c engine.Case) (name, note string) { return c.Name, countWords(c.Counts) },
		show: func(c engine.Case) { v.open.show(c) }, right: v.open.object, share: 0.22,
		addName: lang.L("New case…"), add: v.askForCase,
		emptyIcon: theme.FolderIcon(), emptyName: lang.L("No cases yet"),
		emptyText: lang.L("A case keeps the exhibits of one investigation together, with notes and an audit trail. " +
			"Leaks dropped without a case wait in the inbox and can be moved here later."),
	})
	return v
}

// load reads a page of cases; the inbox has a place of its own.
func (v *casesView) load(ctx context.Context, last *engine.Case) ([]engine.Case, error) {
	list, err := v.window.engine.Cases(ctx, pageAfter(last, v.id, 500))
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

func (v *casesView) workChanged() { v.open.workChanged() }

// askForCase asks for the name of a new case and makes it.
func (v *casesView) askForCase() {
	name, examiner := newField(""), newField(v.window.app.Preferences().String(prefExaminer))
	name.Validator = needed(lang.L("a case needs a name"))
	v.window.ask(lang.L("New case"), lang.L("Make case"), []*widget.FormItem{
		{Text: lang.L("Name"), Widget: name}, {Text: lang.L("Examiner"), Widget: examiner},
	}, name, func(ok bool) {
		if !ok {
			return
		}
		v.window.app.Preferences().SetString(prefExaminer, examiner.Text)
		background(v.window, func(ctx context.Context) (engine.Case, error) {
			return v.window.engine.AddCase(ctx, name.Text, examiner.Text)
		}, func(c engine.Case, err error) {
			v.window.fail(err)
			if err == nil {
				v.choose(c.ID)
			}
		})
	})
}
