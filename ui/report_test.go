// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/report"
)

// tab chooses a tab by pressing its name.
func (o *office) tab(name string) {
	o.t.Helper()
	test.Tap(see(o, func(x tappable) bool { return words(x) == name || tabReads(x, name) }))
}

// says waits until a text that holds some words can be read, and returns it.
func (o *office) says(part string) (text string) {
	o.t.Helper()
	o.until(func() bool {
		for _, x := range o.objects() {
			if strings.Contains(words(x), part) {
				text = words(x)
				return true
			}
		}
		return false
	})
	return text
}

// saveAs answers the question where to write.
func (o *office) saveAs(name string) {
	o.t.Helper()
	entry := see(o, func(e *widget.Entry) bool { return strings.Contains(e.Text, ".") })
	entry.SetText(name)
	o.press("Write")
}

func TestACaseBecomesASignedReport(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	o := newOffice(t, func(e *engine.Engine) {
		newCase(t, e, "Festival")
		evidence(t, e, "Festival", "leak.mp4", hash("a"))
	})
	o.choose("Go to", "Cases")
	o.read("Festival")
	o.tab("Report")
	o.says("Page 1 of")
	page := see(o, func(i *canvas.Image) bool { return i.Image != nil && i.Image.Bounds().Dx() > 1000 })
	require.Greater(t, page.Image.Bounds().Dy(), page.Image.Bounds().Dx(), "upright, as it will print")

	o.press("Export as PDF…")
	o.saveAs("report.pdf")
	require.Contains(t, o.says("Wrote "), "signed by M. Weber")
	said, err := report.VerifyFile(filepath.Join(dir, "report.pdf"))
	require.NoError(t, err)
	require.Equal(t, "M. Weber", said.Signer)

	kind := see(o, func(s *widget.Select) bool { return s.Selected == "Expert report" })
	kind.SetSelected("Takedown notice")
	o.press("JSON…")
	o.saveAs("notice.json")
	o.says("notice.json, signed by")
	content, err := os.ReadFile(filepath.Join(dir, "notice.json"))
	require.NoError(t, err)
	require.Contains(t, string(content), "takedown")
}
