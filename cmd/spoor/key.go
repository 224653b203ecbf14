// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"

	"spoor/storage"

	"spoor/engine"
)

type keyCommand struct {
	Show    keyShow    `cmd:"" help:"Say how the keys of titles are kept."`
	Protect keyProtect `cmd:"" help:"Encrypt the keys with a passphrase, or change it."`
	Export  keyExport  `cmd:"" help:"Write titles with their keys for another office, under a passphrase."`
	Import  keyImport  `cmd:"" help:"Take over titles with their keys."`
}

const passphraseVariable = "SPOOR_PASSPHRASE"

// passphrase is where the passphrase of the home's keys comes from. Nothing ever asks without a terminal.
func (a *app) passphrase() func() (string, error) {
	return func() (string, error) {
		if text := os.Getenv(passphraseVariable); text != "" {
			return text, nil
		}
		if _, err := os.Stat(a.home + "/keys/lock.json"); err != nil {
			return "", nil //nolint:nilerr // there is nothing to unlock
		}
		return a.ask("Passphrase of the keys: ")
	}
}

// ask asks at the terminal, "" where there is none.
func (a *app) ask(question string) (string, error) {
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) || !a.term.errIsTerminal {
		return "", nil
	}
	a.term.bar.clear()
	fmt.Fprint(a.term.err, question)
	text, err := term.ReadPassword(in)
	fmt.Fprintln(a.term.err)
	return string(text), err
}

// choose asks for a passphrase that is used from now on, twice, or takes it from a variable of the environment.
func (a *app) choose(variable, question string) (string, error) {
	if text := os.Getenv(variable); text != "" {
		return text, nil
	}
	first, err := a.ask(question)
	if err != nil {
		return "", err
	}
	if first == "" {
		return "", usageError("a passphrase is needed: at a terminal, or in the variable " + variable)
	}
	second, err := a.ask("Once more: ")
	if err == nil && first != second {
		err = errors.New("the two passphrases are not the same")
	}
	return first, err
}

// known asks for a passphrase that was chosen before, or takes it from a variable of the environment.
func (a *app) known(variable, question string) (string, error) {
	if text := os.Getenv(variable); text != "" {
		return text, nil
	}
	text, err := a.ask(question)
	if err == nil && text == "" {
		err = usageError("a passphrase is needed: at a terminal, or in the variable " + variable)
	}
	return text, err
}

type keyShow struct{}

// Help is the example.
func (keyShow) Help() string { return "Example:\n  spoor key show" }

// Run says how keys are kept.
func (keyShow) Run(a *app, e *engine.Engine) error {
	p, err := e.KeyProtection()
	if err != nil {
		return err
	}
	a.say("%s", map[storage.Protection]string{
		storage.Unprotected:  "The keys are not encrypted; only you can read their files. spoor key protect encrypts them.",
		storage.ByPassphrase: "The keys are encrypted with a passphrase.",
		storage.ByKeyring:    "The keys are encrypted with a secret in the keyring of this system. Keep an export: spoor key export",
	}[p])
	return a.print(map[string]storage.Protection{"protection": p})
}

type keyProtect struct{}

// Help is the example.
func (keyProtect) Help() string {
	return "From then on the passphrase is needed wherever a key is: it is asked for at a terminal, or taken from the\n" +
		"variable SPOOR_PASSPHRASE. Without it the keys are lost. To change it, put the new one into SPOOR_NEW_PASSPHRASE\n" +
		"or answer at the terminal.\n\nExample:\n  spoor key protect"
}

// Run encrypts keys.
func (keyProtect) Run(a *app, e *engine.Engine) error {
	variable := "SPOOR_NEW_PASSPHRASE"
	if p, err := e.KeyProtection(); err == nil && p == storage.Unprotected && os.Getenv(variable) == "" {
		variable = passphraseVariable
	}
	passphrase, err := a.choose(variable, "New passphrase of the keys: ")
	if err != nil {
		return err
	}
	if err := e.ProtectKeys(passphrase); err != nil {
		return err
	}
	a.say("The keys are encrypted. Old copies of the folder keys may still hold them in the open.")
	return a.print(map[string]storage.Protection{"protection": storage.ByPassphrase})
}

type keyExport struct {
	Titles []string `arg:"" optional:"" name:"title" help:"Titles, ids or names (default: all)."`
	Out    string   `short:"o" required:"" help:"The file to be made." placeholder:"FILE"`
}

// Help is the example.
func (keyExport) Help() string {
	return "Who has the file and its passphrase can trace these titles, and make copies with anybody's tag. The passphrase\n" +
		"is asked for at a terminal, or taken from SPOOR_EXPORT_PASSPHRASE. The registry travels apart: spoor tag list.\n\n" +
		"Example:\n  spoor key export film -o film.keys"
}

// Run writes keys.
func (c *keyExport) Run(a *app, e *engine.Engine) error {
	passphrase, err := a.choose(filePassphrase, "Passphrase for the file: ")
	if err != nil {
		return err
	}
	var content bytes.Buffer
	n, err := e.ExportKeys(a.ctx, &content, passphrase, c.Titles)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the file cannot be made: %w", err)
	}
	_, err = f.Write(content.Bytes())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("the file cannot be written: %w", err), os.Remove(c.Out))
	}
	a.say("Wrote the keys of %d titles to %s.", n, safe(c.Out))
	return a.print(map[string]any{"file": c.Out, "titles": n})
}

type keyImport struct {
	File string `arg:"" help:"A file that spoor key export wrote."`
}

// Help is the example.
func (keyImport) Help() string {
	return "Titles that are here already stay as they are. The passphrase of the file is asked for at a terminal, or taken\n" +
		"from SPOOR_EXPORT_PASSPHRASE.\n\nExample:\n  spoor key import film.keys"
}

// Run takes over keys.
func (c *keyImport) Run(a *app, e *engine.Engine) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	passphrase, err := a.known(filePassphrase, "Passphrase of the file: ")
	if err != nil {
		return err
	}
	added, err := e.ImportKeys(a.ctx, f, passphrase)
	if err != nil {
		return err
	}
	ids := []string{}
	for _, t := range added {
		ids = append(ids, t.ID)
		a.say("Took over the title %s (%s).", safe(t.Name), t.ID)
	}
	if len(added) == 0 {
		a.say("All of it was here already.")
	}
	return a.print(map[string][]string{"titles": ids})
}
