// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
)

// menu is the menu bar; its entries carry their keys.
func (w *Window) menu() *fyne.MainMenu {
	item := func(name string, key fyne.KeyName, do func()) *fyne.MenuItem {
		i := fyne.NewMenuItem(name, do)
		i.Shortcut = &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
		return i
	}
	places := fyne.NewMenu(lang.L("Go to"))
	for i, p := range w.places {
		places.Items = append(places.Items, item(p.name, placeKeys()[i], func() { w.show(p) }))
	}
	refresh := fyne.NewMenuItem(lang.L("Refresh"), func() { w.current.refresh() })
	refresh.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyF5}
	find := item(lang.L("Search"), fyne.KeyF, func() { w.win.Canvas().Focus(w.search.field) })
	return fyne.NewMainMenu(
		fyne.NewMenu(lang.L("File"),
			item(lang.L("Open a leak…"), fyne.KeyO, w.chooseLeak),
			fyne.NewMenuItem(lang.L("Open a leak with options…"), w.examineWithOptions),
			fyne.NewMenuItem(lang.L("Which title does a file show?…"), w.chooseToFindTitle),
			fyne.NewMenuItemSeparator(),
			item(lang.L("New case…"), fyne.KeyN, w.cases.askForCase),
			item(lang.L("Register a title…"), fyne.KeyT, w.titles.askForTitle),
			fyne.NewMenuItem(lang.L("Import a log…"), w.logs.askForLog),
			fyne.NewMenuItemSeparator(),
			item(lang.L("Report of the case"), fyne.KeyR, w.lookAtReport),
			item(lang.L("Export report as PDF…"), fyne.KeyE, w.exportReport),
			fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem(lang.L("Export case file…"), w.exportCase),
			fyne.NewMenuItem(lang.L("Import case file…"), w.importCase),
		),
		fyne.NewMenu(lang.L("Edit"), w.undoItem, find, refresh), places, w.exhibitMenu())
}

func placeKeys() []fyne.KeyName {
	return []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6}
}

// shortcuts makes the keys of the menu work, and those that stand in no menu.
func (w *Window) shortcuts() {
	for _, m := range w.win.MainMenu().Items {
		for _, i := range m.Items {
			if i.Shortcut != nil {
				w.win.Canvas().AddShortcut(i.Shortcut, func(fyne.Shortcut) { i.Action() })
			}
		}
	}
	// Not in the menu, which would go before a field in which somebody takes back what was typed.
	w.win.Canvas().AddShortcut(&fyne.ShortcutUndo{}, func(fyne.Shortcut) { w.undo() })
	w.win.Canvas().SetOnTypedKey(w.typedKey)
}

// typedKey does what keys mean that no field takes.
func (w *Window) typedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyF5:
		w.current.refresh()
	case fyne.KeyDelete:
		w.askToDelete()
	case fyne.KeyEscape:
		w.leave()
	default:
	}
}

// leave closes what was opened last: a search, a form at the side, a notice.
func (w *Window) leave() {
	switch {
	case w.searching():
		w.leaveSearch()
	case w.sheet.left != nil:
		w.sheet.leave()
	default:
		w.notice.leave()
	}
}

// The window's size when nothing is remembered.
const (
	firstWidth  = 1280
	firstHeight = 800
)

// restoreLayout gives the window the size and division it had.
func (w *Window) restoreLayout() {
	prefs := w.app.Preferences()
	w.win.Resize(fyne.NewSize(
		float32(prefs.FloatWithFallback(prefWidth, firstWidth)), float32(prefs.FloatWithFallback(prefHeight, firstHeight))))
	for name, split := range w.splits() {
		split.SetOffset(prefs.FloatWithFallback(prefSplit+name, split.Offset))
	}
}

// keepLayout remembers them.
func (w *Window) keepLayout() {
	prefs := w.app.Preferences()
	size := w.win.Canvas().Size()
	prefs.SetFloat(prefWidth, float64(size.Width))
	prefs.SetFloat(prefHeight, float64(size.Height))
	for name, split := range w.splits() {
		prefs.SetFloat(prefSplit+name, split.Offset)
	}
}

// splits are the divisions that somebody may move, by name.
func (w *Window) splits() map[string]*container.Split {
	return map[string]*container.Split{
		"inbox": w.inbox.split, "case": w.cases.open.split, "cases": w.cases.split, "titles": w.titles.split, "logs": w.logs.split,
		"sync": w.sync.split,
	}
}
