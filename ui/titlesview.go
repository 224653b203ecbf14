// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/widgets"
)

// titlesView lists the titles under protection and shows the chosen one, with what can be done with it.
type titlesView struct {
	*listView[engine.Title]
	window *Window
	detail *fyne.Container
}

func newTitlesView(w *Window) *titlesView {
	v := &titlesView{window: w, detail: container.NewVBox()}
	v.listView = newListView(w, listPlan[engine.Title]{
		load: v.load, id: func(t engine.Title) string { return t.ID },
		row: func(t engine.Title) (name, note string) {
			return t.Name, fmt.Sprintf(lang.L("%s, %d IDs"), clock(t.Duration), t.Tags)
		},
		show: v.fill, right: container.NewVScroll(container.NewPadded(v.detail)), share: 0.3,
		addName: lang.L("Register a title…"), add: v.askForTitle,
		emptyIcon: theme.MediaVideoIcon(), emptyName: lang.L("No titles yet"),
		emptyText: lang.L("A title is an original video under protection. Register it once; then issue copies, each with an invisible " +
			"mark that names its recipient."),
	})
	return v
}

func (v *titlesView) load(ctx context.Context, last *engine.Title) ([]engine.Title, error) {
	return v.window.engine.Titles(ctx, pageAfter(last, v.id, 200))
}

func (v *titlesView) fill(t engine.Title) {
	v.detail.RemoveAll()
	copyOut := widget.NewButtonWithIcon(lang.L("Issue a marked copy…"), theme.DocumentSaveIcon(), func() { v.askForCopy(t) })
	copyOut.Importance = widget.HighImportance
	tags := widget.NewButtonWithIcon(lang.L("Import IDs from CSV…"), theme.ContentAddIcon(), func() { v.importTags(t) })
	v.detail.Add(widgets.Heading(t.Name))
	v.detail.Add(container.NewHBox(copyOut, tags))
	v.detail.Add(widgets.NewPanel(widgets.Facts([]widgets.Fact{
		{Name: lang.L("Length"), Value: clock(t.Duration)},
		{Name: lang.L("Picture"), Value: fmt.Sprintf(lang.L("%d × %d, %s frames a second"), t.Width, t.Height, t.FrameRate)},
		{Name: lang.L("Expected strength"), Value: fmt.Sprintf(lang.L("score %.1f of 32: %s"), t.Expected.Score, t.Expected.Words)},
		{Name: lang.L("Watermark IDs"), Value: fmt.Sprintf(lang.L("%d registered, %d issued"), t.Tags, t.Issued)},
		{Name: lang.L("Original"), Value: t.Original.Path, Code: true},
		{Name: lang.L("SHA-256"), Value: t.SHA256, Code: true},
		{Name: lang.L("Registered"), Value: moment(t.CreatedAt)},
		{Name: lang.L("Title ID"), Value: t.ID, Code: true},
	}), ""))
	v.detail.Refresh()
}

// askForTitle asks for an original and registers it.
func (v *titlesView) askForTitle() {
	v.window.chooseFile(func(path string) {
		v.window.work.Add(filepath.Base(path), func(ctx context.Context, report func(engine.Progress)) error {
			_, err := v.window.engine.AddTitle(ctx, engine.TitleOptions{File: path, Progress: report})
			return err
		})
	}, nil)
}

// importTags registers the IDs of a list.
func (v *titlesView) importTags(t engine.Title) {
	v.window.chooseFile(func(path string) {
		v.window.work.Add(filepath.Base(path), func(ctx context.Context, report func(engine.Progress)) error {
			_, err := v.window.engine.ImportTags(ctx, t.ID, path, report)
			return err
		})
	}, []string{".csv", ".txt", ".tsv"})
}

// askForCopy asks for whom a copy is and where it goes, and makes it.
func (v *titlesView) askForCopy(t engine.Title) {
	tag, out := widget.NewEntry(), widget.NewEntry()
	tag.SetPlaceHolder(lang.L("alice@press.example"))
	tag.Validator = storage.ValidTag
	strength := widget.NewSelect([]string{"light", "normal", "strong"}, nil)
	strength.SetSelected("normal")
	dir := filepath.Dir(t.Original.Path)
	tag.OnChanged = func(s string) { out.SetText(filepath.Join(dir, engine.FileNameFor(s, filepath.Ext(t.FileName)))) }
	form := dialog.NewForm(lang.L("Issue a marked copy"), lang.L("Make copy"), lang.L("Cancel"), []*widget.FormItem{
		{Text: lang.L("Watermark ID"), Widget: tag, HintText: lang.L("names the recipient; shown when the copy leaks")},
		{Text: lang.L("File"), Widget: out},
		{Text: lang.L("Strength"), Widget: strength, HintText: lang.L("normal cannot be seen; strong survives more")},
	}, func(ok bool) {
		if ok {
			v.mark(t, tag.Text, out.Text, strength.Selected)
		}
	}, v.window.win)
	form.Resize(fyne.NewSize(560, 0))
	form.Show()
	v.window.win.Canvas().Focus(tag)
}

func (v *titlesView) mark(t engine.Title, tag, out, strength string) {
	v.window.work.Add(tag, func(ctx context.Context, report func(engine.Progress)) error {
		_, err := v.window.engine.Mark(ctx, engine.MarkOptions{
			Title: t.ID, Orders: []engine.Order{{Tag: storage.Tag{Text: tag}, Out: out}}, Strength: strength, Progress: report,
		})
		return err
	})
}
