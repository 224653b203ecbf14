// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"spoor/engine"
	"spoor/storage"
)

type backupCommand struct {
	Create  backupCreate  `cmd:"" default:"withargs" help:"Write a copy of the database, while it may be in use."`
	List    backupList    `cmd:"" help:"List the backups in the home."`
	Restore backupRestore `cmd:"" help:"Put a backup back in the place of a database that is damaged or lost."`
}

// Help says what a backup is.
func (backupCommand) Help() string {
	return "A backup is the database: titles, registries, cases, findings, audit log. Keys, vault and references are files of\n" +
		"the home: copy them with any program, the keys apart from the rest. Once a day the first command makes a backup in\n" +
		"the home; the newest three are kept. When a case is deleted or an old log removed, those that have it go too."
}

// backupJSON is a backup as programs get it.
type backupJSON struct {
	File    string    `json:"file"`
	At      time.Time `json:"at"`
	Entries int64     `json:"entries"` // of the audit log
	Size    int64     `json:"size"`
}

func backupOut(b storage.BackupFile) backupJSON {
	return backupJSON{File: b.Path, At: b.At, Entries: b.Entries, Size: b.Size}
}

type backupCreate struct {
	File string `arg:"" optional:"" help:"The file to be made (default: one in the home)."`
}

// Help is the example.
func (backupCreate) Help() string {
	return "The copy is checked. A backup on another disk outlives this one.\n\n" +
		"Examples:\n  spoor backup create /mnt/safe/spoor-$(date +%F).db\n  spoor backup create"
}

// Run makes a backup.
func (c *backupCreate) Run(a *app, e *engine.Engine) error {
	if c.File != "" {
		if err := e.Backup(a.ctx, c.File); err != nil {
			return err
		}
		a.say("Wrote a copy of the database to %s.", safe(c.File))
		return a.print(map[string]string{"file": c.File})
	}
	b, err := e.Store().BackUp(a.ctx)
	if err != nil {
		return err
	}
	a.say("Wrote a copy of the database to %s.", safe(b.Path))
	return a.print(backupOut(b))
}

type backupList struct{}

// Help is the example.
func (backupList) Help() string {
	return "The newest first, also where the database itself cannot be opened. ENTRIES is how far the audit log goes in it.\n\n" +
		"Example:\n  spoor backup list"
}

// Run lists backups.
func (backupList) Run(a *app) error {
	list, err := storage.Backups(a.home)
	if err != nil {
		return err
	}
	out := []backupJSON{}
	var rows table
	rows.add("BACKUP", "MADE", "ENTRIES", "SIZE")
	for _, b := range list {
		out = append(out, backupOut(b))
		size := fmt.Sprintf("%.1f MB", float64(b.Size)/1e6)
		rows.add(filepath.Base(b.Path), utc(b.At.UnixMilli()), strconv.FormatInt(b.Entries, 10), size)
	}
	switch {
	case len(out) == 0:
		a.say("There is no backup in the home. spoor backup create makes one.")
	case !a.json:
		rows.write(a.term.out)
	}
	return a.print(out)
}

type backupRestore struct {
	Backup string `arg:"" optional:"" help:"A file, or a name from spoor backup list (default: the newest there that is sound)."`
}

// Help is the example.
func (backupRestore) Help() string {
	return "Close the window, spoor serve and other commands on the home first. The database that is there is not thrown away: it\n" +
		"is kept in the folder replaced/ of the home. The backup is checked before and after, and the audit log says that it was\n" +
		"put back. What was done since it was made has to be done again: leaks that came in are still in the vault.\n\n" +
		"Examples:\n  spoor backup restore\n  spoor backup restore /mnt/safe/spoor-2026-11-24.db"
}

// restoredJSON is what came of putting a backup back.
type restoredJSON struct {
	File    string `json:"file"`
	SHA256  string `json:"sha256"`
	Entries int64  `json:"entries"`
	Kept    string `json:"kept"` // folder of the database that was there; "" where there was none
}

// Run puts a backup back.
func (c *backupRestore) Run(a *app) error {
	r, err := storage.Restore(a.ctx, a.home, c.Backup, storage.WithProgram(version), storage.WithLogger(a.term.logger()))
	if err != nil {
		return err
	}
	a.say("Put back %s, with %d entries of the audit log.", safe(r.From), r.Entries)
	if r.Kept != "" {
		a.say("The database that was there is kept in %s.", safe(r.Kept))
	}
	a.hint("spoor verify looks whether everything is as it was.")
	return a.print(restoredJSON{r.From, r.SHA256, r.Entries, r.Kept})
}
