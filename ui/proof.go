// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// proofSettings is where it is looked whether anything in the home was altered, and what the audit log says.
func (w *Window) proofSettings() fyne.CanvasObject {
	check := widget.NewButtonWithIcon(lang.L("Check this home"), theme.ConfirmIcon(), func() { w.verify("", lang.L("this home")) })
	log := widget.NewButtonWithIcon(lang.L("Audit log…"), theme.HistoryIcon(), w.showAuditLog)
	return container.NewVBox(container.NewHBox(check, log, layout.NewSpacer()),
		widgets.Hint(lang.L("Walks the audit log, compares every row of the database with it, hashes the evidence in the vault again, "+
			"and reads keys and references. It changes nothing.")))
}

// verify looks whether anything was altered: in the vault what belongs to a case, or all where that is "".
func (w *Window) verify(caseID, name string) {
	w.work.Add(fmt.Sprintf(lang.L("Check of %s"), name), func(ctx context.Context, report func(engine.Progress)) error {
		v, err := w.engine.Verify(ctx, caseID, report)
		if err == nil {
			onWindow(func() { w.showVerification(name, &v) })
		}
		return err
	})
}

func (w *Window) showVerification(name string, v *engine.Verification) {
	badge, color := widgets.NewBadge(), theme.ColorNamePrimary
	badge.Set(theme.ConfirmIcon(), lang.L("Nothing was altered."), color)
	if len(v.Faults) > 0 {
		color = look.ColorFound
		badge.Set(theme.ErrorIcon(), fmt.Sprintf(lang.L("Altered or damaged: %d places. The first one comes first."), len(v.Faults)), color)
	}
	column := container.NewVBox(badge, widgets.Facts([]widgets.Fact{
		{Name: lang.L("Audit log"), Value: fmt.Sprintf(lang.L("%d entries"), v.Entries)},
		{Name: lang.L("Signed with"), Value: v.Signer, Code: true},
		{Name: lang.L("Rows"), Value: fmt.Sprint(v.Rows)},
		{Name: lang.L("Files in the vault"), Value: fmt.Sprint(v.Files)},
		{Name: lang.L("Keys"), Value: fmt.Sprint(v.Keys)},
		{Name: lang.L("References"), Value: fmt.Sprint(v.References)},
		{Name: lang.L("Time stamps"), Value: fmt.Sprint(v.Stamps)},
	}))
	for i, f := range v.Faults {
		if i == faultsShown {
			column.Add(widgets.Hint(fmt.Sprintf(lang.L("and %d more: spoor verify lists all"), len(v.Faults)-i)))
			break
		}
		column.Add(widgets.Strong(f.Where))
		column.Add(widgets.Code(f.What))
	}
	for _, note := range v.Notes {
		column.Add(widgets.Hint(note))
	}
	w.sheet.open(fmt.Sprintf(lang.L("Check of %s"), name), container.NewVScroll(column), formWidth, func() {})
}

const faultsShown = 50

// auditRow is an entry of the log with its number.
type auditRow struct {
	number int64
	storage.AuditEntry
}

// showAuditLog lists what was done in this home, from the beginning on.
func (w *Window) showAuditLog() {
	var table *widgets.Table
	changes := &refresher{do: func() { table.Refresh() }}
	feed := desk.NewFeed(func(ctx context.Context, last *auditRow) ([]auditRow, error) {
		from := int64(0)
		if last != nil {
			from = last.number + 1
		}
		list, err := w.engine.AuditEntries(ctx, from, 500)
		rows := make([]auditRow, len(list))
		for i, e := range list {
			rows[i] = auditRow{from + int64(i), e}
		}
		return rows, err
	}, changes.ask)
	heads := []string{lang.L("Entry"), lang.L("When"), lang.L("Who"), lang.L("What"), lang.L("Program")}
	table = w.textTable("audit", heads, []float32{60, 180, 120, 220, 140}, feed.Len, func(row, column int) string {
		x, _ := feed.At(row)
		return [...]string{
			strconv.FormatInt(x.number, 10), moment(time.UnixMilli(x.At)), x.Actor, x.Action, x.AuditEntry.Program,
		}[column]
	})
	w.sheet.open(lang.L("Audit log"), table, listWidth, feed.Close)
}
