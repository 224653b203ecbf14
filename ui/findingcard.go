// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// findingCard shows a tag that was named: large, with the probability in words and number, and how it was found.
func findingCard(b *engine.Backtrace, f *storage.Finding) fyne.CanvasObject {
	tag := widgets.Heading(f.TagText)
	tag.Selectable = true
	a := verdictOf(b.Verdict, b.Status)
	badge := widgets.NewBadge()
	badge.Set(a.icon, lang.L("Found: the file carries the watermark ID (tag) of a copy"), a.color)
	column := container.NewVBox(
		badge,
		tag,
		widgets.Prose(fmt.Sprintf(
			lang.L("Had this copy nothing to do with the file, a score this high would come up by chance in %s examinations. "+
				"It identifies a copy, not a person."), chance(f.Log10P))),
		widgets.Facts(findingFacts(b, f)),
	)
	return widgets.NewPanel(column, look.ColorFound)
}

func findingFacts(b *engine.Backtrace, f *storage.Finding) []widgets.Fact {
	list := []widgets.Fact{
		{Name: lang.L("False-positive probability"), Value: fmt.Sprintf(
			lang.L("10^%.1f, after all corrections; an ID is named from 10^%.0f down"), f.Log10P, b.Threshold)},
		{Name: lang.L("Score"), Value: fmt.Sprintf("%.1f", f.Score)},
		{Name: lang.L("Method"), Value: methodWords(f.Method)},
	}
	if len(b.Findings) > 1 {
		share := fmt.Sprintf(lang.L("%.0f %% of the evidence speaks for this ID"), 100*f.Weight)
		list = append(list, widgets.Fact{Name: lang.L("Share"), Value: share})
	}
	for _, s := range spansOf(*f) {
		list = append(list, widgets.Fact{Name: lang.L("Seen"), Value: spanWords(s)})
	}
	return list
}

func methodWords(method string) string {
	switch method {
	case "blind":
		return lang.L("blind: from the mark alone")
	case "informed":
		return lang.L("informed: against the registered original (non-blind)")
	}
	return method
}

func spanWords(s engine.Span) string {
	at := func(ms int64) string { return clock(time.Duration(ms) * time.Millisecond) }
	text := fmt.Sprintf(lang.L("%s – %s of the leak"), at(s.FromMS), at(s.ToMS))
	if s.TitleFromMS == nil || s.TitleToMS == nil {
		return text
	}
	return text + fmt.Sprintf(lang.L(" is %s – %s of the title"), at(*s.TitleFromMS), at(*s.TitleToMS))
}
