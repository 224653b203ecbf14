// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// keyList is a list that leaves the keys which mean something in the whole window to the window.
type keyList struct {
	widget.List
	window func(*fyne.KeyEvent)
}

// newList makes a list, see [widget.NewList].
func (w *Window) newList(length func() int, item func() fyne.CanvasObject, update func(int, fyne.CanvasObject)) *keyList {
	l := &keyList{window: w.typedKey}
	l.Length, l.CreateItem, l.UpdateItem = length, item, update
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey is for Fyne.
func (l *keyList) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyDelete, fyne.KeyF5, fyne.KeyEscape:
		l.window(e)
	default:
		l.List.TypedKey(e)
	}
}
