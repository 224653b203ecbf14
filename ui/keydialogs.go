// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
)

// askForPassphrase asks for a passphrase; for one that is used from now on twice.
func (w *Window) askForPassphrase(title, hint string, fresh bool, take func(passphrase string)) {
	w.askForPassphraseOr(title, hint, fresh, take, func() {})
}

// askForPassphraseOr does something else where none is given.
func (w *Window) askForPassphraseOr(title, hint string, fresh bool, take func(passphrase string), cancelled func()) {
	first, second := newSecret(), newSecret()
	first.Validator = needed(lang.L("a passphrase is needed"))
	items := []*widget.FormItem{{Text: lang.L("Passphrase"), Widget: first, HintText: hint}}
	if fresh {
		second.Validator = func(s string) error {
			if s != first.Text {
				return errors.New(lang.L("the two are not the same"))
			}
			return nil
		}
		items = append(items, &widget.FormItem{Text: lang.L("Once more"), Widget: second})
	}
	w.ask(title, lang.L("Go on"), items, first, func(ok bool) {
		if !ok {
			cancelled()
			return
		}
		take(first.Text)
	})
}

// askToExportKeys writes titles (none: all) with their keys into a file for another office.
func (w *Window) askToExportKeys(titles []string, name string) {
	w.askForPassphrase(lang.L("Export keys"), lang.L("who has file and passphrase can trace, and make copies for anybody"), true,
		func(passphrase string) {
			w.chooseNewFile(engine.FileNameFor(name, ".keys"), func(path string) {
				w.work.Add(filepath.Base(path), func(ctx context.Context, _ func(engine.Progress)) error {
					var content bytes.Buffer
					if _, err := w.engine.ExportKeys(ctx, &content, passphrase, titles); err != nil {
						return err
					}
					return writeNew(path, content.Bytes())
				})
			})
		})
}

// askToImportKeys takes over titles with their keys from such a file.
func (w *Window) askToImportKeys() {
	w.chooseFile(func(path string) {
		w.askForPassphrase(lang.L("Import keys"), lang.L("the one that the file was written with"), false, func(passphrase string) {
			background(w, func(ctx context.Context) ([]storage.Title, error) {
				f, err := os.Open(path)
				if err != nil {
					return nil, err
				}
				defer f.Close()
				return w.engine.ImportKeys(ctx, f, passphrase)
			}, func(added []storage.Title, err error) {
				w.fail(err)
				if err == nil {
					w.status.say(fmt.Sprintf(lang.L("Took over %d titles; what was here already stayed as it was."), len(added)))
				}
				w.current.refresh()
			})
		})
	}, []string{".keys"})
}

// writeNew writes a file that only its owner can read, whole or not at all.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the file cannot be made: %w", err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("the file cannot be written: %w", err), os.Remove(path))
	}
	return nil
}
