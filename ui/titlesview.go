// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/engine/reference"
	"spoor/ui/widgets"
)

// titlesView lists the titles under protection and shows the chosen one: what it is, what can be done with it, who was given
// copies of it.
type titlesView struct {
	*listView[engine.Title]
	window     *Window
	shown      engine.Title
	stage      string // of the work that goes on
	top        *fyne.Container
	reference  *widget.Label
	recipients *recipientsView
}

func newTitlesView(w *Window) *titlesView {
	v := &titlesView{window: w, top: container.NewVBox(), reference: widgets.Prose(""), recipients: newRecipientsView(w)}
	right := container.NewPadded(container.NewBorder(v.top, nil, nil, nil, v.recipients.object))
	v.listView = newListView(w, listPlan[engine.Title]{
		load: v.load, id: func(t engine.Title) string { return t.ID },
		row: func(t engine.Title) (name, note string) {
			return t.Name, fmt.Sprintf(lang.L("%s · IDs: %d"), clock(t.Duration), t.Tags)
		},
		show: v.fill, right: right, share: 0.22,
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
	v.shown = t
	v.top.RemoveAll()
	v.top.Add(widgets.Heading(t.Name))
	v.top.Add(v.buttons(t))
	facts := widgets.Facts([]widgets.Fact{
		{Name: lang.L("Length"), Value: clock(t.Duration)},
		{Name: lang.L("Picture"), Value: fmt.Sprintf(lang.L("%d × %d, %s frames a second"), t.Width, t.Height, t.FrameRate)},
		{Name: lang.L("Expected strength"), Value: fmt.Sprintf(lang.L("score %.1f of 32: %s"), t.Expected.Score, t.Expected.Words)},
		{Name: lang.L("Original"), Value: t.Original.Path, Code: true},
		{Name: lang.L("SHA-256"), Value: t.SHA256, Code: true},
		{Name: lang.L("Registered"), Value: moment(t.CreatedAt)},
		{Name: lang.L("Title ID"), Value: t.ID, Code: true},
	})
	more := widget.NewAccordion(widget.NewAccordionItem(lang.L("The original"), facts))
	v.top.Add(more)
	v.top.Add(v.reference)
	v.top.Add(widgets.Subheading(fmt.Sprintf(lang.L("Recipients: %d registered, %d issued"), t.Tags, t.Issued)))
	v.top.Refresh()
	v.recipients.show(t.ID)
	v.tellReference(t)
}

// buttons are what is done most often, and a menu of the rest.
func (v *titlesView) buttons(t engine.Title) fyne.CanvasObject {
	copyOut := widget.NewButtonWithIcon(lang.L("Issue a marked copy…"), theme.DocumentSaveIcon(), func() { v.askForCopy(t) })
	copyOut.Importance = widget.HighImportance
	many := widget.NewButtonWithIcon(lang.L("Issue copies from CSV…"), theme.ContentCopyIcon(), func() { v.askForCopies(t) })
	more := widget.NewButtonWithIcon(lang.L("Title"), theme.MenuDropDownIcon(), nil)
	more.IconPlacement = widget.ButtonIconTrailingText
	more.OnTapped = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(more).AddXY(0, more.Size().Height)
		widget.ShowPopUpMenuAtPosition(v.menu(t), v.window.win.Canvas(), at)
	}
	return container.NewHBox(copyOut, many, more)
}

func (v *titlesView) menu(t engine.Title) *fyne.Menu {
	return fyne.NewMenu("",
		fyne.NewMenuItem(lang.L("Register an ID…"), func() { v.askForTag(t) }),
		fyne.NewMenuItem(lang.L("Import IDs from CSV…"), func() { v.importTags(t) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(lang.L("Build the reference again…"), func() { v.rebuild(t) }),
		fyne.NewMenuItem(lang.L("Export the reference…"), func() { v.exportReference(t) }),
		fyne.NewMenuItem(lang.L("Import a reference…"), v.importReference),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(lang.L("Export the key…"), func() { v.window.askToExportKeys([]string{t.ID}, t.Name) }),
		fyne.NewMenuItem(lang.L("Import keys…"), v.window.askToImportKeys),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(lang.L("Remove…"), func() { v.askToRemove(t) }))
}

// tellReference says what the reference of a title holds, or that there is none.
func (v *titlesView) tellReference(t engine.Title) {
	background(v.window, func(context.Context) (reference.Facts, error) { return v.window.engine.ReferenceFacts(t.ID) },
		func(f reference.Facts, err error) {
			if v.shown.ID != t.ID {
				return
			}
			words := fmt.Sprintf(lang.L("Reference: %d pictures of %d × %d, %d keypoints. "+
				"With it leaks are found and read against the original."),
				f.Pictures, f.Width, f.Height, f.Points)
			switch {
			case reference.KindOf(err) == reference.Missing:
				words = lang.L("Reference: none. Build it from the original, or import it, so that leaks are read against the original.")
			case err != nil:
				words = err.Error()
			}
			v.reference.SetText(words)
		})
}

// askForTitle asks for an original and its name, and registers it.
func (v *titlesView) askForTitle() {
	v.window.chooseFile(func(path string) {
		name := newField(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
		name.Validator = needed(lang.L("a title needs a name"))
		v.window.ask(lang.L("Register a title"), lang.L("Register"), []*widget.FormItem{
			{
				Text: lang.L("Original"), Widget: widgets.Code(path),
				HintText: lang.L("stays where it is; it is needed again to make copies"),
			},
			{Text: lang.L("Name"), Widget: name},
		}, name, func(ok bool) {
			if ok {
				v.register(path, strings.TrimSpace(name.Text))
			}
		})
	}, nil)
}

// register makes an original a title. name may be "": that of the file.
func (v *titlesView) register(path, name string) {
	v.window.order(job.Title{File: path, Name: name}.Job())
}

// askWhatDropped asks whether files that were dropped among the titles are originals or leaks.
func (v *titlesView) askWhatDropped(paths []string) {
	v.window.askWhich(lang.L("What is it?"), fmt.Sprintf(
		lang.L("%s: an original to be registered as a title, or a leak to be traced?"), filepath.Base(paths[0])),
		choice{lang.L("Register the original"), func() {
			for _, path := range paths {
				v.register(path, "")
			}
		}},
		choice{lang.L("Trace the leak"), func() { v.window.trace(paths) }})
}

// askToRemove asks once more, and forgets a title with its key.
func (v *titlesView) askToRemove(t engine.Title) {
	words := fmt.Sprintf(lang.L("Its key goes too: %d copies that were issued can never be traced again. The original file is "+
		"not touched. This cannot be taken back."), t.Issued)
	ask := dialog.NewConfirm(fmt.Sprintf(lang.L("Remove %s?"), t.Name), words, func(yes bool) {
		if !yes {
			return
		}
		v.chosen = ""
		v.window.change(fmt.Sprintf(lang.L("Removed %s"), t.Name), func(ctx context.Context) error {
			_, err := v.window.engine.RemoveTitle(ctx, t.ID, true)
			return err
		}, nil)
	}, v.window.win)
	ask.SetConfirmText(lang.L("Remove with its key"))
	ask.SetDismissText(lang.L("Keep"))
	ask.SetConfirmImportance(widget.DangerImportance)
	ask.Show()
}
