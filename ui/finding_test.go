// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"spoor/assets"
	"spoor/engine"
	"spoor/storage"
	"spoor/ui/widgets"
)

// leaked fills a home with a title, a copy of it that leaked and was traced, and a log of who fetched that copy.
func leaked(t *testing.T, e *engine.Engine) (original string) {
	t.Helper()
	const recipient = "alice@press.example"
	dir := t.TempDir()
	original, leak := filepath.Join(dir, assets.DemoClipName), filepath.Join(dir, "leak.mp4")
	require.NoError(t, os.WriteFile(original, []byte(assets.DemoClip()), 0o600))
	title, err := e.AddTitle(t.Context(), engine.TitleOptions{File: original})
	require.NoError(t, err)
	_, err = e.Mark(t.Context(), engine.MarkOptions{
		Title: title.ID, Orders: []engine.Order{{Tag: storage.Tag{Text: recipient}, Out: leak}},
		Encoder: []string{"-c:v", "libx264", "-preset", "veryfast", "-crf", "18"},
	})
	require.NoError(t, err)
	r, err := e.Trace(t.Context(), engine.TraceOptions{Leak: leak})
	require.NoError(t, err)
	require.Equal(t, "found", r.Verdict)
	var lines strings.Builder
	for i, address := range []string{"8.8.8.8", "193.99.144.80", "203.178.141.194"} {
		fmt.Fprintf(&lines, "%s - - [03/May/2026:1%d:00:00 +0000] \"GET /v/film.mp4?autograph_tag=%s HTTP/1.1\" 200 1000 \"-\" \"Player/%d\"\n",
			address, i, recipient, i)
	}
	log := filepath.Join(dir, "access.log")
	require.NoError(t, os.WriteFile(log, []byte(lines.String()), 0o600))
	_, err = e.ImportLog(t.Context(), engine.LogImport{Path: log})
	require.NoError(t, err)
	return original
}

func TestAnAnalystLooksAtWhyAndWho(t *testing.T) {
	var original string
	o := newOffice(t, func(e *engine.Engine) { original = leaked(t, e) })
	o.read("alice@press.example")
	require.Contains(t, o.says("come up by chance in"), "It identifies a copy, not a person.")

	o.tab("Why")
	o.says("IDs were compared")
	see(o, func(*widgets.LineUp) bool { return true })
	o.says("read with wrong keys")

	o.tab("Comparison")
	require.NotContains(t, o.says("of the title."), "reference picture")
	wipe := see(o, func(*widgets.Wipe) bool { return true })
	require.Len(t, pictures(wipe), 2, "leak and title")
	require.NoError(t, os.Rename(original, original+".away"))
	see(o, func(s *widget.Slider) bool { return s.Visible() }).SetValue(500)
	o.says("reference picture")

	o.tab("Accesses")
	o.says("3 of 3 clients")
	land := see(o, func(s *widget.Select) bool { return len(s.Options) > 0 && s.Options[0] == "All countries" })
	land.SetSelectedIndex(1)
	o.says("1 of 3 clients")
	o.tab("On record")
	o.read("SHA-256")
}

// pictures are those that a widget shows.
func pictures(w fyne.Widget) (list []*canvas.Image) {
	for _, x := range test.WidgetRenderer(w).Objects() {
		if i, ok := x.(*canvas.Image); ok && !i.Hidden {
			list = append(list, i)
		}
	}
	return list
}
