// SPDX-License-Identifier: AGPL-3.0-or-later

// Command spoor-desktop is Spoor with a window.
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
	home := flag.String("home", cmp.Or(os.Getenv("SPOOR_HOME"), engine.DefaultHome()), "folder with the database, vault and keys")
	flag.Parse()
	passphrase := func() (string, error) { return os.Getenv("SPOOR_PASSPHRASE"), nil }
	e, err := engine.Open(context.Background(), *home, engine.WithProgram(version),
		engine.WithPassphrase(passphrase), engine.WithKeyring(storage.SystemKeyring()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	w, err := ui.New(app.NewWithID("org.spoor.desktop"), e, team{e})
	if err != nil {
		return err
	}
	w.Run()
	return nil
}
