// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	fynestorage "fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/report"
	"spoor/storage"
)

// saves makes the dialogs begin in a folder of the test, and returns it.
func saves(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	return dir
}

func TestACaseIsExportedEncryptedAndSignedAndTakenInElsewhere(t *testing.T) {
	dir := saves(t)
	o := newOffice(t, func(e *engine.Engine) { newCase(t, e, "Festival") })
	o.choose("Go to", "Cases")
	o.read("draft: a second examiner has not agreed yet")
	o.fromCaseMenu("Export case file…")
	o.fill("Passphrase", "a long passphrase")
	o.fill("Once more", "another")
	form := see(o, func(f *widget.Form) bool { return f.SubmitText == "Go on" })
	require.ErrorContains(t, form.Validate(), "the two are not the same")
	o.fill("Once more", "a long passphrase")
	o.press("Go on")
	path := filepath.Join(dir, "festival.spoor.age")
	o.saveAs(filepath.Base(path))
	o.until(func() bool {
		_, err := report.VerifyFile(path)
		return err == nil
	})
	sealed, err := storage.Sealed(path)
	require.NoError(t, err)
	require.True(t, sealed)

	other := newOffice(t, nil)
	other.view.Drop(fyne.Position{}, []fyne.URI{fynestorage.NewFileURI(path)})
	other.read("Import case file")
	see(other, func(l *widget.Label) bool { return strings.HasPrefix(l.Text, "Signed by M. Weber with the key ") })
	other.fill("Passphrase", "a wrong passphrase")
	other.press("Import")
	see(other, func(l *widget.Label) bool { return strings.HasPrefix(l.Text, "festival.spoor.age: failed: ") })
	other.view.Drop(fyne.Position{}, []fyne.URI{fynestorage.NewFileURI(path)})
	other.fill("Passphrase", "a long passphrase")
	other.press("Import")
	other.until(func() bool {
		c, err := other.engine.Case(context.WithoutCancel(t.Context()), "Festival")
		return err == nil && c.Examiner == "M. Weber"
	})
}

func TestTheHomeIsCheckedAndItsAuditLogRead(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) { newCase(t, e, "Festival") })
	o.choose("Go to", "Settings")
	o.press("Check this home")
	o.read("Nothing was altered.")
	o.press("Audit log…")
	o.read("making the case Festival")
	require.False(t, o.reads("Nothing was altered."), "one thing stands at the side at a time")
}

func TestAnExhibitIsExaminedOtherwise(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) {
		newTitle(t, e)
		evidence(t, e, storage.Inbox, "leak.mp4", hash("a"))
	})
	o.read("Full examination")
	o.press("Exhibit")
	o.pick("Examine otherwise…")
	choice := func(option string) {
		see(o, func(s *widget.Select) bool { return slices.Contains(s.Options, option) }).SetSelected(option)
	}
	choice("The Film")
	choice("from the mark alone (blind)")
	o.press("Examine")
	var jobs []storage.Job
	o.until(func() bool {
		var err error
		jobs, err = o.engine.Store().Jobs(t.Context(), storage.JobList{})
		require.NoError(t, err)
		return len(jobs) == 1
	})
	require.Contains(t, string(jobs[0].Args), `"method":"blind"`)
	require.Contains(t, string(jobs[0].Args), `"title":"`)
	require.NotContains(t, string(jobs[0].Args), `"full"`)
}

func TestAnIDIsRegisteredByHand(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) { newTitle(t, e) })
	o.choose("Go to", "Titles")
	o.read("bob@dub.example")
	o.press("Title")
	o.pick("Register an ID…")
	o.fill("Watermark ID", "dora@lab.example")
	o.fill("Company", "Lab")
	o.press("Register")
	o.read("dora@lab.example")
}

const logLine = `8.8.8.8 - - [03/May/2026:10:00:00 +0000] "GET /v/film.mp4?autograph_tag=alice HTTP/1.1" 200 90000 "-" "Player/1.0"` + "\n"

func TestALogIsLookedAtBeforeItIsImported(t *testing.T) {
	dir := saves(t)
	path := filepath.Join(dir, "access.log")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat(logLine, 3)), 0o600))
	o := newOffice(t, nil)
	o.choose("File", "Import a log…")
	o.chooseFileNamed(path)
	o.read("alice")
	see(o, func(l *widget.Label) bool { return strings.HasSuffix(l.Text, ": 3 of the first 3 lines fit.") })
	logs, err := o.engine.Logs(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Empty(t, logs, "it is only looked at")
	o.press("Import")
	o.until(func() bool {
		logs, err = o.engine.Logs(context.WithoutCancel(t.Context()), storage.Page{})
		require.NoError(t, err)
		return len(logs) == 1 && logs[0].Counts.Matched == 3
	})
	o.choose("Go to", "Access logs")
	o.press("Keep from retention")
	o.read("No longer keep from retention")
	o.press("Who fetched an ID…")
	o.fill("Watermark ID", "alice")
	o.press("Show")
	o.read("1 of 1 clients")
	o.press("Back to the logs")
	o.read("access.log")
}

// chooseFileNamed chooses a file in the dialog that asks for one.
func (o *office) chooseFileNamed(path string) {
	o.t.Helper()
	type item interface {
		fyne.Widget
		fyne.Tappable
	}
	named := func(x fyne.CanvasObject) bool {
		return words(x) == filepath.Base(path) || words(x) == strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	var file item
	o.until(func() bool {
		for _, x := range o.objects() { // what lies inside comes after what it lies in
			if tapped, ok := x.(item); ok && slices.ContainsFunc(seen(nil, x), named) {
				file = tapped
			}
		}
		return file != nil
	})
	file.Tapped(nil)
	o.press("Open")
}
