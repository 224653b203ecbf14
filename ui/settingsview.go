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
	"spoor/ui/widgets"
)

// The names of what is remembered between runs.
const (
	prefExaminer = "examiner"
	prefVariant  = "theme"
	prefScale    = "scale"
	prefLanguage = "language"
	prefHome     = "home"
	prefStamps   = "stamps"
	prefWidth    = "window.width"
	prefHeight   = "window.height"
	prefSplit    = "split."   // and the name of what is parted
	prefColumns  = "columns." // and the name of the table
)

// settingsView is where the examiner's name and the looks are chosen, how addresses are treated and keys kept, and where the
// program says what it is.
type settingsView struct {
	window   *Window
	object   fyne.CanvasObject
	data     *dataSettings
	keys     *keySettings
	geoip    *geoipSettings
	host     *hostSettings
	examiner *widgets.Editable
	versions *fyne.Container
	told     bool
}

func newSettingsView(w *Window) *settingsView {
	v := &settingsView{
		window: w, data: newDataSettings(w), keys: newKeySettings(w), geoip: newGeoIPSettings(w), host: newHostSettings(w),
		versions: container.NewStack(),
	}
	v.object = container.NewVScroll(container.NewPadded(container.NewVBox(
		widgets.Heading(lang.L("Settings")), widgets.NewPanel(v.looks(), ""),
		widgets.Subheading(lang.L("Data")), widgets.NewPanel(v.data.object, ""),
		widgets.Subheading(lang.L("Keys and signatures")), widgets.NewPanel(v.keys.object, ""),
		widgets.Subheading(lang.L("What proves that nothing was altered")), widgets.NewPanel(w.proofSettings(), ""),
		widgets.Subheading(lang.L("Databases of addresses")), widgets.NewPanel(v.geoip.object, ""),
		widgets.Subheading(lang.L("A server for others")), widgets.NewPanel(v.host.object, ""),
		widgets.Subheading(lang.L("This program")), widgets.NewPanel(v.versions, ""),
	)))
	return v
}

// looks are the settings of who works here and how it looks.
func (v *settingsView) looks() fyne.CanvasObject {
	v.examiner = widgets.NewEditable(lang.L("nobody"), theme.SizeNameText)
	v.examiner.OnChanged = v.setExaminer
	return widget.NewForm(
		&widget.FormItem{
			Text: lang.L("Examiner"), Widget: v.examiner,
			HintText: lang.L("stands in new cases and in notes, and signs reports of cases without an examiner"),
		},
		&widget.FormItem{Text: lang.L("Language"), Widget: v.languages(), HintText: lang.L("from the next start on")},
		&widget.FormItem{Text: lang.L("Theme"), Widget: v.variants()},
		&widget.FormItem{Text: lang.L("Text size"), Widget: v.scales()},
	)
}

// setExaminer says who works here: to this window, and to the home.
func (v *settingsView) setExaminer(name string) {
	v.window.app.Preferences().SetString(prefExaminer, name)
	v.examiner.Set(name)
	v.data.set(engine.SettingExaminer, name)
}

// refresh reads what may have changed. Versions are asked for once, which starts ffmpeg.
func (v *settingsView) refresh() {
	v.examiner.Set(v.window.app.Preferences().String(prefExaminer))
	v.data.refresh()
	v.keys.refresh()
	v.geoip.refresh()
	v.host.refresh()
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
				{Name: lang.L("ffmpeg"), Value: ffmpeg, Code: true},
				{Name: lang.L("Database"), Value: n.SQLite, Code: true},
				{Name: lang.L("Mark"), Value: fmt.Sprintf(lang.L("version %d"), n.Mark)},
				{Name: lang.L("Licence"), Value: "AGPL-3.0-or-later"},
			})}
			v.versions.Refresh()
		})
}
