// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"

	"spoor/report"
)

// exhibitMenu goes to what is known of the exhibit that is looked at: Alt with a digit.
func (w *Window) exhibitMenu() *fyne.Menu {
	menu := fyne.NewMenu(lang.L("Exhibit"))
	for i, name := range []string{lang.L("Answer"), lang.L("Why"), lang.L("Comparison"), lang.L("Accesses"), lang.L("On record")} {
		item := fyne.NewMenuItem(name, func() { w.lookAtExhibit(i) })
		item.Shortcut = &desktop.CustomShortcut{KeyName: placeKeys()[i], Modifier: fyne.KeyModifierAlt}
		menu.Items = append(menu.Items, item)
	}
	return menu
}

// caseViewNow is the case that is looked at; nil where none is.
func (w *Window) caseViewNow() *caseView {
	if c, ok := w.caseInView(); ok {
		for _, v := range []*caseView{w.inbox, w.cases.open} {
			if v.shown.ID == c.ID {
				return v
			}
		}
	}
	return nil
}

func (w *Window) lookAtExhibit(tab int) {
	if v := w.caseViewNow(); v != nil {
		v.tabs.SelectIndex(tabExhibits)
		v.exhibit.tabs.SelectIndex(tab)
	}
}

// lookAtReport goes to the report of the case that is looked at.
func (w *Window) lookAtReport() {
	if v := w.caseViewNow(); v != nil {
		v.tabs.SelectIndex(tabReport)
	}
}

// exportReport asks where the report of the case that is looked at is to be written.
func (w *Window) exportReport() {
	if v := w.caseViewNow(); v != nil {
		v.tabs.SelectIndex(tabReport)
		v.report.save.ask(report.PDF)
	}
}
