// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"spoor/engine"
	"spoor/report/casereport"
	"spoor/storage"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// findingCard shows a tag that was named: large, with the probability in words and number, and how it was found.
func findingCard(b *engine.Backtrace, f *storage.Finding, compared int64) fyne.CanvasObject {
	tag := widgets.Heading(f.TagText)
	tag.Selectable = true
	a := verdictOf(b.Verdict, b.Status)
	badge := widgets.NewBadge()
	badge.Set(a.icon, lang.L("Found: the file carries the watermark ID (tag) of a copy"), a.color)
	column := container.NewVBox(
		badge,
		tag,
		widgets.Prose(wording().Sentence(f.Log10P, compared)+" "+wording().CopyNotPerson()),
		widgets.Facts(findingFacts(b, f)),
	)
	return widgets.NewPanel(column, look.ColorFound)
}

func findingFacts(b *engine.Backtrace, f *storage.Finding) []widgets.Fact {
	list := []widgets.Fact{
		{Name: lang.L("False-positive probability"), Value: fmt.Sprintf(
			lang.L("10^%.1f, after all corrections; an ID is named from 10^%.0f down"), f.Log10P, b.Threshold)},
		{Name: lang.L("Score"), Value: fmt.Sprintf("%.1f", f.Score)},
		{Name: lang.L("Method"), Value: wording().Method(f.Method)},
	}
	if len(b.Findings) > 1 {
		share := fmt.Sprintf(lang.L("%.0f %% of the evidence speaks for this ID"), 100*f.Weight)
		list = append(list, widgets.Fact{Name: lang.L("Share"), Value: share})
	}
	for _, s := range spansOf(*f) {
		list = append(list, widgets.Fact{Name: lang.L("Seen"), Value: wording().Span(casereport.SpanOf(s))})
	}
	return list
}
