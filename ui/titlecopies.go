// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"path/filepath"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

// importTags registers the IDs of a list.
func (v *titlesView) importTags(t engine.Title) {
	v.window.chooseFile(func(path string) {
		v.window.order(job.Tags{Title: t.ID, File: path}.Job())
	}, []string{".csv", ".txt", ".tsv"})
}

// strengths is the choice of how strong the mark of a copy is.
func strengths() *widget.Select {
	choice := widget.NewSelect([]string{"light", "normal", "strong"}, nil)
	choice.SetSelected("normal")
	return choice
}

// askForCopy asks for whom a copy is and where it goes, and makes it.
func (v *titlesView) askForCopy(t engine.Title) {
	tag, out, strength := newField(""), newField(""), strengths()
	tag.SetPlaceHolder(lang.L("alice@press.example"))
	tag.Validator = storage.ValidTag
	dir := filepath.Dir(t.Original.Path)
	tag.OnChanged = func(s string) { out.SetText(filepath.Join(dir, engine.FileNameFor(s, filepath.Ext(t.FileName)))) }
	v.window.ask(lang.L("Issue a marked copy"), lang.L("Make copy"), []*widget.FormItem{
		{Text: lang.L("Watermark ID"), Widget: tag, HintText: lang.L("names the recipient; shown when the copy leaks")},
		{Text: lang.L("File"), Widget: out},
		{Text: lang.L("Strength"), Widget: strength, HintText: lang.L("normal cannot be seen; strong survives more")},
	}, tag, func(ok bool) {
		if ok {
			v.mark(t, tag.Text, strength.Selected, func(context.Context) ([]engine.Order, error) {
				return []engine.Order{{Tag: storage.Tag{Text: tag.Text}, Out: out.Text}}, nil
			})
		}
	})
}

// askForCopies asks for a list of recipients and a folder, and makes a copy for each. Those that are there already are not made
// again.
func (v *titlesView) askForCopies(t engine.Title) {
	v.window.chooseFile(func(list string) {
		v.window.chooseFolder(func(dir string) {
			strength := strengths()
			v.window.ask(lang.L("Issue copies from CSV"), lang.L("Make copies"), []*widget.FormItem{
				{Text: lang.L("List"), Widget: widget.NewLabel(list)},
				{Text: lang.L("Folder"), Widget: widget.NewLabel(dir)},
				{Text: lang.L("Strength"), Widget: strength, HintText: lang.L("normal cannot be seen; strong survives more")},
			}, nil, func(ok bool) {
				if ok {
					v.mark(t, filepath.Base(list), strength.Selected, func(ctx context.Context) ([]engine.Order, error) {
						return v.window.engine.OrdersOf(ctx, t.ID, list, dir)
					})
				}
			})
		})
	}, []string{".csv", ".txt", ".tsv"})
}

// mark has copies made, as one piece of work that goes on where it was stopped.
func (v *titlesView) mark(t engine.Title, name, strength string, orders func(context.Context) ([]engine.Order, error)) {
	background(v.window, func(ctx context.Context) (struct{}, error) {
		list, err := orders(ctx)
		if err != nil {
			return struct{}{}, err
		}
		m, err := job.MarkOf(&engine.MarkOptions{Title: t.ID, Orders: list, Strength: strength, Continue: len(list) > 1})
		if err != nil {
			return struct{}{}, err
		}
		n := m.Job()
		n.Name = name
		return struct{}{}, v.window.kept.Add(ctx, n)
	}, func(_ struct{}, err error) { v.window.fail(err) })
}

// workChanged shows a copy that was made as soon as the next one is begun.
func (v *titlesView) workChanged() {
	job, _, _ := v.window.busyWith()
	if v.window.current.view != v.object || job.Progress.Stage == v.stage {
		return
	}
	v.stage = job.Progress.Stage
	if v.recipients.title != "" {
		v.recipients.show(v.recipients.title)
	}
}

// rebuild builds the reference of a title again, from its original.
func (v *titlesView) rebuild(t engine.Title) {
	build := func(original string) {
		v.window.order(job.Reference{Title: t.ID, Original: original}.Job())
	}
	v.window.askWhich(lang.L("Build the reference again"),
		fmt.Sprintf(lang.L("From the file that was registered, %s?"), t.Original.Path),
		choice{lang.L("Yes"), func() { build("") }},
		choice{lang.L("It lies elsewhere…"), func() { v.window.chooseFile(build, nil) }})
}

func (v *titlesView) exportReference(t engine.Title) {
	v.window.chooseNewFile(engine.FileNameFor(t.Name, ".ref"), func(path string) {
		v.window.work.Add(filepath.Base(path), func(ctx context.Context, _ func(engine.Progress)) error {
			_, err := v.window.engine.ExportReference(ctx, t.ID, path, false)
			return err
		})
	})
}

func (v *titlesView) importReference() {
	v.window.chooseFile(func(path string) {
		v.window.work.Add(filepath.Base(path), func(ctx context.Context, _ func(engine.Progress)) error {
			_, err := v.window.engine.ImportReference(ctx, path)
			return err
		})
	}, []string{".ref"})
}
