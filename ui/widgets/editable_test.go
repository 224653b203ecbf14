// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"github.com/stretchr/testify/require"

	"spoor/ui/look"
	"spoor/ui/widgets"
)

func TestEditableKeepsWhatWasTyped(t *testing.T) {
	e := widgets.NewEditable("no number", theme.SizeNameText)
	var got []string
	e.OnChanged = func(text string) { got = append(got, text) }
	window := show(t, e, look.Light, 300, 60)
	e.Set("old")
	key := func(name fyne.KeyName) { window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name}) }

	test.Tap(e)
	test.Type(window.Canvas().Focused(), ", very")
	key(fyne.KeyReturn)
	require.Equal(t, []string{"old, very"}, got)

	test.Tap(e)
	test.Type(window.Canvas().Focused(), "not kept")
	key(fyne.KeyEscape)
	require.Len(t, got, 1, "Escape keeps nothing")

	test.Tap(e)
	test.Type(window.Canvas().Focused(), " new")
	window.Canvas().Unfocus()
	require.Equal(t, []string{"old, very", "old new"}, got, "going elsewhere keeps it")

	test.Tap(e)
	key(fyne.KeyReturn)
	require.Len(t, got, 2, "nothing was changed")

	e.Fix(true)
	window.Canvas().Unfocus()
	test.Tap(e)
	require.Nil(t, window.Canvas().Focused(), "a fixed line is no field")
}

func TestEditableLooks(t *testing.T) {
	e := widgets.NewEditable("no number", theme.SizeNameText)
	window := show(t, e, look.Dark, 200, 40)
	e.Set("")
	test.AssertRendersToMarkup(t, "editable_empty.xml", window.Canvas())
	e.Set("2026-117")
	test.AssertRendersToMarkup(t, "editable.xml", window.Canvas())
}
