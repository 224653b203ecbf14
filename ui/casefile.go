// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/report"
	"spoor/report/casereport"
	"spoor/storage"
	"spoor/ui/widgets"
)

// Ends of the names of files that a case is exported into: as it is, and encrypted.
const (
	caseSuffix   = ".spoor"
	sealedSuffix = ".spoor.age"
)

// exportCase asks how and where to, and writes the case as one file.
func (w *Window) exportCase() {
	c, ok := w.caseInView()
	if !ok {
		return
	}
	passphrase, again := newSecret(), newSecret()
	again.Validator = func(s string) error {
		if s != passphrase.Text {
			return errors.New(lang.L("the two are not the same"))
		}
		return nil
	}
	sign := widget.NewCheck(lang.L("sign it with the key of this office"), nil)
	sign.SetChecked(true)
	w.ask(lang.L("Export case file"), lang.L("Go on"), []*widget.FormItem{
		{Text: lang.L("Case"), Widget: widget.NewLabel(c.Name)},
		{Text: lang.L("Passphrase"), Widget: passphrase, HintText: lang.L("encrypts the file (age); empty: not encrypted")},
		{Text: lang.L("Once more"), Widget: again},
		{Text: "", Widget: sign},
	}, passphrase, func(ok bool) {
		if !ok {
			return
		}
		suffix := caseSuffix
		if passphrase.Text != "" {
			suffix = sealedSuffix
		}
		w.chooseNewFile(engine.FileNameFor(c.Name, suffix), func(path string) { w.writeCase(c, path, passphrase.Text, sign.Checked) })
	})
}

func (w *Window) writeCase(c engine.Case, path, passphrase string, sign bool) {
	w.work.Add(filepath.Base(path), func(ctx context.Context, report func(engine.Progress)) error {
		var err error
		if passphrase == "" {
			_, _, err = w.engine.ExportCase(ctx, c.ID, path, report)
		} else {
			_, _, err = w.engine.ExportSealedCase(ctx, c.ID, path, passphrase, report)
		}
		if err == nil && sign {
			_, err = casereport.SignCaseFile(w.engine, path, c.Examiner)
		}
		return err
	})
}

// importCase asks for a case file and takes it in.
func (w *Window) importCase() {
	w.chooseFile(w.takeCase, []string{caseSuffix, ".age", ".zip"})
}

// caseFile is what is known of a case file before it is taken in.
type caseFile struct {
	sealed bool
	signed string // by whom, in words
}

// takeCase takes in a case file after all of it was checked. Who signed it is told, and where it is encrypted its passphrase asked.
func (w *Window) takeCase(path string) {
	background(w, func(context.Context) (caseFile, error) {
		sealed, err := storage.Sealed(path)
		if err != nil {
			return caseFile{}, err
		}
		said, err := report.VerifyFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return caseFile{sealed, lang.L("There is no signature beside the file: who made it cannot be told.")}, nil
		case err != nil:
			return caseFile{}, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		return caseFile{sealed, fmt.Sprintf(lang.L("Signed by %s with the key %s."), signerWords(said.Signer), said.Key)}, nil
	}, func(f caseFile, err error) {
		w.fail(err)
		if err == nil {
			w.askToTakeCase(path, f)
		}
	})
}

func (w *Window) askToTakeCase(path string, f caseFile) {
	passphrase, check := newSecret(), widget.NewCheck(lang.L("only check it, and change nothing"), nil)
	items := []*widget.FormItem{
		{Text: lang.L("File"), Widget: widgets.Code(filepath.Base(path))}, {Text: lang.L("Signature"), Widget: widgets.Prose(f.signed)},
	}
	if f.sealed {
		passphrase.Validator = needed(lang.L("a passphrase is needed"))
		items = append(items, &widget.FormItem{
			Text: lang.L("Passphrase"), Widget: passphrase, HintText: lang.L("the one that the file was written with"),
		})
	}
	items = append(items, &widget.FormItem{Text: "", Widget: check})
	w.ask(lang.L("Import case file"), lang.L("Import"), items, passphrase, func(ok bool) {
		if ok {
			w.readCase(path, passphrase.Text, check.Checked)
		}
	})
}

func (w *Window) readCase(path, passphrase string, only bool) {
	w.work.Add(filepath.Base(path), func(ctx context.Context, report func(engine.Progress)) error {
		plain, done, err := w.engine.OpenCaseFile(ctx, path, func() (string, error) { return passphrase, nil })
		if err != nil {
			return err
		}
		defer done()
		if !only {
			_, err = w.engine.ImportCase(ctx, plain, report)
			return err
		}
		c, files, err := w.engine.CheckCaseFile(ctx, plain, report)
		if err == nil {
			onWindow(func() {
				w.notice.show(fmt.Sprintf(lang.L("The file is whole: the case %s, with %d files whose hashes are right."), c.Name, files))
			})
		}
		return err
	})
}
