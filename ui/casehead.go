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
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// caseHead is the top of a case: what it is called and counted as, who works on it, how far it is, what can be done with it.
// Name, number and examiner are changed where they stand.
type caseHead struct {
	window   *Window
	object   *fyne.Container
	shown    engine.Case
	name     *widgets.Editable
	number   *widgets.Editable
	examiner *widgets.Editable
	fields   *fyne.Container // those that the inbox has not
	state    *widgets.Badge
	hold     *widgets.Badge
	counts   *widget.RichText
}

func newCaseHead(w *Window) *caseHead {
	h := &caseHead{
		window: w, counts: widgets.Quiet(""), state: widgets.NewBadge(), hold: widgets.NewBadge(),
		name:     widgets.NewEditable(lang.L("Name"), theme.SizeNameHeadingText),
		number:   widgets.NewEditable(lang.L("not numbered"), theme.SizeNameText),
		examiner: widgets.NewEditable(lang.L("nobody"), theme.SizeNameText),
	}
	h.name.OnChanged = func(s string) { h.edit(storage.CaseEdit{Name: &s}, storage.CaseEdit{Name: &h.shown.Name}) }
	h.number.OnChanged = func(s string) { h.edit(storage.CaseEdit{Number: &s}, storage.CaseEdit{Number: &h.shown.Number}) }
	h.examiner.OnChanged = func(s string) { h.edit(storage.CaseEdit{Examiner: &s}, storage.CaseEdit{Examiner: &h.shown.Examiner}) }
	h.fields = container.NewVBox(h.state, container.NewGridWithColumns(2,
		widgets.Field(lang.L("Number"), h.number), widgets.Field(lang.L("Examiner"), h.examiner)))
	add := widget.NewButtonWithIcon(lang.L("Open a leak…"), theme.ContentAddIcon(), w.chooseLeak)
	more := widget.NewButtonWithIcon(lang.L("Case"), theme.MenuDropDownIcon(), nil)
	more.IconPlacement = widget.ButtonIconTrailingText
	more.OnTapped = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(more).AddXY(0, more.Size().Height)
		widget.ShowPopUpMenuAtPosition(w.caseMenu(), w.win.Canvas(), at)
	}
	h.object = container.NewBorder(nil, nil, nil, container.NewVBox(container.NewHBox(add, more)),
		container.NewVBox(h.name, h.hold, h.fields, h.counts))
	return h
}

// show shows a case.
func (h *caseHead) show(c engine.Case) {
	h.shown = c
	name, inbox := c.Name, c.Name == storage.Inbox
	if inbox {
		name = lang.L("Inbox")
	}
	h.name.Fix(inbox)
	h.name.Set(name)
	h.number.Set(c.Number)
	h.examiner.Set(c.Examiner)
	h.fields.Hidden = inbox
	word, color := stateWords(&c.Case)
	h.state.Set(theme.DocumentIcon(), word, color)
	h.hold.Set(theme.WarningIcon(), lang.L("legal hold: nothing can be deleted"), look.ColorMarked)
	h.hold.Hidden = !c.OnHold
	widgets.SetText(h.counts, countWords(c.Counts))
	h.object.Refresh()
}

// edit changes fields of the case.
func (h *caseHead) edit(to, back storage.CaseEdit) {
	id := h.shown.ID
	for _, field := range []**string{&back.Name, &back.Number, &back.Examiner} {
		if *field != nil {
			before := **field // what is shown changes
			*field = &before
		}
	}
	set := func(e storage.CaseEdit) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := h.window.engine.EditCase(ctx, id, e)
			return err
		}
	}
	h.window.change(fmt.Sprintf(lang.L("Changed the case %s"), h.shown.Name), set(to), set(back))
}

// stateWords says how far a case is.
func stateWords(c *storage.Case) (string, fyne.ThemeColorName) {
	switch c.State {
	case storage.CaseReviewed:
		words := fmt.Sprintf(lang.L("reviewed by %s"), c.Reviewer)
		if c.ChangedSinceReview() {
			return words + lang.L(", and changed since"), look.ColorMarked
		}
		return words, theme.ColorNamePrimary
	case storage.CaseClosed:
		return lang.L("closed"), look.ColorNone
	case storage.CaseDraft:
	}
	return lang.L("draft: a second examiner has not agreed yet"), look.ColorQuiet
}
