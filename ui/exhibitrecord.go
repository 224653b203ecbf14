// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// exhibitRecord is what people wrote down about an exhibit: where else it is known, how it was obtained, and the places in it
// that somebody pointed at. at tells which place is looked at, seek goes to one.
func (w *Window) exhibitRecord(x engine.Exhibit, at func() time.Duration, seek func(time.Duration)) fyne.CanvasObject {
	column := container.NewVBox()
	if len(x.KnownIn) > 0 {
		icon := widget.NewIcon(theme.NewColoredResource(theme.InfoIcon(), look.ColorMarked))
		words := fmt.Sprintf(lang.L("This very file is known: it is an exhibit of %s too."), strings.Join(x.KnownIn, ", "))
		column.Add(container.NewBorder(nil, nil, container.NewVBox(icon), nil, widgets.Prose(words)))
	}
	edit := widget.NewButtonWithIcon(lang.L("Edit…"), theme.DocumentCreateIcon(), func() { w.askForAcquisition(x) })
	edit.Importance = widget.LowImportance
	column.Add(container.NewBorder(nil, nil, nil, edit, widgets.Subheading(lang.L("How it was obtained"))))
	column.Add(acquisitionFacts(x.Acquisition))
	add := widget.NewButtonWithIcon(lang.L("Bookmark this place…"), theme.ContentAddIcon(), func() { w.askForBookmark(x, at()) })
	add.Importance = widget.LowImportance
	column.Add(container.NewBorder(nil, nil, nil, add, widgets.Subheading(lang.L("Bookmarks"))))
	if len(x.Bookmarks) == 0 {
		column.Add(widgets.Hint(lang.L("None yet. A bookmark points at a place in the picture, with a word on what is to be seen there.")))
	}
	for _, b := range x.Bookmarks {
		place := widget.NewButton(clock(b.At), func() { seek(b.At) })
		place.Importance = widget.LowImportance
		who := widgets.Quiet(strings.Trim(b.Author+" · "+moment(b.CreatedAt), " ·"))
		column.Add(container.NewBorder(nil, nil, container.NewVBox(place), nil, container.NewVBox(widgets.Prose(b.Text), who)))
	}
	return column
}

// acquisitionFacts is what is on record about how an exhibit was obtained.
func acquisitionFacts(a *storage.Acquisition) fyne.CanvasObject {
	if a == nil {
		return widgets.Hint(lang.L("Nothing is on record. Where it was found, who put it there, who captured it with what and when?"))
	}
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return moment(*t)
	}
	list := []widgets.Fact{
		{Name: lang.L("Found at"), Value: from(a, "address", a.Address), Code: true},
		{Name: lang.L("Platform"), Value: from(a, "platform", a.Platform)},
		{Name: lang.L("Uploader"), Value: from(a, "uploader", a.Uploader)},
		{Name: lang.L("Caption"), Value: from(a, "caption", a.Caption)},
		{Name: lang.L("Posted"), Value: from(a, "posted_at", at(a.PostedAt))},
		{Name: lang.L("Captured"), Value: from(a, "captured_at", at(a.CapturedAt))},
		{Name: lang.L("Captured by"), Value: from(a, "captured_by", a.CapturedBy)},
		{Name: lang.L("Captured with"), Value: from(a, "tool", a.Tool)},
		{Name: lang.L("Picture of the page"), Value: a.PageName},
		{Name: lang.L("SHA-256 of that picture"), Value: a.PageSHA256, Code: true},
	}
	return widgets.Facts(list)
}

// from says with a value which file it was taken from, where nobody typed it.
func from(a *storage.Acquisition, field, value string) string {
	if file := a.FilledFrom[field]; file != "" && value != "" {
		return fmt.Sprintf(lang.L("%s (from %s)"), value, file)
	}
	return value
}

