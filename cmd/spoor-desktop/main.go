// SPDX-License-Identifier: AGPL-3.0-or-later

// Command spoor-desktop is Spoor with a window. Files that are named are taken in as if they were dropped on it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"fyne.io/fyne/v2/app"

	"spoor/engine"
	"spoor/engine/media"
	"spoor/storage"
	"spoor/ui"
)

// version is set by the Makefile.
var version = "unknown"

func main() {
	media.ChildMain()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "spoor-desktop:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	a := app.NewWithID("org.spoor.desktop")
	usual := cmp.Or(os.Getenv("SPOOR_HOME"), ui.Home(a), engine.DefaultHome())
	home := flag.String("home", usual, "folder with the database, vault and keys")
	flag.Parse()
	var passphrase ui.Passphrase
	e, err := engine.Open(context.Background(), *home, engine.WithProgram(version), engine.WithKeyring(storage.SystemKeyring()),
		engine.WithPassphrase(func() (string, error) {
			if text := os.Getenv("SPOOR_PASSPHRASE"); text != "" {
				return text, nil
			}
			return passphrase.Ask()
		}))
	if err != nil {
		return ui.ShowFailure(a, err)
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	w, err := ui.New(a, e, team{e}, host{e}, &passphrase)
	if err != nil {
		return err
	}
	w.Take(flag.Args())
	w.Run()
	return nil
}
