// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"

	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"

	"spoor/engine/media"
)

// tellMissingTools says at the start that ffmpeg is not there, and how to get it, before somebody waits for an answer that
// cannot come.
func (w *Window) tellMissingTools() {
	background(w, func(context.Context) (*media.Tools, error) { return media.Find() }, func(_ *media.Tools, err error) {
		if err != nil {
			dialog.ShowInformation(lang.L("ffmpeg is missing"), err.Error(), w.win)
		}
	})
}
