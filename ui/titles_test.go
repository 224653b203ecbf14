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

// newTitle puts a title without a file on record, with two recipients of whom one has a copy.
func newTitle(t *testing.T, e *engine.Engine) store.Title {
	t.Helper()
	title := store.Title{ID: store.NewID(), Name: "The Film", FileName: "film.mp4", SHA256: hash("f"), Size: 1, Width: 1280, Height: 720}
	key, err := e.Store().NewTitleKey(title.ID)
	require.NoError(t, err)
	require.NoError(t, e.Store().AddTitle(t.Context(), &title, key))
	_, err = e.Store().AddTags(t.Context(), title.ID, func(yield func(store.Tag, error) bool) {
		_ = yield(store.Tag{Text: "alice@press.example", Company: "Press Ltd"}, nil) && yield(store.Tag{Text: "bob@dub.example"}, nil)
	})
	require.NoError(t, err)
	require.NoError(t, e.Store().AddCopy(t.Context(), &store.Copy{
		TitleID: title.ID, TagOrdinal: 1, Path: "/copies/alice.mp4", SHA256: hash("c"), Strength: "normal", PSNR: 49.4, SSIM: 1,
	}, false))
	return title
}

func TestATitleShowsWhatWasIssuedToWhom(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) { newTitle(t, e) })
	o.choose("Go to", "Titles")
	o.read("Recipients: 2 registered, 1 issued")
	for _, text := range []string{"alice@press.example", "Press Ltd", "/copies/alice.mp4", "bob@dub.example"} {
		o.read(text)
	}
	o.read("Reference: none. Build it from the original, or import it, so that leaks are read against the original.")
	o.press("Title")
	o.pick("Remove…")
	o.press("Remove with its key")
	o.read("No titles yet")
}

func TestKeysGoToAnotherOffice(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	var title store.Title
	o := newOffice(t, func(e *engine.Engine) { title = newTitle(t, e) })
	o.choose("Go to", "Titles")
	o.read("bob@dub.example")
	o.press("Title")
	o.pick("Export the key…")
	o.fill("Passphrase", "a long passphrase")
	o.fill("Once more", "a long passphrase")
	o.press("Go on")
	o.press("Write")
	var files []string
	o.until(func() bool {
		var err error
		files, err = filepath.Glob(filepath.Join(home, "*.keys"))
		require.NoError(t, err)
		return len(files) == 1 && !o.reads("Write")
	})
	o.until(func() bool {
		return slices.ContainsFunc(o.objects(), func(x fyne.CanvasObject) bool { return words(x) != "" })
	})
	other, err := engine.Open(t.Context(), filepath.Join(t.TempDir(), "other"))
	require.NoError(t, err)
	defer other.Close()
	f, err := os.Open(files[0])
	require.NoError(t, err)
	defer f.Close()
	added, err := other.ImportKeys(t.Context(), f, "a long passphrase")
	require.NoError(t, err)
	require.Equal(t, title.ID, added[0].ID)
}

func TestWhatIsDroppedAmongTitlesIsAskedFor(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) { newTitle(t, e) })
	o.choose("Go to", "Titles")
	o.read("bob@dub.example")
	o.view.Drop(fyne.Position{}, []fyne.URI{storage.NewFileURI(filepath.Join(t.TempDir(), "no such film.mp4"))})
	o.press("Register the original")
	told := func(s string) bool { return strings.HasPrefix(s, "no such film.mp4: failed: ") }
	o.until(func() bool { return slices.ContainsFunc(o.texts(), told) })
	o.press("Work")
	o.read("no such film.mp4")
	require.True(t, slices.ContainsFunc(o.texts(), told), "the list of work says why as well")
	o.press("Work")
	require.False(t, o.reads("no such film.mp4"), "the second time it closes")
}
