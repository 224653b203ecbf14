// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/storage"

	"spoor/engine"
	store "spoor/storage"
	"spoor/ui/desk"
)

// Drop takes in what was dropped on the window: leaks into the case that is open, else into the inbox; access logs where
// these are shown; among titles it asks whether it is an original. Case files are imported. Work starts at once.
func (w *Window) Drop(_ fyne.Position, uris []fyne.URI) {
	paths := make([]string, 0, len(uris))
	for _, u := range uris {
		if strings.HasSuffix(u.Path(), caseSuffix) || strings.HasSuffix(u.Path(), sealedSuffix) {
			w.takeCase(u.Path())
			continue
		}
		paths = append(paths, u.Path())
	}
	if len(paths) == 0 {
		return
	}
	if w.current.view == w.logs.object {
		w.logs.take(paths)
		return
	}
	if w.current.view == w.titles.object {
		w.titles.askWhatDropped(paths)
		return
	}
	w.trace(paths)
}

// Take takes in files and folders by their names, as if they were dropped on the window.
func (w *Window) Take(paths []string) {
	var uris []fyne.URI
	for _, path := range paths {
		if abs, err := filepath.Abs(path); err == nil { // else there is no folder to be in, and no file
			uris = append(uris, storage.NewFileURI(abs))
		}
	}
	w.Drop(fyne.Position{}, uris)
}

// openCase is the case that leaks go to.
func (w *Window) openCase() string {
	if w.current.view == w.cases.object && w.cases.open.caseID() != "" {
		return w.cases.open.caseID()
	}
	return store.Inbox
}

// trace has each leak traced, and those in folders.
func (w *Window) trace(paths []string) {
	into := w.openCase()
	if into == store.Inbox && w.current.view != w.inbox.object {
		w.show(w.placeOf(w.inbox.object))
	}
	w.work.Add(intakeName(paths), func(ctx context.Context, report func(engine.Progress)) error {
		c, err := w.engine.Case(ctx, into)
		if err != nil {
			return err
		}
		return desk.TakeLeaks(ctx, paths, c.ID, w.kept.Add, report)
	})
}

// intakeName is what the taking in of files is called.
func intakeName(paths []string) string {
	if len(paths) == 1 {
		return filepath.Base(paths[0])
	}
	return fmt.Sprintf(lang.L("%d files"), len(paths))
}

// chooseLeak asks for a file to trace.
func (w *Window) chooseLeak() {
	w.chooseFile(func(path string) { w.trace([]string{path}) }, nil)
}

// chooseNewFile asks where a file is to be written.
func (w *Window) chooseNewFile(name string, take func(path string)) {
	ask := dialog.NewFileSave(func(u fyne.URIWriteCloser, err error) {
		if err != nil {
			w.fail(err)
			return
		}
		if u == nil {
			return
		}
		path := u.URI().Path() // the dialog has made it, empty, after asking where it was there already
		w.fail(errors.Join(u.Close(), os.Remove(path)))
		take(path)
	}, w.win)
	ask.SetFileName(name)
	ask.SetConfirmText(lang.L("Write"))
	ask.Show()
	ask.Resize(fyne.NewSize(900, 600)) // not before: there is nothing to be resized
}

// chooseFolder asks for a folder.
func (w *Window) chooseFolder(take func(path string)) {
	ask := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		w.fail(err)
		if err == nil && u != nil {
			take(u.Path())
		}
	}, w.win)
	ask.SetConfirmText(lang.L("Choose"))
	ask.Show()
	ask.Resize(fyne.NewSize(900, 600)) // not before: there is nothing to be resized
}

// chooseFile asks for a file that is there. extensions may be nil: any.
func (w *Window) chooseFile(take func(path string), extensions []string) {
	ask := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil {
			w.fail(err)
			return
		}
		if r == nil {
			return
		}
		path := r.URI().Path()
		w.fail(r.Close())
		take(path)
	}, w.win)
	if extensions != nil {
		ask.SetFilter(storage.NewExtensionFileFilter(extensions))
	}
	ask.SetConfirmText(lang.L("Open"))
	ask.Show()
	ask.Resize(fyne.NewSize(900, 600)) // not before: there is nothing to be resized
}
