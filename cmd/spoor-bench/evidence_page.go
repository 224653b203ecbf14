// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"spoor/engine"
)

// hardLeaks are those that a method is not required to read; each is shown apart.
func hardLeaks(method string) []string {
	if method != "" {
		return []string{"camcorder-hard", "combined-hard", "small-144-38", "x264-47", "x264-50"}
	}
	return []string{"camcorder-hard", "rotate-15", "combined-hard", "small-144-28", "small-144-38", "x264-47", "x264-50"}
}

func (e *evidenceCommand) page(ctx context.Context, w *workshop, clips []clip, kinds []leakKind, m *measured) *page {
	p := newPage(ctx, "Who is named", "Written by `make bench-evidence`; do not edit.", w, clips)
	p.line(fmt.Sprintf("%s Each clip is registered with %d innocent "+
		"tags and %d recipients among them. A copy (x264 medium, crf 18) is damaged with the leak tool and traced, the title being given; "+
		"the answer is right if a tag of the leak is named, with a probability of coincidence of at most 10^%d after all corrections. "+
		"Shares are followed by their 95 %% confidence interval (Wilson). Variants of each leak (`--vary`): %s.",
		methodWords(e.Method), e.Tags, mostRecipients, engine.ThresholdLog10P, joined(e.Vary)))
	if n := m.older(w.engine); n > 0 {
		p.line(fmt.Sprintf("**%d of the answers were kept from other versions of the engine.**", n))
	}
	e.summary(p, m)
	for _, s := range strengthsInOrder(e.Strengths) {
		e.matrix(p, s, clips, kinds, m)
	}
	e.mixSection(p, m)
	e.innocentSection(p, m)
	e.tailSection(p, m)
	e.missSection(p, m)
	return p
}

func methodWords(method string) string {
	switch method {
	case "informed":
		return "Informed: the reader has the key, the registry and the reference of the title (320x180, x264); where a handful of its " +
			"pictures does not settle it, and always for stills, the frames of the original itself, which lies where it was registered."
	case referencesOnly:
		return "Informed without originals: the reader has the key, the registry and the reference of the title (320x180, x264, two " +
			"pictures a second), as where only references were handed out."
	case "auto":
		return "As the program does it by itself: against the reference of the title, then, where that does not settle it, blind."
	}
	return "Blind: the reader has the key and the registry, not the original."
}

func joined(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}

// all lists every answer about a leak, once.
func (m *measured) all() []answered {
	var list []answered
	seen := map[exam]bool{}
	for _, part := range [][]answered{m.leaks, m.frames, m.mixes, m.innocent} {
		for _, a := range part {
			if !seen[a.exam] {
				seen[a.exam] = true
				list = append(list, a)
			}
		}
	}
	return list
}

// older counts answers of other engines.
func (m *measured) older(engine string) (n int) {
	for _, a := range m.all() {
		if a.Engine != engine {
			n++
		}
	}
	return n
}

// tally counts answers that are as they should be, apart for the measuring half.
type tally struct{ good, n, goodMeasuring, measuring int }

func (t *tally) add(a *answered, good bool) {
	if a.Unmade != "" {
		return // listed apart
	}
	t.n++
	if good {
		t.good++
	}
	if a.clip.half != measuring {
		return
	}
	t.measuring++
	if good {
		t.goodMeasuring++
	}
}

// row writes the tally, and whether at least a share of must is met: on the measuring half, where that is there.
func (t tally) row(what, strength string, must float64) []string {
	required, met := "", ""
	if must > 0 {
		required = fmt.Sprintf("at least %.0f %%", 100*must)
		k, n := t.goodMeasuring, t.measuring
		if n == 0 {
			k, n = t.good, t.n
		}
		met = verdictOn(n > 0 && float64(k) >= must*float64(n))
	}
	return []string{what, strength, shareOf(t.goodMeasuring, t.measuring), shareOf(t.good, t.n), required, met}
}

