// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// languages chooses the language of the window.
func (v *settingsView) languages() fyne.CanvasObject {
	codes, names := []string{"", "en", "de"}, []string{lang.L("as the system"), "English", "Deutsch"}
	choice := widget.NewRadioGroup(names, nil)
	choice.Horizontal, choice.Required = true, true
	prefs := v.window.app.Preferences()
	choice.SetSelected(names[max(slices.Index(codes, prefs.String(prefLanguage)), 0)])
	choice.OnChanged = func(name string) { prefs.SetString(prefLanguage, codes[max(slices.Index(names, name), 0)]) }
	return choice
}

func (v *settingsView) variants() fyne.CanvasObject {
	names := map[string]look.Variant{lang.L("as the system"): look.System, lang.L("light"): look.Light, lang.L("dark"): look.Dark}
	order := []string{lang.L("as the system"), lang.L("light"), lang.L("dark")}
	choice := widget.NewRadioGroup(order, nil)
	choice.Horizontal, choice.Required = true, true
	for name, variant := range names {
		if string(variant) == v.window.app.Preferences().StringWithFallback(prefVariant, string(look.System)) {
			choice.SetSelected(name)
		}
	}
	choice.OnChanged = func(name string) {
		v.window.app.Preferences().SetString(prefVariant, string(names[name]))
		v.window.applyTheme()
	}
	return choice
}

// scales chooses the size of text and spacing.
func (v *settingsView) scales() fyne.CanvasObject {
	sizes, names := []float64{0.8, 1, 1.25, 1.5, 2}, []string{"80 %", "100 %", "125 %", "150 %", "200 %"}
	choice := widget.NewRadioGroup(names, nil)
	choice.Horizontal, choice.Required = true, true
	now := v.window.app.Preferences().FloatWithFallback(prefScale, 1)
	nearest := 0
	for i, size := range sizes {
		if math.Abs(size-now) < math.Abs(sizes[nearest]-now) {
			nearest = i
		}
	}
	choice.SetSelected(names[nearest])
	choice.OnChanged = func(name string) {
		v.window.app.Preferences().SetFloat(prefScale, sizes[max(slices.Index(names, name), 0)])
		v.window.applyTheme()
	}
	return choice
}

// applyTheme puts the remembered looks on.
func (w *Window) applyTheme() {
	prefs := w.app.Preferences()
	variant := look.Variant(prefs.StringWithFallback(prefVariant, string(look.System)))
	w.app.Settings().SetTheme(look.New(variant, float32(prefs.FloatWithFallback(prefScale, 1))))
}
