// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"spoor/engine"
	"spoor/storage"
)

// caseView shows one case: its exhibits at the left, the chosen one at the right; its notes; what was done in it.
type caseView struct {
	window   *Window
	object   fyne.CanvasObject
	body     *fyne.Container
	shown    engine.Case
	head     *caseHead
	exhibits *exhibitList
	exhibit  *exhibitView
	notes    *notesView
	custody  *custodyView
	report   *reportView
	tabs     *container.AppTabs
	split    *container.Split
	first    *firstStep
}

func newCaseView(w *Window) *caseView {
	v := &caseView{
		window: w, first: newFirstStep(w), head: newCaseHead(w),
		exhibits: newExhibitList(w), exhibit: newExhibitView(w), notes: newNotesView(w),
		custody: newCustodyView(w), report: newReportView(w),
	}
	v.exhibits.changed, v.exhibits.choose = v.workChanged, v.exhibit.show
	v.split = container.NewHSplit(v.exhibits.object, v.exhibit.object)
	v.split.Offset = 0.34
	v.body = container.NewStack(v.first.object)
	v.tabs = container.NewAppTabs(
		container.NewTabItemWithIcon(lang.L("Exhibits"), theme.FileVideoIcon(), v.body),
		container.NewTabItemWithIcon(lang.L("Notes"), theme.DocumentIcon(), v.notes.object),
		container.NewTabItemWithIcon(lang.L("Chain of custody"), theme.HistoryIcon(), v.custody.object),
		container.NewTabItemWithIcon(lang.L("Report"), reportIcon(), v.report.object),
	)
	v.tabs.OnSelected = func(*container.TabItem) { v.showTab() }
	v.object = container.NewBorder(container.NewPadded(v.head.object), nil, nil, nil, v.tabs)
	return v
}

const (
	tabExhibits = iota
	tabNotes
	tabCustody
	tabReport
)

// caseID is the id of the case that is shown; "" before there is one.
func (v *caseView) caseID() string { return v.shown.ID }

// open shows a case, anew where it is shown already.
func (v *caseView) open(idOrName string) {
	background(v.window, func(ctx context.Context) (engine.Case, error) { return v.window.engine.Case(ctx, idOrName) },
		func(c engine.Case, err error) {
			if err != nil {
				v.window.fail(err)
				return
			}
			v.show(c)
		})
}

func (v *caseView) show(c engine.Case) {
	other := v.shown.ID != c.ID
	v.shown = c
	v.head.show(c)
	v.notes.show(c.ID)
	v.report.show(c.ID, c.Name)
	v.showTab()
	if other {
		v.exhibit.clear()
		v.exhibits.watch(c.ID)
		return
	}
	v.exhibits.reload()
	v.exhibit.reload()
}

// close gives up what is being made. A folder of pages that cannot be removed does not keep the window open.
func (v *caseView) close() {
	v.exhibits.thumbs.Close()
	_ = v.report.pages.pages.Close()
}

// forget shows no case any more.
func (v *caseView) forget() {
	v.shown = engine.Case{}
	v.exhibits.chosen = ""
	v.exhibit.clear()
}

// aim has a case show one of its exhibits, or its notes, as soon as it is shown.
func (v *caseView) aim(caseID, exhibit string, notes bool) {
	tab := tabExhibits
	if notes {
		tab = tabNotes
	}
	v.tabs.SelectIndex(tab)
	switch {
	case exhibit == "":
	case v.shown.ID == caseID:
		v.exhibits.aim(exhibit)
	default:
		v.exhibits.chosen, v.exhibits.aimed = exhibit, true
	}
}

// showTab reads the chain of custody and makes the report where they are looked at.
func (v *caseView) showTab() {
	switch v.tabs.SelectedIndex() {
	case tabCustody:
		v.custody.show(v.shown.ID)
	case tabReport:
		v.report.look()
	}
}

// workChanged shows the list anew. Files that are only waiting are no exhibits yet: the status bar tells of them.
func (v *caseView) workChanged() {
	var body fyne.CanvasObject = v.first.object
	if v.exhibits.exhibits() > 0 {
		body = v.split
	}
	if v.body.Objects[0] != body {
		v.body.Objects[0] = body
		v.body.Refresh()
	}
	if v.exhibits.exhibits() == 0 {
		v.first.refresh()
	}
	v.exhibits.list.Refresh()
}

func countWords(n storage.CaseCounts) string {
	return fmt.Sprintf(lang.L("Exhibits: %d · findings: %d · notes: %d"), n.Evidence, n.Findings, n.Notes)
}