func tallyOf(list []answered, of func(*answered) (counts, good bool)) tally {
	var t tally
	for i := range list {
		if counts, good := of(&list[i]); counts {
			t.add(&list[i], good)
		}
	}
	return t
}

func (e *evidenceCommand) summary(p *page, m *measured) {
	p.heading("What must hold")
	t := newTable("what", "strength", "measuring half", "all clips", "must", "met")
	for _, s := range strengthsInOrder(e.Strengths) {
		e.leakRows(t, s, m)
		e.frameRows(t, s, m)
		e.mixRows(t, s, m)
	}
	var wrong int
	all := m.all()
	for i := range all {
		wrong += all[i].wrong()
	}
	t.add(fmt.Sprintf("innocent tags named, in any of all %d traces of this page", len(all)),
		"", "", fmt.Sprint(wrong), "0", verdictOn(wrong == 0))
	p.table(t)
	p.line("\"Met\" is judged on the measuring half where there are clips of it. " +
		"A frame has texture if at most half of it is flat: blocks of 16x16 with a standard deviation below 2.5 grey levels.")
}

func (e *evidenceCommand) leakRows(t *table, s string, m *measured) {
	if !e.part("leaks") {
		return
	}
	must := map[string]float64{"normal": 0.95, "strong": 0.98}[s]
	if e.Method != "" {
		must = 1
	}
	easy := tallyOf(m.leaks, func(a *answered) (bool, bool) {
		return a.strength == s && !slices.Contains(hardLeaks(e.Method), a.leak), a.right() > 0
	})
	t.add(easy.row("right tag, all leaks but the hard ones that follow", s, must)...)
	for _, name := range append(hardLeaks(e.Method), "clip-2s", "clip-2s-38") {
		one := tallyOf(m.leaks, func(a *answered) (bool, bool) { return a.strength == s && a.leak == name, a.right() > 0 })
		if one.n > 0 {
			t.add(one.row("- "+name, s, 0)...)
		}
	}
}

func (e *evidenceCommand) frameRows(t *table, s string, m *measured) {
	if !e.part("frames") {
		return
	}
	for _, name := range []string{"frame-jpg", "frame-png"} {
		must := 0.0
		if name == "frame-jpg" {
			must = 0.8
			if e.Method != "" {
				must = 1
			}
		}
		some := tallyOf(m.frames, func(a *answered) (bool, bool) {
			return a.strength == s && a.leak == name && a.Flat <= textured, a.right() > 0
		})
		t.add(some.row("one frame with texture, "+name, s, must)...)
		every := tallyOf(m.frames, func(a *answered) (bool, bool) { return a.strength == s && a.leak == name, a.right() > 0 })
		t.add(every.row("- any frame, "+name, s, 0)...)
	}
}

func (e *evidenceCommand) mixRows(t *table, s string, m *measured) {
	if !e.part("mixes") {
		return
	}
	some := tallyOf(m.mixes, func(a *answered) (bool, bool) { return a.strength == s, a.right() > 0 })
	t.add(some.row("mixed copies: at least one colluder", s, 1)...)
	every := tallyOf(m.mixes, func(a *answered) (bool, bool) { return a.strength == s && a.mixed <= 3, a.right() == a.mixed })
	t.add(every.row("mixed copies of up to 3: all colluders", s, 1)...)
}

// matrix shows every leak on every clip.
func (e *evidenceCommand) matrix(p *page, strength string, clips []clip, kinds []leakKind, m *measured) {
	if !e.part("leaks") {
		return
	}
	p.heading("Every leak, strength " + strength)
	p.line("The score z of the right tag, the lowest of the variants. A miss is set in bold, with the best score of any tag in brackets; " +
		"`-` is a leak that could not be made. Then the weakest probability of those named (log10, after all corrections), and " +
		"medians of the time of a whole trace and of the frames it read.")
	head := []string{"leak", "what", "named"}
	for _, c := range clips {
		name, _, _ := strings.Cut(c.name, "_")
		head = append(head, name)
	}
	t := newTable(append(head, "log10 p", "seconds", "frames")...)
	for _, k := range kinds {
		t.add(matrixRow(strength, k, clips, m.leaks)...)
	}
	p.table(t)
}

