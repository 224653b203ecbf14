// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// lineUpExhibit shows the tag among all others, and the controls that were run for this very exhibit.
func (d *document) lineUpExhibit(t *Trace) {
	d.need(95)
	d.label(d.w.LineUpTitle)
	l := t.LineUp
	if l == nil {
		d.say(d.w.NoLineUp)
		return
	}
	d.say(d.w.LineUpIntro)
	if l.drawable() {
		d.lineup(l, t)
	}
	if l.RunnerUp != nil {
		text := d.w.RunnerUpText
		if float64(l.IDs)*normalTail(*l.RunnerUp) < 0.01 { // once in a hundred line-ups
			text = d.w.RunnerUpHigh
		}
		d.say(fmt.Sprintf(text, d.w.decimal(*l.RunnerUp, 1)))
	}
	if l.TailMeant > 0 {
		d.say(fmt.Sprintf(d.w.TailText, d.w.decimal(l.TailAt, 1), d.w.whole(l.TailSeen), d.w.decimal(l.TailMeant, 1)))
	}
	d.controls(l.Controls)
}

func (d *document) controls(list []Control) {
	if len(list) == 0 {
		d.say(d.w.NoControls)
		return
	}
	d.need(float64(24 + 12*len(list))) // so that the few of them stay together
	d.say(d.w.ControlsIntro)
	g := d.table(column{d.w.ColControl, 34, cell(), left}, column{d.w.ColWith, 44, cell(), left},
		column{d.w.ColScore, 14, cell(), right}, column{d.w.ColNamed, 22, cell(), left}, column{d.w.ColAsItMust, 22, cell(), left})
	failed := 0
	for _, c := range list {
		named, passed := d.w.No, d.w.Yes
		if c.Named {
			named = d.w.Yes
		}
		if !c.Passed() {
			passed = d.w.NotAsItMust
			failed++
		}
		what := cut(cmp.Or(c.What, d.w.controlWith(c.Kind)), 200)
		if c.Count > 1 {
			what += " " + fmt.Sprintf(d.w.StrongestOf, d.w.whole(int64(c.Count)))
		}
		g.row(d.w.control(c.Kind), what, d.w.decimal(c.Score, 1), named, passed)
	}
	g.end()
	if failed > 0 {
		d.alert(d.w.ControlFailedTitle, d.w.ControlFailed)
	}
}

// moments of a copy's life, in the order in which they must have come.
func (d *document) orderOfEvents(x *Exhibit, f *Finding) {
	d.label(d.w.OrderTitle)
	seen, source := x.FirstSeen()
	g := d.table(column{d.w.ColEvent, 44, cell(), left}, column{d.w.ColTime, 40, cell(), left}, column{d.w.ColSource, 60, cell(), left})
	g.row(d.w.EventIssued, d.w.momentOrNone(f.Issued), d.w.issueSource(f))
	g.row(d.w.EventCopied, d.w.momentOrNone(f.Copied), d.w.copySource(f))
	g.row(d.w.EventSeen, d.w.momentOrNone(seen), d.w.seenSource(source))
	g.end()
	if problem := d.orderProblem(x, f); problem != "" {
		d.alert(d.w.OrderWrong, problem)
	}
}

// orderProblem says why the order of events cannot be right; "" where it holds or cannot be told.
func (d *document) orderProblem(x *Exhibit, f *Finding) string {
	seen, source := x.FirstSeen()
	known := func(a, b time.Time) bool { return !a.IsZero() && !b.IsZero() }
	switch {
	case known(f.Issued, f.Copied) && f.Copied.Before(f.Issued):
		return d.w.CopiedBeforeIssued
	case known(f.Copied, seen) && seen.Before(f.Copied):
		return d.seenTooEarly(source)
	case known(f.Issued, seen) && seen.Before(f.Issued):
		return d.seenTooEarly(source)
	}
	return ""
}

