// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/report"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// evidenceView shows why an examination came to its answer: how the ID that was named stands among all others, and how the
// same examination did where the answer was known.
type evidenceView struct {
	object *fyne.Container
	lineUp *widgets.LineUp
}

func newEvidenceView() *evidenceView {
	return &evidenceView{object: container.NewStack(), lineUp: widgets.NewLineUp()}
}

// show shows the evidence of an examination.
func (v *evidenceView) show(t *report.Trace) {
	column := container.NewVBox(widgets.Subheading(lang.L("How the ID stands among all others")))
	l := t.LineUp
	if l == nil || len(l.Counts) == 0 {
		column.Add(widgets.Hint(lang.L("No line-up is on record: scores are kept where an ID is named.")))
	} else {
		column.Add(widgets.Hint(lang.L("As a witness is shown several people, the file was compared with all IDs alike. " +
			"Each bar tells how many IDs have a score; each step upwards is ten times as many. The curve is what chance alone gives.")))
		v.lineUp.Set(scoresOf(t))
		column.Add(v.lineUp)
		column.Add(widgets.Prose(lineUpWords(t)))
	}
	column.Add(widgets.Subheading(lang.L("The same where the answer is known")))
	if l == nil || len(l.Controls) == 0 {
		column.Add(widgets.Hint(lang.L("No controls are on record for this examination.")))
	} else {
		for _, c := range l.Controls {
			column.Add(controlRow(c))
		}
	}
	v.object.Objects = []fyne.CanvasObject{container.NewVScroll(container.NewPadded(column))}
	v.object.Refresh()
}

// scoresOf is a line-up as it is drawn.
func scoresOf(t *report.Trace) widgets.Scores {
	l, w := t.LineUp, wording()
	s := widgets.Scores{From: l.From, Width: l.Width, Counts: l.Counts, Axis: lang.L("score")}
	for i := range l.Counts {
		s.Chance = append(s.Chance, l.Chance(i))
	}
	if need := t.NamedFrom(); need > 0 {
		name := fmt.Sprintf(lang.L("named from %.1f"), need)
		s.Marks = append(s.Marks, widgets.Mark{Name: name, Score: need, Color: look.ColorMarked, Dashed: true})
	}
	if l.RunnerUp != nil {
		name := fmt.Sprintf(lang.L("runner-up %.1f"), *l.RunnerUp)
		s.Marks = append(s.Marks, widgets.Mark{Name: name, Score: *l.RunnerUp, Color: look.ColorUnsure})
	}
	const most = 5
	for i, f := range t.Findings {
		if i == most || !(f.Score < 100) {
			break
		}
		name := fmt.Sprintf("%s %.1f", f.Tag, f.Score)
		s.Marks = append(s.Marks, widgets.Mark{Name: name, Score: f.Score, Color: look.ColorFound, Strong: true})
	}
	s.Tell = func(from, to float64, n int64) string {
		return fmt.Sprintf(lang.L("Score %.2f to %.2f: %s IDs"), from, to, w.Whole(n))
	}
	return s
}

// lineUpWords says what a line-up shows.
func lineUpWords(t *report.Trace) string {
	l, w := t.LineUp, wording()
	words := fmt.Sprintf(lang.L("%s IDs were compared."), w.Whole(l.IDs))
	if l.RunnerUp != nil {
		words += " " + fmt.Sprintf(
			lang.L("The best of all others has a score of %.1f, as is to be expected of the best of so many."), *l.RunnerUp)
	}
	if need := t.NamedFrom(); need > 0 {
		words += " " + fmt.Sprintf(lang.L("An ID is named from a score of %.1f on."), need)
	}
	return words
}

// controlRow says what a control came to, and whether that is as it must be.
func controlRow(c report.Control) fyne.CanvasObject {
	icon, color := theme.ConfirmIcon(), theme.ColorNamePrimary
	if !c.Passed() {
		icon, color = theme.WarningIcon(), look.ColorFound
	}
	mark := widget.NewIcon(theme.NewColoredResource(icon, color))
	return container.NewBorder(nil, nil, container.NewVBox(mark), nil, widgets.Prose(wording().Control(c)))
}

// lanesOf is what was found where in the leak: a lane for each ID, the place in the title, and what could not be used.
func lanesOf(t *report.Trace) []widgets.Lane {
	var lanes []widgets.Lane
	strengths := map[string][]report.Strength{}
	if t.Timeline != nil {
		for _, l := range t.Timeline.Lanes {
			strengths[l.Tag] = l.Points
		}
	}
	for i := range t.Findings {
		lanes = append(lanes, tagLane(&t.Findings[i], strengths[t.Findings[i].Tag]))
	}
	if len(t.Findings) > 0 {
		if lane := titleLane(t.Findings[0].Spans); len(lane.Blocks) > 0 {
			lanes = append(lanes, lane)
		}
	}
	if t.Timeline != nil && len(t.Timeline.Unusable) > 0 {
		lane := widgets.Lane{Name: lang.L("Unusable"), Color: look.ColorNone}
		for _, s := range t.Timeline.Unusable {
			lane.Blocks = append(lane.Blocks, widgets.Block{From: s.From, To: s.To, Strength: 0.6, Words: wording().Unusable(s.Why)})
		}
		lanes = append(lanes, lane)
	}
	return lanes
}

// tagLane is how strongly an ID shows over time; where that was not kept, only in which stretches.
func tagLane(f *report.Finding, points []report.Strength) widgets.Lane {
	const full = 10 // a stretch with this score speaks for itself
	lane := widgets.Lane{Name: f.Tag, Color: look.ColorFound}
	for _, p := range points {
		lane.Blocks = append(lane.Blocks, widgets.Block{
			From: p.From, To: p.To, Strength: float32(min(max(p.Score, 0)/full, 1)),
			Words: fmt.Sprintf(lang.L("score %.1f in this stretch alone"), p.Score),
		})
	}
	if len(points) > 0 {
		return lane
	}
	for _, s := range f.Spans {
		lane.Blocks = append(lane.Blocks, widgets.Block{From: s.From, To: s.To, Strength: 1, Words: wording().Span(s)})
	}
	return lane
}

// titleLane is which stretch of the title is seen when.
func titleLane(spans []report.Span) widgets.Lane {
	lane := widgets.Lane{Name: lang.L("Place in the title"), Color: look.ColorUnsure}
	for _, s := range spans {
		if s.TitleFrom == nil || s.TitleTo == nil {
			continue
		}
		lane.Blocks = append(lane.Blocks, widgets.Block{
			From: s.From, To: s.To, Strength: 0.35, Words: wording().Span(s),
			Label: shortClock(*s.TitleFrom) + " – " + shortClock(*s.TitleTo),
		})
	}
	return lane
}

// shortClock is a round place in a file.
func shortClock(d time.Duration) string {
	s := int64(d / time.Second)
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