func matrixRow(strength string, k leakKind, clips []clip, leaks []answered) []string {
	named, made, weakest := 0, 0, math.Inf(-1)
	var seconds, frames []float64
	cells := make([]string, len(clips))
	for i, c := range clips {
		lowest, best, missed, there := math.Inf(1), math.Inf(-1), false, false
		for j := range leaks {
			a := &leaks[j]
			if a.strength != strength || a.leak != k.name || a.clip != c || a.Unmade != "" {
				continue
			}
			there = true
			made++
			seconds, frames = append(seconds, a.Seconds), append(frames, float64(a.outcome.Frames))
			if tag, ok := a.clearest(); ok {
				named++
				lowest, weakest = min(lowest, tag.Score), max(weakest, tag.Log10P)
			} else {
				missed, best = true, max(best, a.Score)
			}
		}
		switch {
		case !there:
			cells[i] = "-"
		case missed:
			cells[i] = fmt.Sprintf("**(%.1f)**", best)
		default:
			cells[i] = fmt.Sprintf("%.1f", lowest)
		}
	}
	p := "-"
	if named > 0 {
		p = fmt.Sprintf("%.0f", weakest)
	}
	row := append([]string{k.name, k.words, fmt.Sprintf("%d of %d", named, made)}, cells...)
	return append(row, p, fmt.Sprintf("%.1f", median(seconds)), fmt.Sprintf("%.0f", median(frames)))
}

func (e *evidenceCommand) mixSection(p *page, m *measured) {
	if !e.part("mixes") {
		return
	}
	p.heading("Mixed copies")
	p.line("Several recipients put their copies together (x264 veryfast, crf 23); traced with `--full`. The average is made with " +
		"ffmpeg's filter `mix` here, since the leak tool asks it for an option that it does not have.")
	t := newTable("mix", "strength", "clip", "named", "innocent", "scores", "weights")
	for i := range m.mixes {
		a := &m.mixes[i]
		if a.Unmade != "" {
			continue
		}
		var scores, weights []string
		for _, tag := range a.Named {
			if a.guilty(tag.Tag) {
				scores, weights = append(scores, fmt.Sprintf("%.1f", tag.Score)), append(weights, fmt.Sprintf("%.2f", tag.Weight))
			}
		}
		t.add(strings.TrimPrefix(a.leak, "mix "), a.strength, a.clip.name, fmt.Sprintf("%d of %d", a.right(), a.mixed),
			fmt.Sprint(a.wrong()), strings.Join(scores, ", "), strings.Join(weights, ", "))
	}
	p.table(t)
}

func (e *evidenceCommand) innocentSection(p *page, m *measured) {
	if !e.part("innocent") {
		return
	}
	p.heading("False accusations")
	p.line(fmt.Sprintf("Files that carry no mark of the title they are compared with, each traced with that title and its %d tags.",
		e.Tags+mostRecipients))
	t := newTable("files", "number", "somebody named", "said to be marked", "inconclusive", "none", "failed", "highest score")
	for _, kind := range []struct {
		words  string
		marked bool
	}{{"originals, damaged", false}, {"other titles' copies, damaged", true}} {
		count := map[string]int{}
		n, best := 0, 0.0
		for i := range m.innocent {
			a := &m.innocent[i]
			if (a.strength != "") != kind.marked || a.Unmade != "" {
				continue
			}
			n++
			count[a.Verdict]++
			best = max(best, a.Score)
		}
		t.add(kind.words, fmt.Sprint(n), fmt.Sprint(count["found"]), fmt.Sprint(count["marked"]), fmt.Sprint(count["inconclusive"]),
			fmt.Sprint(count["none"]), fmt.Sprint(count["failed"]), fmt.Sprintf("%.2f", best))
	}
	p.table(t)
	t = newTable("must", "measured", "met")
	named := tallyOf(m.innocent, func(a *answered) (bool, bool) { return true, len(a.Named) > 0 })
	t.add("at least 200 files", fmt.Sprint(named.n), verdictOn(named.n >= 200))
	t.add("nobody named", shareOf(named.good, named.n), verdictOn(named.good == 0))
	p.table(t)
}