// orderProblems are those of all tags of an exhibit, each once.
func (d *document) orderProblems(x *Exhibit) (list []string) {
	for _, f := range x.Named() {
		if problem := d.orderProblem(x, f); problem != "" && !slices.Contains(list, problem) {
			list = append(list, problem)
		}
	}
	return list
}

func (d *document) seenTooEarly(source string) string {
	if source == "modified" {
		return d.w.SeenEarlyByFile
	}
	return d.w.SeenEarly
}

// impersonation weighs whether somebody put the mark of another's copy there: what that would look like, and what
// speaks for or against it here.
func (d *document) impersonation(x *Exhibit, t *Trace) {
	d.label(d.w.PlantedTitle)
	d.say(d.w.Planted)
	for i := range t.Findings {
		f := &t.Findings[i]
		d.need(24)
		d.paragraph(run{fmt.Sprintf(d.w.PlantedHere, cut(f.Tag, 100)), strong()})
		d.bullets(d.strengthSpeaks(t, f), d.placeSpeaks(t, f), d.accessSpeaks(f), d.orderSpeaks(x, f))
	}
	d.say(d.w.PlantedEnd)
}

// strengthSpeaks compares the finding with a mark that was put into this very exhibit as a control. Such a mark is read
// as a planted one would be: it has not gone through the processing of the leak.
func (d *document) strengthSpeaks(t *Trace, f *Finding) string {
	planted := math.NaN()
	if t.LineUp != nil {
		for _, c := range t.LineUp.Controls {
			if c.Kind == KnownPositive {
				planted = c.Score
			}
		}
	}
	ratio := f.Score / planted
	switch {
	case !(ratio > 0):
		return d.w.StrengthUnknown
	case ratio > 0.9:
		return fmt.Sprintf(d.w.StrengthAlike, d.w.decimal(f.Score, 1), d.w.decimal(planted, 1))
	}
	return fmt.Sprintf(d.w.StrengthWeaker, d.w.decimal(planted, 1), d.w.decimal(f.Score, 1))
}

// placeSpeaks tells whether the tag is in all of the leak, and at the places of the title where it belongs.
func (d *document) placeSpeaks(t *Trace, f *Finding) string {
	if t.still() {
		return d.w.PlaceStill
	}
	carried := carriedBy(f)
	if carried == 0 || t.Video <= 0 {
		return d.w.PlaceNotKnown
	}
	looked := t.Video
	if t.Partial != nil && t.Partial.Examined > 0 {
		looked = t.Partial.Examined
	}
	share := min(float64(carried)/float64(looked), 1)
	placed := 0
	for _, s := range f.Spans {
		if s.TitleFrom != nil {
			placed++
		}
	}
	switch {
	case share < 0.5:
		return fmt.Sprintf(d.w.PlacePart, d.w.percent(share))
	case placed == len(f.Spans):
		return fmt.Sprintf(d.w.PlaceFits, d.w.percent(share))
	}
	return fmt.Sprintf(d.w.PlaceCarried, d.w.percent(share))
}

func (d *document) accessSpeaks(f *Finding) string {
	c := d.of(f.TitleID, f.Tag)
	switch {
	case d.r.Delivery == nil && (c == nil || c.accesses == nil):
		return d.w.AccessNoLogs
	case c == nil || c.sum.clients == 0:
		return d.w.AccessNone
	case c.sum.clients == 1:
		return d.w.AccessOne
	}
	s := c.sum
	who, where := d.w.count(d.w.ClientsNo, s.clients), d.w.count(d.w.CountriesNo, len(s.countries))
	return fmt.Sprintf(d.w.AccessMany, who, where, d.w.whole(int64(s.hosted)))
}

func (d *document) orderSpeaks(x *Exhibit, f *Finding) string {
	seen, _ := x.FirstSeen()
	switch {
	case d.orderProblem(x, f) != "":
		return d.w.OrderAgainst
	case f.Copied.IsZero() || seen.IsZero():
		return d.w.OrderUnknown
	case f.LogEntry != nil:
		return d.w.OrderWitnessed
	}
	return d.w.OrderFits
}
