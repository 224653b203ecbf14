// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// The names of what is remembered between runs.
const (
	prefExaminer = "examiner"
	prefVariant  = "theme"
	prefScale    = "scale"
	prefWidth    = "window.width"
	prefHeight   = "window.height"
	prefSplit    = "split.case"
)

// settingsView is where the examiner's name and the looks are chosen, and where the program says what it is.
type settingsView struct {
	window   *Window
	object   fyne.CanvasObject
	versions *fyne.Container
	told     bool
}

func newSettingsView(w *Window) *settingsView {
	v := &settingsView{window: w, versions: container.NewStack()}
	prefs := w.app.Preferences()
	examiner := widget.NewEntry()
	examiner.SetText(prefs.String(prefExaminer))
	examiner.OnChanged = func(s string) { prefs.SetString(prefExaminer, s) }
	form := widget.NewForm(
		&widget.FormItem{Text: lang.L("Examiner"), Widget: examiner, HintText: lang.L("stands in new cases and in notes")},
		&widget.FormItem{Text: lang.L("Theme"), Widget: v.variants()},
		&widget.FormItem{Text: lang.L("Text size"), Widget: v.scales()},
	)
	v.object = container.NewVScroll(container.NewPadded(container.NewVBox(
		widgets.Heading(lang.L("Settings")), widgets.NewPanel(form, ""),
		widgets.Subheading(lang.L("This program")), widgets.NewPanel(v.versions, ""),
	)))
	return v
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

func (v *settingsView) scales() fyne.CanvasObject {
	choice := widget.NewSlider(0.8, 1.6)
	choice.Step = 0.1
	choice.SetValue(v.window.app.Preferences().FloatWithFallback(prefScale, 1))
	choice.OnChangeEnded = func(s float64) {
		v.window.app.Preferences().SetFloat(prefScale, s)
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

// refresh asks once for the versions, which starts ffmpeg.
func (v *settingsView) refresh() {
	if v.told {
		return
	}
	v.told = true
	background(v.window, func(context.Context) (engine.Versions, error) { return v.window.engine.Versions(), nil },
		func(n engine.Versions, _ error) {
			ffmpeg := n.FFmpeg
			if ffmpeg == "" {
				ffmpeg = lang.L("not found: install it with apt-get install ffmpeg, then start Spoor again")
			}
			v.versions.Objects = []fyne.CanvasObject{widgets.Facts([]widgets.Fact{
				{Name: lang.L("Spoor"), Value: n.Program, Code: true},
				{Name: lang.L("Home"), Value: v.window.engine.Home(), Code: true},
				{Name: lang.L("ffmpeg"), Value: ffmpeg, Code: true},
				{Name: lang.L("Database"), Value: n.SQLite, Code: true},
				{Name: lang.L("Mark"), Value: fmt.Sprintf(lang.L("version %d"), n.Mark)},
				{Name: lang.L("Licence"), Value: "AGPL-3.0-or-later"},
			})}
			v.versions.Refresh()
		})
}
