// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/report"
	"spoor/report/casereport"
	"spoor/ui/widgets"
)

// reportSave writes reports into files, signed, and checks such files.
type reportSave struct {
	window  *Window
	export  func(report.Format) casereport.Export
	name    func() string // of the case
	object  fyne.CanvasObject
	buttons []*widget.Button
	words   *widget.Label
	bar     *widget.ProgressBarInfinite
	busy    fyne.CanvasObject
	cancel  context.CancelFunc // of what is being written
}

func newReportSave(w *Window, export func(report.Format) casereport.Export, name func() string) *reportSave {
	v := &reportSave{window: w, export: export, name: name, words: widgets.Prose(""), bar: widget.NewProgressBarInfinite()}
	v.words.Selectable = true
	pdf := widget.NewButtonWithIcon(lang.L("Export as PDF…"), theme.DocumentSaveIcon(), func() { v.ask(report.PDF) })
	pdf.Importance = widget.HighImportance
	v.buttons = []*widget.Button{pdf}
	others := container.NewGridWithColumns(2)
	for _, format := range []report.Format{report.JSON, report.XML, report.CASE, report.CSV} {
		b := widget.NewButton(formatName(format), func() { v.ask(format) })
		others.Add(b)
		v.buttons = append(v.buttons, b)
	}
	forOther := widget.NewButtonWithIcon(lang.L("Package for the other side…"), theme.MailSendIcon(), func() { v.ask(report.Package) })
	v.buttons = append(v.buttons, forOther)
	verify := widget.NewButtonWithIcon(lang.L("Verify a file…"), theme.ConfirmIcon(), v.askToVerify)
	stop := widget.NewButtonWithIcon(lang.L("Cancel"), theme.CancelIcon(), func() {
		if v.cancel != nil {
			v.cancel()
		}
	})
	v.busy = container.NewBorder(nil, nil, nil, stop, v.bar)
	v.busy.Hide()
	v.object = container.NewVBox(pdf, others, forOther,
		widgets.Hint(lang.L("Every file is signed with the key of this office; the signature lies beside it.")),
		v.busy, v.words, widget.NewSeparator(), verify)
	return v
}

func formatName(f report.Format) string {
	switch f {
	case report.JSON:
		return "JSON…"
	case report.XML:
		return "XML…"
	case report.CASE:
		return "CASE…"
	case report.CSV:
		return "CSV…"
	case report.PDF, report.Package:
	}
	return string(f)
}

// formatSuffix ends the name of a file in a format.
func formatSuffix(f report.Format) string {
	switch f {
	case report.CASE:
		return ".case.jsonld"
	case report.Package:
		return ".zip"
	case report.PDF, report.JSON, report.XML, report.CSV:
	}
	return "." + string(f)
}

// ask asks where to and writes.
func (v *reportSave) ask(format report.Format) {
	x := v.export(format)
	if x.Case == "" {
		return
	}
	if err := x.Options.Check(); err != nil {
		v.window.fail(err)
		return
	}
	name := engine.FileNameFor(fmt.Sprintf("%s-%s", v.name(), x.Options.Kind), formatSuffix(format))
	v.window.chooseNewFile(name, func(path string) { v.write(x, path) })
}

// write writes a report. It does not wait behind the examinations: it takes a second or two.
func (v *reportSave) write(x casereport.Export, path string) {
	ctx, cancel := context.WithCancel(v.window.ctx)
	v.cancel = cancel
	v.working(true)
	background(v.window, func(context.Context) (casereport.Written, error) {
		defer cancel()
		r, err := x.Report(ctx, v.window.engine)
		if err != nil {
			return casereport.Written{}, err
		}
		return x.Save(ctx, v.window.engine, r, path, true, true)
	}, func(done casereport.Written, err error) {
		v.working(false)
		switch {
		case ctx.Err() != nil && err != nil:
			v.say(lang.L("Cancelled. Nothing was written."), widget.MediumImportance)
		case err != nil:
			v.say(fmt.Sprintf(lang.L("%s was not written: %v"), filepath.Base(path), err), widget.DangerImportance)
		default:
			v.say(fmt.Sprintf(lang.L("Wrote %s, signed by %s."), done.Path, signerWords(done.Signer)), widget.SuccessImportance)
		}
	})
}

func signerWords(name string) string {
	if name == casereport.Unnamed {
		return lang.L("an examiner who is not named in the case")
	}
	return name
}

func (v *reportSave) working(on bool) {
	for _, b := range v.buttons {
		if on {
			b.Disable()
		} else {
			b.Enable()
		}
	}
	if on {
		v.say("", widget.MediumImportance)
		v.busy.Show()
		v.bar.Start()
		return
	}
	v.bar.Stop()
	v.busy.Hide()
}

func (v *reportSave) say(words string, importance widget.Importance) {
	v.words.Importance = importance
	v.words.SetText(words)
	if words != "" {
		v.window.status.say(words) // the column may be scrolled away
	}
}

// forget takes back what was said of the file that was written last.
func (v *reportSave) forget() { v.say("", widget.MediumImportance) }

// askToVerify asks for a report and checks it.
func (v *reportSave) askToVerify() { v.window.chooseFile(v.verify, nil) }

func (v *reportSave) verify(path string) {
	path = strings.TrimSuffix(strings.TrimSuffix(path, report.SignatureSuffix), report.StampSuffix) // the file is meant
	home := v.window.engine.Home()
	background(v.window, func(context.Context) (casereport.Verification, error) {
		return casereport.VerifyFile(path, "", casereport.OwnKey(home)), nil
	}, func(got casereport.Verification, _ error) {
		importance := widget.SuccessImportance
		if !got.Valid {
			importance = widget.DangerImportance
		}
		v.say(verificationWords(&got), importance)
	})
}

// verificationWords says what checking a file came to.
func verificationWords(v *casereport.Verification) string {
	name := filepath.Base(v.File)
	if !v.Valid {
		return fmt.Sprintf(lang.L("%s does not hold: %s"), name, v.Problem)
	}
	words := fmt.Sprintf(lang.L("%s holds."), name)
	if s := v.Signature; s != nil {
		words = fmt.Sprintf(lang.L("%s is as it was signed by %s on %s, by the signer's clock."), name, signerWords(s.Signer), moment(s.At))
		if v.Own {
			words += " " + lang.L("The key is that of this office.")
		} else {
			words += " " + fmt.Sprintf(lang.L("The key is not known here: %s. Compare it with the one that the signer gave you."), s.Key)
		}
	}
	if v.Stamp != nil {
		words += " " + fmt.Sprintf(lang.L("Time-stamped on %s by %s."), moment(v.Stamp.At), v.Stamp.By)
	}
	if v.Package != nil {
		words += " " + fmt.Sprintf(lang.L("All %d scores were recomputed and are as stated."), len(v.Package.Scores))
	}
	return words
}
