// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2/lang"

	"spoor/engine/media"
)

// tellMissingTools says at the start that ffmpeg is not there, and how to get it, before somebody waits for an answer that
// cannot come.
func (w *Window) tellMissingTools() {
	background(w, func(context.Context) (*media.Tools, error) { return media.Find() }, func(_ *media.Tools, err error) {
		if err != nil {
			w.notice.show(fmt.Sprintf(lang.L("Spoor needs ffmpeg, which is missing: %v"), err))
		}
	})
}