func (e *evidenceCommand) tailSection(p *page, m *measured) {
	if !e.part("tail") {
		return
	}
	p.heading("The tail of innocent scores")
	p.line(fmt.Sprintf("%d of these files, read with %d keys each that nothing was marked with, every reading compared with %d tags. "+
		"Half of the keys share the sync set of the file's title, so that the reader finds the mark's place and time where there is one; "+
		"the others have nothing in common with it. Theory: the score is a sum of 1024 random signs with the weights of the evidence. "+
		"Its tail is that of the normal distribution but for the fourth cumulant, which is computed from the weights and takes a little "+
		"away far out. What the program states is 3.18 times the normal tail. Deviations are in units of the counting error.",
		m.tailFiles, e.TailKeys, e.Tags))
	for _, kind := range []struct {
		words string
		tail  tailCount
	}{{"Keys that share the sync set", m.tails.SameSync}, {"Keys that share nothing", m.tails.Foreign}} {
		if kind.tail.Scans == 0 {
			continue
		}
		p.line(fmt.Sprintf("%s: %d readings, %.3g scores, the highest %.2f.",
			kind.words, kind.tail.Scans, float64(kind.tail.Scores), kind.tail.Best))
		p.table(kind.tail.table())
	}
	p.list(m.tailFaults, "Every file could be read.")
}

func (t *tailCount) table() *table {
	out := newTable("score at least", "probability", "counted", "normal", "deviation", "sum of signs", "deviation", "within 3")
	for i, z := range tailSteps() {
		off := func(expected float64) float64 { return (float64(t.Above[i]) - expected) / math.Sqrt(max(expected, 1)) }
		out.add(fmt.Sprintf("%.1f", z), fmt.Sprintf("%.2g", normalTail(z)), fmt.Sprint(t.Above[i]),
			fmt.Sprintf("%.0f", t.Normal[i]), fmt.Sprintf("%+.1f", off(t.Normal[i])),
			fmt.Sprintf("%.0f", t.Signs[i]), fmt.Sprintf("%+.1f", off(t.Signs[i])), verdictOn(math.Abs(off(t.Signs[i])) <= 3))
	}
	return out
}

// missSection names everything that was not as it should be.
func (e *evidenceCommand) missSection(p *page, m *measured) {
	p.heading("Misses")
	var misses, unmade []string
	all := m.all()
	for i := range all {
		a := &all[i]
		innocent := a.strength == "" || a.title != a.clip
		switch {
		case a.Unmade != "":
			unmade = append(unmade, fmt.Sprintf("%s: %s", a.exam, a.Unmade))
		case a.wrong() > 0:
			misses = append(misses, fmt.Sprintf("**%s: %d innocent named**", a.exam, a.wrong()))
		case a.Error != "":
			misses = append(misses, fmt.Sprintf("%s: %s", a.exam, a.Error))
		case innocent && a.Verdict == "marked":
			misses = append(misses, fmt.Sprintf("%s: said to be marked (sync clarity %.2f)", a.exam, a.Sync))
		case innocent:
		case a.right() == 0:
			misses = append(misses, fmt.Sprintf("%s: %s, best score %.1f, sync clarity %.2f", a.exam, a.Verdict, a.Score, a.Sync))
		case a.right() < a.mixed && a.mixed <= 3:
			misses = append(misses, fmt.Sprintf("%s: %d of %d named", a.exam, a.right(), a.mixed))
		}
	}
	p.list(misses, "None.")
	if len(unmade) > 0 {
		p.heading("Leaks that could not be made")
		p.list(unmade, "")
	}
}
