// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"os"
	"strconv"

	"spoor/report"
	"spoor/report/casereport"
)

// isReportFile tells whether what is to be verified is a file rather than a case.
func isReportFile(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular()
}

// verifyFile checks the signature of a report and, of a package, every score. It needs no home and no network.
func (a *app) verifyFile(path, key string) error {
	v := casereport.VerifyFile(path, key, casereport.OwnKey(a.home))
	if !a.json {
		showVerification(a, &v)
	}
	if err := a.print(v); err != nil {
		return err
	}
	if !v.Valid {
		fmt.Fprintln(a.term.err, "spoor: "+safe(path+": "+v.Problem))
		return saidError(exitFailed)
	}
	return nil
}

func showVerification(a *app, v *casereport.Verification) {
	if s := v.Signature; s != nil {
		var rows table
		rows.add("signed by", s.Signer)
		rows.add("on", s.At.UTC().Format("2006-01-02 15:04:05")+" UTC, by the signer's clock")
		if v.Stamp != nil {
			rows.add("before", v.Stamp.At.Format("2006-01-02 15:04:05")+" UTC, by the clock of "+v.Stamp.By)
		}
		rows.add("as", s.File)
		rows.add("key", s.Key)
		if v.Own {
			rows.add("", "That is the key expected.")
		} else {
			rows.add("", "That key is not known here: compare it with the one that the signer gave you (--key).")
		}
		rows.write(a.term.out)
		a.say("The file is as it was signed.")
	} else if v.Package != nil {
		a.say("Not signed.")
	}
	if v.Package != nil {
		showPackage(a, v.Package)
	}
}

func showPackage(a *app, p *report.Checked) {
	for _, b := range p.Registries {
		a.say("%s", safe(boundWords(&b)))
	}
	var rows table
	rows.add("EXHIBIT", "ID", "SCORE", "BY FORMULA", "LOG10 P", "STATED", "OUTCOME")
	for _, s := range p.Scores {
		outcome := "as stated, and of the registry that is bound"
		if s.Problem != "" {
			outcome = s.Problem
		}
		name := s.Tag
		if name == "" {
			name = "(" + s.Role + ")"
		}
		rows.add(strconv.Itoa(s.Exhibit), name, fmt.Sprintf("%.3f", s.Score), fmt.Sprintf("%.3f", s.Formula), fmt.Sprintf("%.2f", s.Log10P),
			fmt.Sprintf("%.3f, %.2f", s.Stated, s.StatedP), outcome)
	}
	rows.write(a.term.out)
}

// boundWords says since when a registry is bound.
func boundWords(b *report.Bound) string {
	text := fmt.Sprintf("The first %s tags of the title %s were bound", grouped(b.Tags), b.Title)
	if b.Problem != "" || b.Entry < 0 {
		return text + ", but the package does not prove when."
	}
	text += fmt.Sprintf(" on %s UTC, by the office's clock, in the name of %s (audit log, entry %d)",
		b.At.Format("2006-01-02 15:04:05"), b.Actor, b.Entry)
	if b.Stamp != nil {
		return text + fmt.Sprintf("; before %s UTC by the clock of %s.", b.Stamp.At.Format("2006-01-02 15:04:05"), b.Stamp.By)
	}
	return text + "; nobody else's clock vouches for it."
}
