// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
)

// askForMove asks which case the exhibit belongs to, and moves it there.
func (v *exhibitView) askForMove() {
	x := v.shown
	background(v.window, func(ctx context.Context) ([]engine.Case, error) {
		return v.window.engine.Cases(ctx, storage.Page{Limit: 5000})
	}, func(list []engine.Case, err error) {
		if err != nil {
			v.window.fail(err)
			return
		}
		var names []string
		for _, c := range list {
			if c.ID != x.CaseID {
				names = append(names, c.Name)
			}
		}
		if len(names) == 0 {
			dialog.ShowInformation(lang.L("No other case"), lang.L("Make a case first: Ctrl+N."), v.window.win)
			return
		}
		v.chooseCase(x, names)
	})
}

func (v *exhibitView) chooseCase(x engine.Exhibit, names []string) {
	into := widget.NewSelectEntry(names)
	into.SetText(names[len(names)-1])
	form := dialog.NewForm(lang.L("Move to another case"), lang.L("Move"), lang.L("Cancel"),
		[]*widget.FormItem{{Text: lang.L("Case"), Widget: into, HintText: lang.L("its examinations go with it")}},
		func(ok bool) {
			if ok {
				v.move(x, into.Text)
			}
		}, v.window.win)
	form.Resize(fyne.NewSize(420, 0))
	form.Show()
}

func (v *exhibitView) move(x engine.Exhibit, into string) {
	background(v.window, func(ctx context.Context) (engine.Case, error) {
		_, c, err := v.window.engine.MoveEvidence(ctx, x.ID, into)
		return c, err
	}, func(_ engine.Case, err error) {
		v.window.fail(err)
		if err == nil {
			v.clear()
			v.window.current.refresh()
		}
	})
}
