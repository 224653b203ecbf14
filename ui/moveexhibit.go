// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"errors"
	"fmt"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
)

// askForMove asks which case exhibits belong to, and moves them there.
func (w *Window) askForMove(list []engine.Exhibit) {
	if len(list) == 0 {
		return
	}
	w.askForCase(list[0].CaseID, func(into string) { w.move(list, into) },
		lang.L("Move to another case"), lang.L("Move"), lang.L("its examinations go with it"))
}

// askForCase asks for one of the other cases.
func (w *Window) askForCase(other string, take func(name string), title, confirm, hint string) {
	background(w, func(ctx context.Context) ([]engine.Case, error) {
		return w.engine.Cases(ctx, storage.Page{Limit: 5000})
	}, func(list []engine.Case, err error) {
		if err != nil {
			w.fail(err)
			return
		}
		var names []string
		for _, c := range list {
			if c.ID != other {
				names = append(names, c.Name)
			}
		}
		if len(names) == 0 {
			w.notice.show(lang.L("There is no other case. Make one first: Ctrl+N."))
			return
		}
		into := widget.NewSelectEntry(names)
		into.SetText(names[len(names)-1])
		w.ask(title, confirm, []*widget.FormItem{{Text: lang.L("Case"), Widget: into, HintText: hint}}, into,
			func(ok bool) {
				if ok {
					take(into.Text)
				}
			})
	})
}

// move moves exhibits, as far as it can be done: the error names those that stay.
func (w *Window) move(list []engine.Exhibit, into string) {
	from := list[0].CaseID
	var moved []string
	w.change(fmt.Sprintf(lang.L("Moved %d exhibits to %s"), len(list), into), func(ctx context.Context) error {
		var failed error
		for _, x := range list {
			if _, _, err := w.engine.MoveEvidence(ctx, x.ID, into); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", x.FileName, err))
				continue
			}
			moved = append(moved, x.ID)
		}
		return failed
	}, func(ctx context.Context) error {
		for _, id := range moved {
			if _, _, err := w.engine.MoveEvidence(ctx, id, from); err != nil {
				return err
			}
		}
		return nil
	})
}
