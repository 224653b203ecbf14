// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/report"
	"spoor/report/casereport"
	"spoor/ui/widgets"
)

// custodyView shows the chain of custody of a case: what the audit log says of it, and the signed head of the log.
type custodyView struct {
	window *Window
	object fyne.CanvasObject
	caseID string
	shown  report.Audit
	table  *widgets.Table
	head   *widget.Label
}

func newCustodyView(w *Window) *custodyView {
	v := &custodyView{window: w, head: widgets.Prose("")}
	v.table = w.textTable("custody", custodyColumns(), []float32{60, 190, 200, 320, 220}, func() int { return len(v.shown.Events) },
		func(row, column int) string { return custodyCell(&v.shown.Events[row], column) })
	v.object = container.NewBorder(nil, container.NewPadded(v.head), nil, nil, v.table)
	return v
}

func custodyColumns() []string {
	return []string{lang.L("Entry"), lang.L("When"), lang.L("Who"), lang.L("What"), lang.L("About")}
}

func custodyCell(e *report.Event, column int) string {
	return []string{fmt.Sprint(e.Number), moment(e.At), e.Actor, e.Action, e.Object}[column]
}

// show reads what the log says of a case.
func (v *custodyView) show(caseID string) {
	v.caseID = caseID
	background(v.window, func(ctx context.Context) (report.Audit, error) {
		r, err := casereport.Gather(ctx, v.window.engine, caseID, casereport.Options{Made: time.Now()})
		if err != nil || r.Audit == nil {
			return report.Audit{}, err
		}
		return *r.Audit, nil
	}, func(a report.Audit, err error) {
		if v.caseID != caseID {
			return
		}
		v.window.fail(err)
		v.shown = a
		v.head.SetText(custodyWords(&a))
		v.table.Refresh()
	})
}

// custodyWords says how much the log has of the case, and what it is signed by.
func custodyWords(a *report.Audit) string {
	words := fmt.Sprintf(lang.L("%d entries speak of this case, of %d in the whole log."), a.Total, a.TreeSize)
	if a.RootHash != "" {
		words += " " + fmt.Sprintf(lang.L("Root of the log: %s. Nobody changes an entry without changing it; spoor verify checks it."),
			a.RootHash)
	}
	return words
}
