// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/widgets"
)

// firstStep is what a case without exhibits shows: what to do first. Where no title is known, no leak can be of one.
type firstStep struct {
	window *Window
	object *fyne.Container
	leak   fyne.CanvasObject
	title  fyne.CanvasObject
}

func newFirstStep(w *Window) *firstStep {
	leak := widget.NewButtonWithIcon(lang.L("Open a leak…"), theme.FileVideoIcon(), w.chooseLeak)
	leak.Importance = widget.HighImportance
	title := widget.NewButtonWithIcon(lang.L("Register a title…"), theme.MediaVideoIcon(), func() { w.titles.askForTitle() })
	title.Importance = widget.HighImportance
	keys := widget.NewButtonWithIcon(lang.L("Import keys…"), theme.DownloadIcon(), w.askToImportKeys)
	s := &firstStep{window: w}
	s.leak = widgets.Empty(theme.DownloadIcon(), lang.L("Drop a leak here"),
		lang.L("A video, a phone recording of a screen, a picture: drop it anywhere on this window. Spoor finds out which title it "+
			"shows and whose copy it was. The file itself is never changed."), leak)
	s.title = widgets.Empty(theme.MediaVideoIcon(), lang.L("First the original"),
		lang.L("Spoor knows no title yet, so it cannot tell whose copy a leak is. Register the original video, issue a marked copy to "+
			"each recipient, and drop here what leaks. Were copies issued elsewhere, take over the keys from there."), title, keys)
	s.object = container.NewStack(s.leak)
	return s
}

// refresh finds out which step comes first.
func (s *firstStep) refresh() {
	background(s.window, func(ctx context.Context) ([]engine.Title, error) {
		return s.window.engine.Titles(ctx, storage.Page{Limit: 1})
	}, func(titles []engine.Title, err error) {
		s.window.fail(err)
		first := s.leak
		if err == nil && len(titles) == 0 {
			first = s.title
		}
		if s.object.Objects[0] != first {
			s.object.Objects[0] = first
			s.object.Refresh()
		}
	})
}
