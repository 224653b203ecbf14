// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"spoor/engine"
)

type caseExport struct {
	Case string `arg:"" help:"Id or name."`
	Out  string `short:"o" required:"" help:"The file to write; it must not be there yet." placeholder:"FILE" type:"path"`
}

// Help is the example.
func (caseExport) Help() string {
	return "The file holds everything of the case: evidence, acquisition records, backtraces, findings, bookmarks, notes. It\n" +
		"is a ZIP archive that can be read without this program. Keys and registries are not in it. It is not encrypted.\n\n" +
		"Example:\n  spoor case export \"Festival leak\" -o festival.spoor"
}

// Run exports a case.
func (c *caseExport) Run(a *app) error {
	return a.withEngine(func(e *engine.Engine) error {
		exported, sum, err := e.ExportCase(a.ctx, c.Case, c.Out, a.progress())
		if err != nil {
			return err
		}
		a.term.bar.clear()
		a.say("Exported the case %s: %s\nsha256  %s", safe(exported.Name), safe(c.Out), sum)
		return a.print(map[string]any{"case": exported.ID, "file": c.Out, "sha256": sum, "evidence": exported.Counts.Evidence})
	})
}

type caseImport struct {
	File  string `arg:"" help:"A file that spoor case export has written." type:"path"`
	Check bool   `help:"Check only, every hash included, and change nothing."`
}

// Help is the example.
func (caseImport) Help() string {
	return "Everything is checked before anything changes. The case keeps its id; if another has its name, it gets a number.\n\n" +
		"Example:\n  spoor case import festival.spoor"
}

// Run imports a case.
func (c *caseImport) Run(a *app) error {
	return a.withEngine(func(e *engine.Engine) error {
		if c.Check {
			checked, files, err := e.CheckCaseFile(a.ctx, c.File, a.progress())
			if err != nil {
				return err
			}
			a.term.bar.clear()
			a.say("The file is whole: the case %s, with %d files whose hashes are right.", safe(checked.Name), files)
			return a.print(map[string]any{"case": checked.ID, "name": checked.Name, "files": files})
		}
		imported, err := e.ImportCase(a.ctx, c.File, a.progress())
		if err != nil {
			return err
		}
		a.term.bar.clear()
		a.say("Imported the case %s with %d exhibits.", safe(imported.Name), imported.Counts.Evidence)
		return a.print(caseOut(imported))
	})
}

type caseDelete struct {
	Case string `arg:"" help:"Id or name."`
}

// Help is the example.
func (caseDelete) Help() string {
	return "Evidence, findings, notes and everything else of it go, and from the vault what no other case has. Nothing asks\n" +
		"again. Under legal hold it is refused. Of the inbox, the contents go. Files that were left in place are not touched.\n\n" +
		"Example:\n  spoor case delete \"Festival leak\""
}

// Run deletes a case.
func (c *caseDelete) Run(a *app) error {
	return a.withEngine(func(e *engine.Engine) error {
		gone, d, err := e.DeleteCase(a.ctx, c.Case)
		if err != nil {
			return err
		}
		a.say("Deleted the case %s: %d exhibits, %d backtraces, %d notes, %d files of the vault.",
			safe(gone.Name), d.Evidence, d.Backtraces, d.Notes, d.Files)
		return a.print(map[string]any{
			"case": gone.ID, "name": gone.Name, "evidence": d.Evidence, "backtraces": d.Backtraces, "notes": d.Notes, "files": d.Files,
		})
	})
}
