// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
	"spoor/ui/widgets"
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

// askForTag asks for an ID and registers it, without making a copy.
func (v *titlesView) askForTag(t engine.Title) {
	tag, name, company, email, note := newField(""), newField(""), newField(""), newField(""), newField("")
	tag.Validator = storage.ValidTag
	v.window.ask(lang.L("Register an ID"), lang.L("Register"), []*widget.FormItem{
		{Text: lang.L("Watermark ID"), Widget: tag, HintText: lang.L("names the recipient; shown when the copy leaks")},
		{Text: lang.L("Name"), Widget: name},
		{Text: lang.L("Company"), Widget: company},
		{Text: lang.L("E-mail"), Widget: email},
		{Text: lang.L("Note"), Widget: note},
	}, tag, func(ok bool) {
		if !ok {
			return
		}
		one := storage.Tag{Text: tag.Text, Name: name.Text, Company: company.Text, Email: email.Text, Note: note.Text}
		v.window.change(fmt.Sprintf(lang.L("Registered %s"), one.Text), func(ctx context.Context) error {
			_, err := v.window.engine.AddTags(ctx, t.ID, func(yield func(storage.Tag, error) bool) { yield(one, nil) })
			return err
		}, nil)
	})
}

// copyOptions are fields for how copies are made.
type copyOptions struct {
	strength *widget.Select
	encoder  *field
	original *fileField
	second   *widget.Check
}

func (v *titlesView) newCopyOptions() *copyOptions {
	o := &copyOptions{
		strength: strengths(), encoder: newField(""), original: v.window.fileField(),
		second: widget.NewCheck(lang.L("also where the ID was issued before, or the file is there"), nil),
	}
	o.encoder.SetPlaceHolder("-c:v libx264 -preset medium -crf 18")
	return o
}

func (o *copyOptions) items() []*widget.FormItem {
	return []*widget.FormItem{
		{Text: lang.L("Strength"), Widget: o.strength, HintText: lang.L("normal cannot be seen; strong survives more")},
		{Text: lang.L("Encoder"), Widget: o.encoder, HintText: lang.L("options of ffmpeg, between blanks; empty: as shown")},
		{Text: lang.L("Original"), Widget: o.original.object, HintText: lang.L("where it lies now, if it was moved")},
		{Text: "", Widget: o.second},
	}
}

// of is what is to be made of a title, so.
func (o *copyOptions) of(titleID string, orders []engine.Order) *engine.MarkOptions {
	return &engine.MarkOptions{
		Title: titleID, Orders: orders, Strength: o.strength.Selected, Encoder: strings.Fields(o.encoder.Text),
		Original: o.original.path(), Force: o.second.Checked, Continue: len(orders) > 1,
	}
}

// askForCopy asks for whom a copy is and where it goes, and makes it.
func (v *titlesView) askForCopy(t engine.Title) {
	tag, out, how := newField(""), newField(""), v.newCopyOptions()
	tag.SetPlaceHolder(lang.L("alice@press.example"))
	tag.Validator = storage.ValidTag
	dir := filepath.Dir(t.Original.Path)
	tag.OnChanged = func(s string) { out.SetText(filepath.Join(dir, engine.FileNameFor(s, filepath.Ext(t.FileName)))) }
	items := []*widget.FormItem{
		{Text: lang.L("Watermark ID"), Widget: tag, HintText: lang.L("names the recipient; shown when the copy leaks")},
		{Text: lang.L("File"), Widget: out},
	}
	v.window.ask(lang.L("Issue a marked copy"), lang.L("Make copy"), append(items, how.items()...), tag, func(ok bool) {
		if ok {
			v.mark(tag.Text, func(context.Context) (*engine.MarkOptions, error) {
				return how.of(t.ID, []engine.Order{{Tag: storage.Tag{Text: tag.Text}, Out: out.Text}}), nil
			})
		}
	})
}

// askForCopies asks for a list of recipients and a folder, and makes a copy for each. Those that are there already are not made
// again.
func (v *titlesView) askForCopies(t engine.Title) {
	v.window.chooseFile(func(list string) {
		v.window.chooseFolder(func(dir string) {
			how := v.newCopyOptions()
			items := []*widget.FormItem{
				{Text: lang.L("List"), Widget: widgets.Code(list)}, {Text: lang.L("Folder"), Widget: widgets.Code(dir)},
			}
			v.window.ask(lang.L("Issue copies from CSV"), lang.L("Make copies"), append(items, how.items()...), nil, func(ok bool) {
				if ok {
					v.mark(filepath.Base(list), func(ctx context.Context) (*engine.MarkOptions, error) {
						orders, err := v.window.engine.OrdersOf(ctx, t.ID, list, dir)
						return how.of(t.ID, orders), err
					})
				}
			})
		})
	}, []string{".csv", ".txt", ".tsv"})
}

// mark has copies made, as one piece of work that goes on where it was stopped.
func (v *titlesView) mark(name string, options func(context.Context) (*engine.MarkOptions, error)) {
	background(v.window, func(ctx context.Context) (struct{}, error) {
		o, err := options(ctx)
		if err != nil {
			return struct{}{}, err
		}
		m, err := job.MarkOf(o)
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
