// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"context"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/widgets"
)

// evidence puts an exhibit without a file on record.
func evidence(t *testing.T, e *engine.Engine, caseName, file, sha string) storage.Evidence {
	t.Helper()
	c, err := e.Case(t.Context(), caseName)
	require.NoError(t, err)
	ev := storage.Evidence{CaseID: c.ID, Path: "/leaks/" + file, FileName: file, SHA256: sha, Size: 1000}
	_, err = e.Store().AddEvidence(t.Context(), &ev)
	require.NoError(t, err)
	return ev
}

func hash(digit string) string {
	out := ""
	for len(out) < 64 {
		out += digit
	}
	return out
}

func newCase(t *testing.T, e *engine.Engine, name string) engine.Case {
	t.Helper()
	c, err := e.AddCase(t.Context(), name, "M. Weber")
	require.NoError(t, err)
	return c
}

func (o *office) caseNow(name string) engine.Case {
	o.t.Helper()
	c, err := o.engine.Case(o.t.Context(), name)
	require.NoError(o.t, err)
	return c
}

func TestACaseIsEditedInPlaceAndTakenBack(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) { newCase(t, e, "Festival") })
	o.choose("Go to", "Cases")
	o.read("Festival")
	number := see(o, func(e *widgets.Editable) bool { return editableReads(e, "not numbered") })
	test.Tap(number)
	test.Type(o.window.Canvas().Focused(), "2026-117")
	o.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	o.until(func() bool { return o.caseNow("Festival").Number == "2026-117" && o.reads("2026-117") })
	o.choose("Edit", "Take back: Changed the case Festival")
	o.until(func() bool { return o.caseNow("Festival").Number == "" && o.reads("not numbered") })
}

func editableReads(e *widgets.Editable, text string) bool {
	for _, x := range seen(nil, e) {
		if words(x) == text {
			return true
		}
	}
	return false
}

// fromCaseMenu chooses an entry of the menu of the case that is looked at.
func (o *office) fromCaseMenu(entry string) {
	o.t.Helper()
	o.press("Case")
	o.pick(entry)
}

func TestACaseIsReviewedHeldAndDeleted(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) {
		newCase(t, e, "Festival")
		evidence(t, e, "Festival", "leak.mp4", hash("a"))
	})
	o.choose("Go to", "Cases")
	o.read("draft: a second examiner has not agreed yet")
	o.fromCaseMenu("Review by a second examiner…")
	o.fill("Reviewer", "R. Roe")
	o.press("Record the review")
	o.until(func() bool { return o.caseNow("Festival").State == storage.CaseReviewed })
	o.read("reviewed by R. Roe")
	o.fromCaseMenu("Put under legal hold")
	o.read("legal hold: nothing can be deleted")
	o.fromCaseMenu("Delete…")
	o.read("This case is under legal hold: nothing of it can be deleted until the hold is lifted.")
	o.press("Put away")
	o.fromCaseMenu("Lift the legal hold")
	o.until(func() bool { return !o.caseNow("Festival").OnHold && !o.reads("legal hold: nothing can be deleted") })
	o.fromCaseMenu("Delete…")
	o.read("Delete Festival?")
	o.press("Delete for good")
	o.until(func() bool {
		_, err := o.engine.Case(t.Context(), "Festival")
		return storage.CodeOf(err) == storage.NotFound
	})
	o.read("No cases yet")
}

func TestSeveralExhibitsMove(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) {
		newCase(t, e, "Festival")
		evidence(t, e, storage.Inbox, "a.mp4", hash("a"))
		evidence(t, e, storage.Inbox, "b.mp4", hash("b"))
		evidence(t, e, storage.Inbox, "c.mp4", hash("c"))
	})
	o.read("c.mp4")
	for _, count := range []string{"1 chosen", "2 chosen"} {
		test.Tap(see(o, func(c *widget.Check) bool { return c.Text == "" && !c.Checked }))
		o.read(count)
	}
	o.press("Move to case…")
	o.press("Move")
	o.until(func() bool {
		return o.caseNow("Festival").Counts.Evidence == 2 && o.caseNow(storage.Inbox).Counts.Evidence == 1
	})
	o.until(func() bool { return !o.reads("a.mp4") && o.reads("c.mp4") })
	o.choose("Edit", "Take back: Moved 2 exhibits to Festival")
	o.until(func() bool { return o.caseNow(storage.Inbox).Counts.Evidence == 3 })
}

func TestHowAnExhibitWasObtainedIsRecorded(t *testing.T) {
	var ev storage.Evidence
	o := newOffice(t, func(e *engine.Engine) { ev = evidence(t, e, storage.Inbox, "a.mp4", hash("a")) })
	o.tab("On record")
	o.press("Edit…")
	o.fill("Found at", "https://forum.example/t/77")
	o.fill("Captured", "2026-05-03 14:05")
	o.press("Record")
	var a *storage.Acquisition
	o.until(func() bool {
		var err error
		a, err = o.engine.Store().Acquisition(context.WithoutCancel(t.Context()), ev.ID)
		require.NoError(t, err)
		return a != nil
	})
	require.Equal(t, "https://forum.example/t/77", a.Address)
	require.Equal(t, time.Date(2026, 5, 3, 14, 5, 0, 0, time.UTC), *a.CapturedAt)
	o.read("https://forum.example/t/77")
	o.press("Bookmark this place…")
	o.fill("Place", "1:02")
	o.fill("What is to be seen", "a logo is covered")
	o.press("Set bookmark")
	o.read("a logo is covered")
	o.read("0:01:02.0")
}

func TestTheChainOfCustodyIsShown(t *testing.T) {
	o := newOffice(t, func(e *engine.Engine) { newCase(t, e, "Festival") })
	o.choose("Go to", "Cases")
	o.read("Festival")
	tabs := see(o, func(interface {
		fyne.CanvasObject
		SelectIndex(int)
	},
	) bool {
		return true
	})
	tabs.SelectIndex(2)
	o.read("making the case Festival")
}