// askForAcquisition asks how an exhibit was obtained.
func (w *Window) askForAcquisition(x engine.Exhibit) {
	now := storage.Acquisition{}
	if x.Acquisition != nil {
		now = *x.Acquisition
	}
	address, platform, uploader := newField(now.Address), newField(now.Platform), newField(now.Uploader)
	caption, by, tool := newField(now.Caption), newField(now.CapturedBy), newField(now.Tool)
	posted, captured := momentEntry(now.PostedAt), momentEntry(now.CapturedAt)
	page, beside := w.fileField(), w.fileField()
	if x.Acquisition == nil {
		by.SetText(w.app.Preferences().String(prefExaminer))
	}
	w.ask(lang.L("How it was obtained"), lang.L("Record"), []*widget.FormItem{
		{Text: lang.L("Found at"), Widget: address, HintText: lang.L("such as the address of the page")},
		{Text: lang.L("Platform"), Widget: platform},
		{Text: lang.L("Uploader"), Widget: uploader},
		{Text: lang.L("Caption"), Widget: caption},
		{Text: lang.L("Posted"), Widget: posted, HintText: lang.L("UTC, as 2026-05-03 14:05")},
		{Text: lang.L("Captured"), Widget: captured, HintText: lang.L("UTC, as 2026-05-03 14:05")},
		{Text: lang.L("Captured by"), Widget: by},
		{Text: lang.L("Captured with"), Widget: tool, HintText: lang.L("program and version")},
		{Text: lang.L("Picture of the page"), Widget: page.object, HintText: lang.L("comes into the vault")},
		{
			Text: lang.L("Fill in from"), Widget: beside.object,
			HintText: lang.L("a WARC file or a .info.json of yt-dlp: what is not known yet"),
		},
	}, address, func(ok bool) {
		if !ok {
			return
		}
		change := storage.Acquisition{
			Address: address.Text, Platform: platform.Text, Uploader: uploader.Text, Caption: caption.Text,
			CapturedBy: by.Text, Tool: tool.Text, PostedAt: momentOf(posted), CapturedAt: momentOf(captured),
		}
		w.recordAcquisition(x, change, page.path(), beside.path())
	})
}

// recordAcquisition puts what was typed on record, with a picture of the page and what a file beside tells, where these are
// not "". What was there before can be brought back.
func (w *Window) recordAcquisition(x engine.Exhibit, a storage.Acquisition, page, beside string) {
	before := storage.Acquisition{}
	if x.Acquisition != nil {
		before = *x.Acquisition
	}
	after := desk.Amend(before, a)
	set := func(a storage.Acquisition) func(context.Context) error {
		return func(ctx context.Context) error { return w.engine.Store().SetAcquisition(ctx, x.ID, &a) }
	}
	record := func(ctx context.Context) error {
		err := set(after)(ctx)
		if err == nil && page != "" {
			_, err = w.engine.SetAcquisition(ctx, x.ID, storage.Acquisition{}, page)
		}
		if err == nil && beside != "" {
			_, err = w.engine.FillAcquisition(ctx, x.ID, beside)
		}
		return err
	}
	w.change(fmt.Sprintf(lang.L("Recorded how %s was obtained"), x.FileName), record, set(before))
}

// momentEntry is a field for a time in UTC, which may stay empty.
func momentEntry(t *time.Time) *field {
	e := newField("")
	if t != nil {
		e.SetText(moment(*t))
	}
	e.Validator = func(s string) error {
		if strings.TrimSpace(s) == "" {
			return nil
		}
		_, err := engine.ParseMoment(s)
		return err
	}
	return e
}

func momentOf(e *field) *time.Time {
	t, err := engine.ParseMoment(e.Text)
	if err != nil {
		return nil
	}
	return &t
}

// askForBookmark asks what is to be seen at a place.
func (w *Window) askForBookmark(x engine.Exhibit, at time.Duration) {
	place, text := newField(clock(at)), newLongField()
	place.Validator = func(s string) error {
		_, err := engine.ParseClock(s)
		return err
	}
	text.Validator = needed(lang.L("say what is to be seen there"))
	w.ask(lang.L("Bookmark"), lang.L("Set bookmark"), []*widget.FormItem{
		{Text: lang.L("Place"), Widget: place, HintText: lang.L("seconds, or h:mm:ss.s")},
		{Text: lang.L("What is to be seen"), Widget: text, HintText: lang.L("a bookmark cannot be changed later")},
	}, text, func(ok bool) {
		if !ok {
			return
		}
		w.change(fmt.Sprintf(lang.L("Bookmarked %s"), x.FileName), func(ctx context.Context) error {
			at, err := engine.ParseClock(place.Text)
			if err != nil {
				return err
			}
			_, err = w.engine.AddBookmark(ctx, x.ID, at, w.app.Preferences().String(prefExaminer), strings.TrimSpace(text.Text))
			return err
		}, nil)
	})
}
