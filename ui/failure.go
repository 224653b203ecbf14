// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/widgets"
)

// ShowFailure says in a window why the program cannot start, until it is closed: who started it by its icon sees no terminal.
// It returns the error that there was.
func ShowFailure(a fyne.App, why error) error {
	if err := speak(a); err != nil {
		return errors.Join(why, err)
	}
	win := a.NewWindow("Spoor")
	win.SetContent(widgets.Empty(theme.ErrorIcon(), lang.L("Spoor cannot start"), why.Error(),
		container.NewHBox(widget.NewButton(lang.L("Close"), win.Close))))
	win.Resize(fyne.NewSize(640, 360))
	win.ShowAndRun()
	return why
}
