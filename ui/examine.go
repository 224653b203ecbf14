// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

// methods are the ways to examine, as the engine calls them, in the order that they are offered in.
func methods() []string { return []string{"auto", "informed", "blind"} }

func methodNames() []string {
	return []string{
		lang.L("both, the better one first"), lang.L("against the registered original only"), lang.L("from the mark alone (blind)"),
	}
}

// askHowToExamine asks for the options of an examination; n is what it is asked of, and take gets it completed.
func (w *Window) askHowToExamine(name string, n job.Trace, take func(job.Trace)) {
	background(w, func(ctx context.Context) ([]engine.Title, error) {
		return w.engine.Titles(ctx, storage.Page{Limit: 5000})
	}, func(titles []engine.Title, err error) {
		if err != nil {
			w.fail(err)
			return
		}
		names := []string{lang.L("all")}
		for i := range titles {
			names = append(names, titles[i].Name)
		}
		title, method := widget.NewSelect(names, nil), widget.NewSelect(methodNames(), nil)
		title.SetSelectedIndex(0)
		method.SetSelectedIndex(0)
		full := widget.NewCheck(lang.L("read all of it, also when the answer is certain before"), nil)
		inPlace := widget.NewCheck(lang.L("leave the file where it lies instead of copying it into the vault"), nil)
		items := []*widget.FormItem{
			{Text: lang.L("Titles to compare with"), Widget: title},
			{Text: lang.L("Method"), Widget: method},
			{Text: "", Widget: full},
		}
		if n.Leak != "" {
			items = append(items, &widget.FormItem{Text: "", Widget: inPlace})
		}
		w.ask(fmt.Sprintf(lang.L("Examine %s"), name), lang.L("Examine"), items, nil, func(ok bool) {
			if !ok {
				return
			}
			n.Method, n.Full, n.InPlace = methods()[max(method.SelectedIndex(), 0)], full.Checked, inPlace.Checked
			if i := title.SelectedIndex(); i > 0 {
				n.Title = titles[i-1].ID
			}
			take(n)
		})
	})
}

// examineWithOptions asks for a file, and how it is to be examined.
func (w *Window) examineWithOptions() {
	into := w.openCase()
	w.chooseFile(func(path string) {
		w.askHowToExamine(filepath.Base(path), job.Trace{Leak: path, Case: into}, func(n job.Trace) {
			background(w, func(ctx context.Context) (struct{}, error) {
				c, err := w.engine.Case(ctx, n.Case)
				if err != nil {
					return struct{}{}, err
				}
				n.Case = c.ID
				return struct{}{}, w.kept.Add(ctx, n.Job())
			}, func(_ struct{}, err error) { w.fail(err) })
		})
	}, nil)
}

// examineAgain asks how an exhibit is to be examined this time.
func (w *Window) examineAgain(x engine.Exhibit) {
	w.askHowToExamine(x.FileName, job.Trace{Evidence: x.ID, Case: x.CaseID}, func(n job.Trace) {
		order := n.Job()
		order.Name = x.FileName
		w.order(order)
	})
}

// exportFrameHashes asks where to, and writes a hash of every frame of an exhibit.
func (w *Window) exportFrameHashes(x engine.Exhibit) {
	w.chooseNewFile(engine.FileNameFor(x.FileName, ".frames.txt"), func(path string) {
		w.work.Add(filepath.Base(path), func(ctx context.Context, report func(engine.Progress)) error {
			report(engine.Progress{Stage: lang.L("hashing every frame")})
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return fmt.Errorf("the file cannot be made: %w", err)
			}
			out := bufio.NewWriter(f)
			err = w.engine.FrameHashes(ctx, x.ID, "sha256", out)
			if err = errors.Join(err, out.Flush(), f.Close()); err != nil {
				return errors.Join(err, os.Remove(path))
			}
			return nil
		})
	})
}

// exhibitActions lists what can be done with the exhibit that is looked at, beyond what its buttons offer.
func (w *Window) exhibitActions(x engine.Exhibit, bookmark func()) *fyne.Menu {
	return fyne.NewMenu("",
		fyne.NewMenuItem(lang.L("Examine otherwise…"), func() { w.examineAgain(x) }),
		fyne.NewMenuItem(lang.L("Which title is it?"), func() { w.findTitleOf(x) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(lang.L("How it was obtained…"), func() { w.askForAcquisition(x) }),
		fyne.NewMenuItem(lang.L("Bookmark this place…"), bookmark),
		fyne.NewMenuItem(lang.L("Write frame hashes…"), func() { w.exportFrameHashes(x) }))
}
