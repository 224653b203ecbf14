// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
)

func TestSearchFindsAndGoesThere(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) {
		newCase(t, e, "Another")
		c := newCase(t, e, "Festival")
		evidence(t, e, "Festival", "first.mp4", hash("a"))
		evidence(t, e, "Festival", "zebra.mp4", hash("b"))
		evidence(t, e, storage.Inbox, "zebra in the inbox.mp4", hash("c"))
		_, err := e.AddNote(t.Context(), c.ID, "M. Weber", "A zebra was seen.")
		require.NoError(t, err)
	})
	o.read("zebra in the inbox.mp4")
	o.choose("Edit", "Search")
	field, ok := o.window.Canvas().Focused().(interface {
		fyne.Focusable
		SetText(string)
	})
	require.True(t, ok, "Ctrl+F leads to the field")
	field.SetText("zebra")
	o.read("Exhibits: 2")
	o.read("Notes: 1")
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	o.until(func() bool { return !o.reads("Exhibits: 2") })
	o.tab("On record")
	o.read(hash("b")) // the facts of what was found
	require.True(t, o.reads("Festival"))

	field.SetText("nowhere to be found")
	see(o, func(l *widget.Label) bool { return len(l.Text) > 20 && l.Text[:20] == "Nothing has all of t" })
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	o.read("Festival")
}
