// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"embed"
	"fmt"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
)

//go:embed translation
var translations embed.FS

// speak makes the window speak the language that was chosen, or that of the system. Fyne asks the environment for it, and in
// no other way.
func speak(a fyne.App) error {
	if code := a.Preferences().String(prefLanguage); code != "" {
		if err := os.Setenv("LANGUAGE", code); err != nil {
			return fmt.Errorf("language: %w", err)
		}
	}
	if err := lang.AddTranslationsFS(translations, "translation"); err != nil {
		return fmt.Errorf("translations: %w", err)
	}
	return nil
}
