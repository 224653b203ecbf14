// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/report"
	"spoor/report/casereport"
	"spoor/ui/widgets"
)

// reportView is where a case becomes a report: at the left what kind of report it is to be and what is written, at the
// right its pages as they will print.
type reportView struct {
	window *Window
	object fyne.CanvasObject
	pages  *pagesView
	save   *reportSave

	caseID, caseName string
	options          report.Options
	stale            bool // the pages do not show the case as it is

	kind, language, paper *widget.Select
	banner, network       *widget.Entry
	networkRow            fyne.CanvasObject
	redact                *widget.Check
	kindWords             *widget.Label
}

func newReportView(w *Window) *reportView {
	v := &reportView{window: w, options: report.Options{Kind: report.Expert, Lang: language(), Paper: report.A4}}
	v.pages = newPagesView(w)
	v.save = newReportSave(w, v.export, func() string { return v.caseName })
	v.makeFields()
	kinds := container.NewVBox(
		widgets.Captioned(lang.L("Kind of report"), v.kind), v.kindWords,
		container.NewGridWithColumns(2, widgets.Captioned(lang.L("Language"), v.language), widgets.Captioned(lang.L("Paper"), v.paper)),
		widgets.Captioned(lang.L("Line on every page"), v.banner),
		v.networkRow, v.redact,
		widget.NewSeparator(), v.save.object,
	)
	column := container.New(&leastWidth{272}, container.NewVScroll(container.NewPadded(kinds)))
	v.object = container.NewBorder(nil, nil, container.NewBorder(nil, nil, nil, widget.NewSeparator(), column), nil, v.pages.object)
	return v
}

// makeFields makes what is chosen and typed; every change makes the pages anew.
func (v *reportView) makeFields() {
	v.kindWords = widgets.Hint("")
	var names []string
	for _, k := range report.Kinds() {
		names = append(names, wording().Kind(k))
	}
	v.kind = widget.NewSelect(names, func(string) { v.change(func(o *report.Options) { o.Kind = report.Kinds()[v.kind.SelectedIndex()] }) })
	v.language = widget.NewSelect([]string{"English", "Deutsch"}, func(string) {
		v.change(func(o *report.Options) { o.Lang = [...]string{"en", "de"}[v.language.SelectedIndex()] })
	})
	v.paper = widget.NewSelect([]string{"A4", "Letter"}, func(string) {
		v.change(func(o *report.Options) {
			o.Paper = [...]report.Paper{report.A4, report.Letter}[v.paper.SelectedIndex()]
		})
	})
	v.banner, v.network = widget.NewEntry(), widget.NewEntry()
	v.banner.SetPlaceHolder(lang.L("such as: confidential"))
	v.network.SetPlaceHolder(lang.L("all networks"))
	v.banner.OnSubmitted = func(s string) { v.change(func(o *report.Options) { o.Banner = s }) }
	v.network.OnSubmitted = func(s string) { v.change(func(o *report.Options) { o.Filter = s }) }
	v.networkRow = widgets.Captioned(lang.L("Only addresses of this network owner"), v.network)
	v.redact = widget.NewCheck(lang.L("Leave out network addresses"), func(on bool) { v.change(func(o *report.Options) { o.Redact = on }) })
	v.kind.SetSelectedIndex(0)
	v.language.SetSelectedIndex(0)
	if v.options.Lang == "de" || language() == "de" {
		v.language.SetSelectedIndex(1)
	}
	v.paper.SetSelectedIndex(0)
}

// kindMeans says what a kind of report is for.
func kindMeans(k report.Kind) string {
	switch k {
	case report.Expert:
		return lang.L("Everything, for a court: findings, how they were reached, their limits, line-up, controls, accesses.")
	case report.Memo:
		return lang.L("Two pages, for those who decide.")
	case report.Takedown:
		return lang.L("What was found and where, for a platform. It names no recipient and no address.")
	case report.Preservation:
		return lang.L("Addresses, ports and times, for a provider of access, before these are deleted there.")
	}
	return ""
}

// change changes what the report is to be.
func (v *reportView) change(set func(*report.Options)) {
	before := v.options
	set(&v.options)
	preserving := v.options.Kind == report.Preservation
	if preserving && v.options.Redact { // it would ask for nothing
		v.options.Redact = false
		v.redact.SetChecked(false)
	}
	v.kindWords.SetText(kindMeans(v.options.Kind))
	v.networkRow.Hide()
	v.redact.Enable()
	if preserving {
		v.networkRow.Show()
		v.redact.Disable()
	}
	if v.options != before {
		v.save.forget()
		v.make()
	}
}

// show shows the report of a case. Its pages are made when they are looked at.
func (v *reportView) show(caseID, name string) {
	if v.caseID != caseID {
		v.window.fail(v.pages.clear())
		v.save.forget()
	}
	v.caseID, v.caseName, v.stale = caseID, name, true
}

// look makes the pages, where they do not show the case as it is.
func (v *reportView) look() {
	if v.stale {
		v.make()
	}
}

func (v *reportView) make() {
	if v.caseID == "" {
		return
	}
	v.stale = false
	x := v.export(report.PDF)
	v.pages.make(func(ctx context.Context, dir string) ([]string, error) {
		r, err := x.Report(ctx, v.window.engine)
		if err != nil {
			return nil, err
		}
		const dpi = 144
		return x.Pages(ctx, v.window.engine, r, dir, dpi)
	})
}

// export is what is to be written, as it is chosen and typed now.
func (v *reportView) export(format report.Format) casereport.Export {
	o := v.options
	o.Banner, o.Filter = v.banner.Text, ""
	if o.Kind == report.Preservation {
		o.Filter = v.network.Text
	}
	return casereport.Export{Case: v.caseID, Format: format, Options: o}
}

// leastWidth gives one object its full height and a width that does not shrink.
type leastWidth struct{ width float32 }

// Layout is for Fyne.
func (l *leastWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
	}
}

// MinSize is for Fyne.
func (l *leastWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return layout.NewStackLayout().MinSize(objects).Max(fyne.NewSize(l.width, 0))
}

// reportIcon is the place's icon.
func reportIcon() fyne.Resource { return theme.DocumentPrintIcon() }
