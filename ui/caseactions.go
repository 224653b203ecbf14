// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
)

// caseInView is the case that is looked at; ok is false where none is.
func (w *Window) caseInView() (c engine.Case, ok bool) {
	switch w.current.view {
	case w.inbox.object:
		c = w.inbox.shown
	case w.cases.object:
		c = w.cases.open.shown
	}
	return c, c.ID != ""
}

// caseMenu lists what can be done with the case that is looked at.
func (w *Window) caseMenu() *fyne.Menu {
	c, ok := w.caseInView()
	inbox := c.Name == storage.Inbox
	hold := fyne.NewMenuItem(lang.L("Put under legal hold"), func() { w.holdCase(true) })
	if c.OnHold {
		hold = fyne.NewMenuItem(lang.L("Lift the legal hold"), func() { w.holdCase(false) })
	}
	state := fyne.NewMenuItem(lang.L("Close the case"), func() { w.setState(storage.CaseClosed) })
	if c.State == storage.CaseClosed {
		state = fyne.NewMenuItem(lang.L("Open the case again"), func() { w.setState(storage.CaseDraft) })
	}
	review := fyne.NewMenuItem(lang.L("Review by a second examiner…"), w.askForReview)
	export := fyne.NewMenuItem(lang.L("Export case file…"), w.exportCase)
	check := fyne.NewMenuItem(lang.L("Check its evidence"), func() { w.verify(c.ID, c.Name) })
	merge := fyne.NewMenuItem(lang.L("Merge into another case…"), w.askForMerge)
	remove := fyne.NewMenuItem(lang.L("Delete…"), w.askToDelete)
	if inbox {
		remove.Label = lang.L("Empty the inbox…")
	}
	review.Disabled, state.Disabled = inbox || c.State == storage.CaseClosed, inbox
	for _, i := range []*fyne.MenuItem{hold, state, review, check, export, merge, remove} {
		i.Disabled = i.Disabled || !ok
	}
	return fyne.NewMenu(lang.L("Case"), review, state, hold, check, fyne.NewMenuItemSeparator(),
		export, fyne.NewMenuItem(lang.L("Import case file…"), w.importCase), merge, fyne.NewMenuItemSeparator(), remove)
}

func (w *Window) holdCase(on bool) {
	c, ok := w.caseInView()
	if !ok {
		return
	}
	name := fmt.Sprintf(lang.L("Lifted the legal hold on %s"), c.Name)
	if on {
		name = fmt.Sprintf(lang.L("Put %s under legal hold"), c.Name)
	}
	set := func(on bool) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.engine.HoldCase(ctx, c.ID, on)
			return err
		}
	}
	w.change(name, set(on), set(!on))
}

func (w *Window) setState(to storage.CaseState) {
	c, ok := w.caseInView()
	if !ok {
		return
	}
	set := func(s storage.CaseState) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.engine.SetCaseState(ctx, c.ID, s)
			return err
		}
	}
	back := set(c.State)
	if c.State == storage.CaseReviewed { // who reviewed it says so by doing it again
		back = nil
	}
	w.change(fmt.Sprintf(lang.L("Changed the state of %s"), c.Name), set(to), back)
}

// askForReview asks who agrees with the case.
func (w *Window) askForReview() {
	c, ok := w.caseInView()
	if !ok {
		return
	}
	by := newField("")
	by.Validator = needed(lang.L("a review needs a name"))
	w.ask(lang.L("Review by a second examiner"), lang.L("Record the review"), []*widget.FormItem{
		{Text: lang.L("Reviewer"), Widget: by, HintText: lang.L("must be another than the examiner")},
	}, by, func(ok bool) {
		if ok {
			w.change(fmt.Sprintf(lang.L("Recorded the review of %s"), c.Name), func(ctx context.Context) error {
				_, err := w.engine.ReviewCase(ctx, c.ID, by.Text)
				return err
			}, func(ctx context.Context) error {
				_, err := w.engine.SetCaseState(ctx, c.ID, c.State)
				return err
			})
		}
	})
}

// askForMerge asks which case this one becomes part of.
func (w *Window) askForMerge() {
	c, ok := w.caseInView()
	if !ok {
		return
	}
	w.askForCase(c.ID, func(into string) {
		w.change(fmt.Sprintf(lang.L("Everything of %s is in %s now"), c.Name, into), func(ctx context.Context) error {
			merged, err := w.engine.MergeCases(ctx, c.ID, into)
			if err == nil {
				onWindow(func() { w.cases.choose(merged.ID) })
			}
			return err
		}, nil)
	}, lang.L("Merge into another case"), lang.L("Merge"), lang.L("all goes there; this cannot be taken back"))
}

// askToDelete asks once more, by the name of the case, and deletes it.
func (w *Window) askToDelete() {
	c, ok := w.caseInView()
	if !ok {
		return
	}
	if c.OnHold {
		w.notice.show(lang.L("This case is under legal hold: nothing of it can be deleted until the hold is lifted."))
		return
	}
	ask := dialog.NewConfirm(fmt.Sprintf(lang.L("Delete %s?"), c.Name), fmt.Sprintf(
		lang.L("%d exhibits go for good, with their examinations, and %d notes; from the vault what no other case has. "+
			"The audit log keeps that it was done. This cannot be taken back."), c.Counts.Evidence, c.Counts.Notes),
		func(yes bool) {
			if yes {
				w.deleteCase(c)
			}
		}, w.win)
	ask.SetConfirmText(lang.L("Delete for good"))
	ask.SetDismissText(lang.L("Keep"))
	ask.SetConfirmImportance(widget.DangerImportance)
	ask.Show()
}

func (w *Window) deleteCase(c engine.Case) {
	w.cases.open.forget()
	w.cases.chosen = ""
	w.change(fmt.Sprintf(lang.L("Deleted %s"), c.Name), func(ctx context.Context) error {
		_, _, err := w.engine.DeleteCase(ctx, c.ID)
		return err
	}, nil)
}
