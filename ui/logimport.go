// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/engine/access"
	"spoor/engine/job"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// logImport asks at the side how a log is to be read, and shows what its beginning looks like read so.
type logImport struct {
	window *Window
	path   string
	again  bool // the log was imported before, and is read anew
	saved  map[string]engine.LogMapping
	names  []string // of formats and saved mappings, in the order that they are offered in

	format                              *widget.Select
	pattern, argument, columns, between *field
	proxies, save                       *field
	sampled, inPlace                    *widget.Check
	preview                             *fyne.Container
	turn                                int // counts looks, so that one that comes too late is told
}

// askHowToRead asks how a log is to be read and imports it.
func (w *Window) askHowToRead(path string, again bool) {
	background(w, func(ctx context.Context) (map[string]engine.LogMapping, error) { return w.engine.LogMappings(ctx) },
		func(saved map[string]engine.LogMapping, err error) {
			if err != nil {
				w.fail(err)
				return
			}
			newLogImport(w, path, again, saved).open()
		})
}

func newLogImport(w *Window, path string, again bool, saved map[string]engine.LogMapping) *logImport {
	v := &logImport{
		window: w, path: path, again: again, saved: saved, pattern: newField(""), argument: newField(""), columns: newField(""),
		between: newField(""), proxies: newField(""), save: newField(""), preview: container.NewVBox(),
	}
	v.names = append([]string{engine.FormatAuto}, slices.Sorted(maps.Keys(saved))...)
	titles := append([]string{lang.L("found by itself")}, v.names[1:]...)
	for _, f := range access.Formats() {
		v.names, titles = append(v.names, f.Name), append(titles, f.Title)
	}
	v.format = widget.NewSelect(titles, func(string) { v.look() })
	v.sampled = widget.NewCheck(lang.L("it leaves requests out: no percentages are told"), nil)
	v.inPlace = widget.NewCheck(lang.L("leave the file where it lies instead of copying it into the vault"), nil)
	return v
}

func (v *logImport) open() {
	own := widget.NewAccordion(widget.NewAccordionItem(lang.L("A format of your own"), widget.NewForm(
		&widget.FormItem{
			Text: lang.L("Pattern"), Widget: v.pattern,
			HintText: lang.L("regular expression with groups such as tag, file, segment; with ip, time, path it reads whole lines"),
		},
		&widget.FormItem{
			Text: lang.L("Argument"), Widget: v.argument,
			HintText: lang.L("of the query that holds the ID, where it is not autograph_tag"),
		},
		&widget.FormItem{
			Text: lang.L("Columns"), Widget: v.columns,
			HintText: lang.L("their names between commas, such as ip,date,time,url,status,bytes"),
		},
		&widget.FormItem{Text: lang.L("Between them"), Widget: v.between, HintText: lang.L("such as a comma; empty: a tab or a blank")},
		&widget.FormItem{
			Text: lang.L("Proxies"), Widget: v.proxies,
			HintText: lang.L("whose X-Forwarded-For is believed, such as 10.0.0.0/8"),
		},
		&widget.FormItem{Text: lang.L("Keep as"), Widget: v.save, HintText: lang.L("a name under which this is offered the next time")},
	)))
	for _, f := range []*field{v.pattern, v.argument, v.columns, v.between, v.proxies, v.save} {
		f.leave = v.window.sheet.leave
		f.OnSubmitted = func(string) { v.look() }
	}
	see := widget.NewButtonWithIcon(lang.L("Look again"), theme.ViewRefreshIcon(), v.look)
	take := widget.NewButtonWithIcon(lang.L("Import"), theme.ConfirmIcon(), v.take)
	take.Importance = widget.HighImportance
	column := container.NewVBox(widgets.Code(filepath.Base(v.path)), widgets.Captioned(lang.L("Format"), v.format), own,
		v.sampled, v.inPlace, v.preview)
	v.window.sheet.open(lang.L("Import a log"), container.NewBorder(nil, container.NewGridWithColumns(2, see, take), nil, nil,
		container.NewVScroll(column)), listWidth, func() {})
	v.format.SetSelectedIndex(0) // which looks
}

// reading is what stands in the fields.
func (v *logImport) reading() *desk.LogReading {
	return &desk.LogReading{
		Format: v.names[max(v.format.SelectedIndex(), 0)], Pattern: strings.TrimSpace(v.pattern.Text), Argument: v.argument.Text,
		Fields: v.columns.Text, Delimiter: v.between.Text, Proxies: v.proxies.Text, Sampled: v.sampled.Checked,
	}
}

// look shows the beginning of the log as it would be read now.
func (v *logImport) look() {
	v.turn++
	turn := v.turn
	mapping, err := v.reading().Mapping(v.saved)
	if err != nil {
		v.show(access.Preview{}, err)
		return
	}
	background(v.window, func(ctx context.Context) (access.Preview, error) {
		return desk.LookAtLog(ctx, v.window.engine, v.path, mapping)
	}, func(p access.Preview, err error) {
		if turn == v.turn {
			v.show(p, err)
		}
	})
}

func (v *logImport) show(p access.Preview, err error) {
	v.preview.RemoveAll()
	if err != nil {
		words := widgets.Prose(sentence(err.Error()))
		words.Importance = widget.DangerImportance
		v.preview.Add(words)
		return
	}
	v.preview.Add(widgets.Prose(fmt.Sprintf(lang.L("%s: %d of the first %d lines fit."), p.Format.Title, p.Fit, p.Lines)))
	if note := p.Format.Note(); note != "" {
		v.preview.Add(widgets.Hint(fmt.Sprintf(lang.L("Such logs lack: %s"), note)))
	}
	for i := range p.Examples {
		x := &p.Examples[i]
		tag := x.Tag
		if tag == "" {
			tag = fmt.Sprintf(lang.L("no ID: %s"), x.NotMatchedReason)
		}
		v.preview.Add(widgets.NewPanel(container.NewVBox(widgets.Strong(tag),
			widgets.Code(fmt.Sprintf("%s  %s  %d  %s", moment(time.UnixMilli(x.Time)), x.Client, x.Status, x.Path))), ""))
	}
}

// take imports the log so, and keeps how under a name where one is given.
func (v *logImport) take() {
	mapping, err := v.reading().Mapping(v.saved)
	if err != nil {
		v.show(access.Preview{}, err)
		return
	}
	name := strings.TrimSpace(v.save.Text)
	order := job.Log{File: v.path, Mapping: mapping, Again: v.again, InPlace: v.inPlace.Checked}
	background(v.window, func(ctx context.Context) (struct{}, error) {
		if name != "" {
			if err := v.window.engine.SaveLogMapping(ctx, name, mapping); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, v.window.kept.Add(ctx, order.Job())
	}, func(_ struct{}, err error) {
		if err != nil {
			v.show(access.Preview{}, err)
			return
		}
		v.window.sheet.close()
	})
}
