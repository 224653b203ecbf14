// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"github.com/stretchr/testify/require"

	"spoor/engine"
	store "spoor/storage"
)

// TestEveryPlaceFitsASmallWindow: 640x400 is also what is left of a screen of 1280x800 at a scale of 200 %.
func TestEveryPlaceFitsASmallWindow(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) {
		newCase(t, e, "A case with a name that is far too long for a window of this size, and goes on and on")
		evidence(t, e, store.Inbox, strings.Repeat("long", 40)+".mp4", hash("a"))
		newTitle(t, e)
		r := store.Remote{Name: "team", URL: "https://team.example", ClientID: store.NewID()}
		require.NoError(t, e.Store().AddRemote(t.Context(), &r, "x"))
	})
	for place, shows := range map[string]string{
		"Inbox": "Full examination", "Cases": "Number", "Titles": "bob@dub.example", "Access logs": "No access logs yet",
		"Sync": "Copied from there", "Settings": "Settings",
	} {
		o.choose("Go to", place)
		o.read(shows)
		o.window.Resize(fyne.NewSize(640, 400))
		size := o.window.Canvas().Content().MinSize()
		require.LessOrEqual(t, size.Width, float32(640), place)
		require.LessOrEqual(t, size.Height, float32(400), place)
	}
}

func TestWhatIsDroppedDuringTheStartIsTaken(t *testing.T) {
	dir := t.TempDir()
	hostile := filepath.Join(dir, "not really a film.mp4")
	require.NoError(t, os.WriteFile(hostile, []byte("#EXTM3U\nfile:///etc/passwd"), 0o600))
	unreadable := filepath.Join(dir, "a folder that does not open")
	require.NoError(t, os.Mkdir(unreadable, 0o000))
	o := newOffice(t, func(e *engine.Engine) { newTitle(t, e) })
	uris := []fyne.URI{
		storage.NewFileURI(hostile), storage.NewFileURI(hostile), storage.NewFileURI(filepath.Join(dir, "vanished.mp4")),
	}
	o.view.Drop(fyne.Position{}, uris)
	failed := func(name string) func() bool {
		return func() bool {
			return slices.ContainsFunc(o.texts(), func(s string) bool { return strings.HasPrefix(s, name+": failed: ") })
		}
	}
	o.press("Work")
	o.until(failed("not really a film.mp4"))
	o.until(failed("vanished.mp4"))
	list, err := o.engine.Store().Jobs(t.Context(), store.JobList{})
	require.NoError(t, err)
	require.Len(t, list, 2, "the same file twice is looked at once")
}

func TestWithoutFFmpegTheWindowSaysHowToGetIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	o := newOffice(t, nil)
	o.until(func() bool {
		return slices.ContainsFunc(o.texts(), func(s string) bool {
			return strings.HasPrefix(s, "Spoor needs ffmpeg, which is missing: ") && strings.Contains(s, "apt install ffmpeg")
		})
	})
	o.press("Put away")
	o.read("First the original")
}
