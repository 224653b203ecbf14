// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"spoor/engine"
	"spoor/report"
	"spoor/report/casereport"
)

// wording is how findings are told, here as in reports and in the window.
func wording() report.Wording { return report.NewWording("en") }

// verdictWords says what came out.
func verdictWords(verdict string) string {
	sentence := wording().VerdictSentence(verdict)
	if verdict == report.Found {
		return "found: " + sentence
	}
	return sentence
}

// advice says what follows where there is no finding, and which options would help.
func advice(r *engine.TraceResult) []string {
	var options string
	switch r.Verdict {
	case report.Marked:
		options = "Is the tag registered? (spoor tag list TITLE)"
	case report.Inconclusive, report.None:
		options = "--full reads all of the file; --title T tries one title alone."
	default:
		return nil
	}
	meaning := wording().Meaning(r.Verdict, r.Title != nil && r.Title.How == engine.ByPictures)
	return wrapped(meaning+"\n"+options, 92)
}

// showResult prints one result as a person wants to read it.
func showResult(w io.Writer, t *terminal, r *engine.TraceResult) {
	fmt.Fprintf(w, "%s: %s\n", safe(filepath.Base(r.Leak)), verdictWords(r.Verdict))
	for i := range r.Findings {
		showFinding(w, t, r, &r.Findings[i])
	}
	for _, line := range advice(r) {
		fmt.Fprintf(w, "    %s\n", line)
	}
	if r.Verdict == "failed" || r.Verdict == "" {
		return
	}
	var rows table
	if r.Title != nil {
		rows.add("    title", titleWords(r.Title))
	}
	read := fmt.Sprintf("%d frames of %s", r.FramesUsed, clock(time.Duration(r.VideoMS)*time.Millisecond))
	if r.Pages > 0 {
		read = fmt.Sprintf("%d pictures of %d pages", r.FramesUsed, r.Pages)
	}
	rows.add("    read", fmt.Sprintf("%s, in %.1f s", read, float64(r.ElapsedMS)/1000))
	rows.add("    scores", scores(r))
	for i, what := range r.Tried {
		name := "    tried"
		if i > 0 {
			name = ""
		}
		rows.add(name, what)
	}
	if r.Needed != "" {
		rows.add("    needed", r.Needed)
	}
	for i, c := range r.Controls {
		name := "    controls"
		if i > 0 {
			name = ""
		}
		rows.add(name, wording().Control(casereport.ControlOf(c)))
	}
	if r.Damage != "" {
		rows.add("    damage", r.Damage)
	}
	if r.Segments > 0 {
		rows.add("    made of", fmt.Sprintf("%d files of a stream, one behind the other", r.Segments))
	}
	for _, note := range r.Notes {
		rows.add("    note", note)
	}
	if len(r.KnownIn) > 0 {
		rows.add("    known", "the very same file is in: "+strings.Join(r.KnownIn, ", "))
	}
	if r.InPlace {
		rows.add("    vault", "not copied; the file stays where it lies and is needed there")
	}
	rows.add("    sha256", r.SHA256)
	rows.add("    recorded", fmt.Sprintf("case %s, backtrace %s", r.Case, r.Backtrace))
	fmt.Fprintln(w)
	rows.write(w)
}

// titleWords says which title a leak shows, and how sure that is by itself.
func titleWords(t *engine.TraceTitle) string {
	words := fmt.Sprintf("%s  (%s)", t.Name, t.ID)
	if t.How == engine.ByPictures {
		words += fmt.Sprintf(", recognised by its pictures (log10 of the probability: %.0f)", *t.Log10P)
	}
	return words
}

func scores(r *engine.TraceResult) string {
	looks := "looks"
	if r.Looks == 1 {
		looks = "look"
	}
	return fmt.Sprintf("best of %s tags %.1f, %d %s, all paid for; a tag is named from 10^%.0f down",
		grouped(r.TagsCompared), r.BestScore, r.Looks, looks, r.ThresholdLog10P)
}

func showFinding(w io.Writer, t *terminal, r *engine.TraceResult, f *engine.TraceFinding) {
	tag := safe(f.Tag)
	rule := strings.Repeat("-", max(len([]rune(tag))+4, 20))
	fmt.Fprintf(w, "\n    %s\n      %s\n    %s\n\n", rule, t.bold(tag), rule)
	words := wording()
	for _, line := range wrapped(words.Sentence(f.Log10P, r.TagsCompared)+"\n"+words.CopyNotPerson(), 92) {
		fmt.Fprintf(w, "    %s\n", line)
	}
	fmt.Fprintln(w)
	var rows table
	if who := t.recipient(r, f.Tag); who != "" {
		rows.add("    recipient", who)
	}
	rows.add("    score", fmt.Sprintf("%.1f  (log10 of the probability: %.1f)", f.Score, f.Log10P))
	if len(r.Findings) > 1 {
		rows.add("    share", fmt.Sprintf("%.0f %% of the evidence speaks for this tag", 100*f.Weight))
	}
	rows.add("    method", f.Method)
	if len(f.AccessStats) > 0 {
		rows.add("    fetched by", accessLine(f.AccessStats)+"; spoor access shows all")
	}
	if f.Seen != nil {
		rows.add("    place", placeWords(f.Seen))
		rows.write(w)
		return
	}
	for i, s := range f.Spans {
		name := "    seen"
		if i > 0 {
			name = ""
		}
		rows.add(name, words.Span(casereport.SpanOf(s)))
	}
	rows.write(w)
}

// placeWords says where in a document a picture is.
func placeWords(p *engine.Place) string {
	words := p.String()
	if p.Picture == 0 {
		words += ", as a whole"
	} else {
		words += fmt.Sprintf(", %.0f points from the left and %.0f from the top, %.0f wide and %.0f high",
			p.Box[0], p.Box[1], p.Box[2]-p.Box[0], p.Box[3]-p.Box[1])
	}
	if len(p.Also) == 0 {
		return words
	}
	return words + "; also on page " + strings.Trim(strings.ReplaceAll(fmt.Sprint(p.Also), " ", ", "), "[]")
}
