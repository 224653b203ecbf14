// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"spoor/ui/desk"
)

// change does something short that somebody asked for, shows everything as it is then, and offers to take it back. back may
// be nil: it cannot be taken back. name says in the past tense what was done.
func (w *Window) change(name string, do, back func(context.Context) error) {
	background(w, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) }, func(_ struct{}, err error) {
		w.fail(err)
		if err == nil && back != nil {
			w.history.Did(name, back)
			name = fmt.Sprintf(lang.L("%s. Ctrl+Z takes it back."), name)
		}
		if err == nil {
			w.status.say(name)
		}
		w.current.refresh()
	})
}

// undo takes back what was done last.
func (w *Window) undo() {
	background(w, w.history.Undo, func(name string, err error) {
		w.fail(err)
		if name != "" && err == nil {
			w.status.say(fmt.Sprintf(lang.L("Taken back: %s."), name))
		}
		w.current.refresh()
	})
}

// nameUndo has the entry of the menu say what it takes back.
func (w *Window) nameUndo() {
	w.undoItem.Label = lang.L("Take back")
	if last := w.history.Last(); last != "" {
		w.undoItem.Label = fmt.Sprintf(lang.L("Take back: %s"), last)
	}
	w.undoItem.Disabled = w.history.Last() == ""
	if menu := w.win.MainMenu(); menu != nil {
		menu.Refresh()
	}
}

// makeHistory makes the history and its entry of the menu.
func (w *Window) makeHistory() {
	w.undoItem = fyne.NewMenuItem(lang.L("Take back"), w.undo)
	w.undoItem.Disabled = true
	changes := &refresher{do: w.nameUndo}
	w.history = desk.NewHistory(changes.ask)
}
