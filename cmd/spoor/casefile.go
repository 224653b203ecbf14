// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"fmt"
	"io/fs"

	"spoor/engine"
	"spoor/report"
	"spoor/report/casereport"
)

// filePassphrase is the variable of the environment with the passphrase of a file that is exported or imported.
const filePassphrase = "SPOOR_EXPORT_PASSPHRASE" //nolint:gosec // the name of a variable

type caseExport struct {
	Case string `arg:"" help:"Id or name."`
	Out  string `short:"o" required:"" help:"The file to write; it must not be there yet." placeholder:"FILE" type:"path"`

	Encrypt bool `help:"Encrypt it with a passphrase (age)."`
	NoSign  bool `help:"Do not sign."`
}

// Help is the example.
func (caseExport) Help() string {
	return "The file holds everything of the case: evidence, acquisition records, backtraces, findings, bookmarks, notes. It\n" +
		"is a ZIP archive that can be read without this program. Keys and registries are not in it. It is signed with the\n" +
		"office's key, as reports are. The passphrase of --encrypt is asked for at a terminal, or taken from\n" +
		"SPOOR_EXPORT_PASSPHRASE; age opens such a file too.\n\n" +
		"Examples:\n  spoor case export \"Festival leak\" -o festival.spoor\n" +
		"  spoor case export \"Festival leak\" --encrypt -o festival.spoor.age"
}

// Run exports a case.
func (c *caseExport) Run(a *app, e *engine.Engine) error {
	exported, sum, err := c.export(a, e)
	if err != nil {
		return err
	}
	a.term.bar.clear()
	a.say("Exported the case %s: %s\nsha256  %s", safe(exported.Name), safe(c.Out), sum)
	out := map[string]any{
		"case": exported.ID, "file": c.Out, "sha256": sum, "evidence": exported.Counts.Evidence, "encrypted": c.Encrypt,
	}
	if !c.NoSign {
		signed, err := casereport.SignCaseFile(e, c.Out, exported.Examiner)
		if err != nil {
			return err
		}
		a.say("signed  %s, by %s with the key %s", safe(signed.Signature), safe(signed.Signer), signed.Key)
		out["signature"], out["key"] = signed.Signature, signed.Key
	}
	return a.print(out)
}

func (c *caseExport) export(a *app, e *engine.Engine) (engine.Case, string, error) {
	if !c.Encrypt {
		return e.ExportCase(a.ctx, c.Case, c.Out, a.progress())
	}
	passphrase, err := a.choose(filePassphrase, "Passphrase for the file: ")
	if err != nil {
		return engine.Case{}, "", err
	}
	return e.ExportSealedCase(a.ctx, c.Case, c.Out, passphrase, a.progress())
}

type caseImport struct {
	File  string `arg:"" help:"A file that spoor case export has written." type:"path"`
	Key   string `help:"Public key that must have signed it." placeholder:"KEY"`
	Check bool   `help:"Check only, every hash included, and change nothing."`
}

// Help is the example.
func (caseImport) Help() string {
	return "Everything is checked before anything changes. The case keeps its id; if another has its name, it gets a number.\n" +
		"A signature beside the file is checked too; --key says whose it must be.\n\n" +
		"Example:\n  spoor case import festival.spoor"
}

// Run imports a case.
func (c *caseImport) Run(a *app, e *engine.Engine) error {
	if err := c.signature(a); err != nil {
		return err
	}
	file, done, err := e.OpenCaseFile(a.ctx, c.File, func() (string, error) {
		return a.known(filePassphrase, "Passphrase of the file: ")
	})
	if err != nil {
		return err
	}
	defer done()
	if c.Check {
		checked, files, err := e.CheckCaseFile(a.ctx, file, a.progress())
		if err != nil {
			return err
		}
		a.term.bar.clear()
		a.say("The file is whole: the case %s, with %d files whose hashes are right.", safe(checked.Name), files)
		return a.print(map[string]any{"case": checked.ID, "name": checked.Name, "files": files})
	}
	imported, err := e.ImportCase(a.ctx, file, a.progress())
	if err != nil {
		return err
	}
	a.term.bar.clear()
	a.say("Imported the case %s with %d exhibits.", safe(imported.Name), imported.Counts.Evidence)
	return a.print(caseOut(imported))
}

// signature checks the one beside the file.
func (c *caseImport) signature(a *app) error {
	said, err := report.VerifyFile(c.File)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.Key == "":
		a.hint("There is no signature beside the file: who made it cannot be told.")
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no signature beside %s, at %s", c.File, c.File+report.SignatureSuffix)
	case err != nil:
		return fmt.Errorf("%s: %w", c.File, err)
	case c.Key != "" && c.Key != said.Key:
		return fmt.Errorf("%s is signed with another key than the one that was given: %s", c.File, said.Key)
	}
	a.say("Signed by %s with the key %s.", safe(said.Signer), said.Key)
	return nil
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
func (c *caseDelete) Run(a *app, e *engine.Engine) error {
	gone, d, err := e.DeleteCase(a.ctx, c.Case)
	if err != nil {
		return err
	}
	a.say("Deleted the case %s: %d exhibits, %d backtraces, %d notes, %d files of the vault.",
		safe(gone.Name), d.Evidence, d.Backtraces, d.Notes, d.Files)
	return a.print(map[string]any{
		"case": gone.ID, "name": gone.Name, "evidence": d.Evidence, "backtraces": d.Backtraces, "notes": d.Notes, "files": d.Files,
	})
}
