// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"spoor/engine"
	"spoor/engine/access"
	"spoor/engine/job"
	"spoor/ui/widgets"
)

// logsView lists the access logs that were imported and shows what came of the chosen one.
type logsView struct {
	*listView[engine.ImportedLog]
	window   *Window
	detail   *fyne.Container
	accesses *accessesView // of an ID that was asked for
}

func newLogsView(w *Window) *logsView {
	v := &logsView{window: w, detail: container.NewVBox(), accesses: newAccessesView(w)}
	v.listView = newListView(w, listPlan[engine.ImportedLog]{
		load: v.load, id: func(l engine.ImportedLog) string { return l.ID },
		row: func(l engine.ImportedLog) (name, note string) {
			return l.FileName, fmt.Sprintf(lang.L("%s, %d lines"), l.Format, l.Counts.Lines)
		},
		show: v.fill, right: container.NewVScroll(container.NewPadded(v.detail)), share: 0.3,
		addName: lang.L("Import a log…"), add: v.askForLog, tools: v.tools(),
		emptyIcon: theme.ListIcon(), emptyName: lang.L("No access logs yet"),
		emptyText: lang.L("The logs of any web server or delivery network tell who fetched a copy: nginx, Apache, IIS, CloudFront, " +
			"Akamai, Cloudflare, Fastly. Drop them here; the format is found by itself, and the same log twice changes nothing."),
	})
	return v
}

func (v *logsView) load(ctx context.Context, last *engine.ImportedLog) ([]engine.ImportedLog, error) {
	return v.window.engine.Logs(ctx, pageAfter(last, v.id, 200))
}

func (v *logsView) fill(l engine.ImportedLog) {
	v.detail.RemoveAll()
	v.detail.Add(widgets.Heading(l.FileName))
	v.detail.Add(v.actions(&l))
	c := l.Counts
	v.detail.Add(widgets.NewPanel(widgets.Facts([]widgets.Fact{
		{Name: lang.L("Format"), Value: l.Format},
		{Name: lang.L("Lines"), Value: fmt.Sprint(c.Lines)},
		{Name: lang.L("With an ID"), Value: fmt.Sprint(c.Matched)},
		{Name: lang.L("Without one"), Value: reasonWords(c.Unmatched)},
		{Name: lang.L("Not understood"), Value: reasonWords(c.Rejected)},
		{Name: lang.L("SHA-256"), Value: l.SHA256, Code: true},
		{Name: lang.L("Imported"), Value: moment(l.CreatedAt)},
		{Name: lang.L("Damage"), Value: l.Damage},
	}), ""))
	if len(l.Samples) > 0 {
		v.detail.Add(widgets.Subheading(lang.L("Lines that were not used, and why")))
		for _, s := range l.Samples {
			v.detail.Add(widgets.Prose(fmt.Sprintf(lang.L("line %d: %s"), s.Line, s.Reason)))
			v.detail.Add(widgets.Code(s.Text))
		}
	}
	v.detail.Refresh()
}

func (v *logsView) askForLog() {
	v.window.chooseFile(func(path string) { v.window.askHowToRead(path, false) }, nil)
}

// reasonWords says how many lines there were, and of which kind.
func reasonWords(counts map[access.Reason]int64) string {
	var words []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%d: %s", counts[reason], reason))
	}
	return cmp.Or(strings.Join(words, "\n"), "0")
}

// take has logs imported, and the files of folders.
func (v *logsView) take(paths []string) {
	background(v.window, func(ctx context.Context) (struct{}, error) {
		files, err := engine.FindLogs(paths)
		if err != nil {
			return struct{}{}, err
		}
		for _, file := range files {
			if err := v.window.kept.Add(ctx, job.Log{File: file}.Job()); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	}, func(_ struct{}, err error) { v.window.fail(err) })
}
