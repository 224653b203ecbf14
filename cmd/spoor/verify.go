// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"strconv"
	"time"

	"spoor/storage"

	"spoor/engine"
)

type verifyCommand struct {
	What string `arg:"" optional:"" name:"case-or-file" help:"A report or package, or only the evidence of this case (default: all)."`
	Key  string `help:"Of a report: the public key that must have signed it." placeholder:"KEY"`
}

// Help is the example.
func (verifyCommand) Help() string {
	return "Of a report: checks its signature and says who signed it and when. Of a package for the other side: recomputes every\n" +
		"score. Neither needs a home or a key. Of a home: walks the audit log, compares every row of the database with it,\n" +
		"hashes the evidence in the vault again and checks keys and references. It works offline and changes nothing.\n" +
		"Exit code 1: something was altered; what comes first is the first broken link.\n\n" +
		"Examples:\n  spoor verify\n  spoor verify \"Festival leak\" --json\n  spoor verify report.pdf"
}

// Run verifies a home.
func (c *verifyCommand) Run(a *app) error {
	if isReportFile(c.What) {
		return a.verifyFile(c.What, c.Key)
	}
	return a.withEngine(func(e *engine.Engine) error { return c.verify(a, e) })
}

func (c *verifyCommand) verify(a *app, e *engine.Engine) error {
	v, err := e.Verify(a.ctx, c.What, a.progress())
	if err != nil {
		return err
	}
	a.term.bar.clear()
	if !a.json {
		var rows table
		rows.add("audit log", fmt.Sprintf("%s entries, head signed by %s", grouped(v.Entries), v.Signer))
		rows.add("rows", grouped(v.Rows))
		rows.add("vault", grouped(v.Files)+" files")
		rows.add("keys", grouped(v.Keys))
		rows.add("references", strconv.Itoa(v.References))
		rows.add("time stamps", grouped(v.Stamps))
		for _, n := range v.Notes {
			rows.add("note", n)
		}
		rows.write(a.term.out)
		if len(v.Faults) == 0 {
			a.say("Nothing was altered.")
		}
	}
	const shown = 20
	for i, f := range v.Faults {
		if i == shown {
			fmt.Fprintf(a.term.err, "spoor: and %d more\n", len(v.Faults)-shown)
			break
		}
		fmt.Fprintln(a.term.err, "spoor: "+safe(f.Where+": "+f.What))
	}
	if err := a.print(v); err != nil {
		return err
	}
	if len(v.Faults) > 0 {
		return saidError(exitFailed)
	}
	return nil
}

type auditCommand struct {
	From  int64 `help:"Number of the first entry to show." placeholder:"N"`
	Limit int   `default:"100" help:"Show at most so many." placeholder:"N"`
}

// Help is the example.
func (auditCommand) Help() string {
	return "Who did what, when, and with which version of the program. spoor verify proves that the log is whole.\n\n" +
		"Example:\n  spoor audit --from 100"
}

// Run lists entries of the audit log.
func (c *auditCommand) Run(a *app, e *engine.Engine) error {
	list, err := e.AuditEntries(a.ctx, c.From, c.Limit)
	if err != nil {
		return err
	}
	if !a.json {
		var rows table
		rows.add("ENTRY", "TIME", "WHO", "PROGRAM", "WHAT")
		for i, x := range list {
			rows.add(c.From+int64(i), day(time.UnixMilli(x.At)), x.Actor, x.Program, x.Action)
		}
		rows.write(a.term.out)
	}
	if list == nil {
		list = []storage.AuditEntry{}
	}
	return a.print(list)
}
