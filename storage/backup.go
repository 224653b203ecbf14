// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a copy of the database as it is at this moment to a file that is not there yet, while it may be in use.
// The copy is checked. Keys, vault and references are files and not part of it. Errors: Exists; Invalid for a database
// on a server, which has means of its own.
func (s *Store) Backup(ctx context.Context, path string) error {
	d, ok := s.db.(sqlite)
	if !ok {
		return errNoFile()
	}
	path, err := filepath.Abs(path)
	if err == nil {
		if _, err = os.Lstat(path); err == nil {
			return errorf(Exists, "%s is there already", path)
		} else if errors.Is(err, fs.ErrNotExist) {
			err = d.backup(ctx, filepath.Dir(path), func(string) (string, error) { return path, nil })
		}
	}
	return s.classify("making the backup "+path, err)
}

func errNoFile() error {
	return errorf(Invalid, "a database on a server is backed up by its own means, such as pg_dump")
}

// backup writes a copy into a folder, checks it, and gives it the name that name chooses for it.
func (d sqlite) backup(ctx context.Context, dir string, name func(temp string) (string, error)) error {
	room, err := os.MkdirTemp(dir, backupTemp) // for its owner only
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(room) }()
	temp := filepath.Join(room, databaseName)
	if err := d.copyTo(ctx, temp); err != nil {
		return err
	}
	path, err := name(temp)
	if err != nil {
		return err
	}
	if err := os.Link(temp, path); err != nil {
		return err
	}
	return syncDir(dir)
}

// copyTo writes a checked copy, in a connection of its own: neither this program nor others wait for it.
func (d sqlite) copyTo(ctx context.Context, path string) error {
	db, err := openSQLite(d.path, "mode=ro", 1)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `vacuum into $1`, path); err != nil {
		return err
	}
	return checkBackup(ctx, path)
}

// checkBackup opens a copy as a database, walks it, and makes sure that it is on the disk.
func checkBackup(ctx context.Context, path string) error {
	db, err := openSQLiteReader(path)
	if err != nil {
		return err
	}
	defer db.Close()
	found, err := quickCheck(ctx, db)
	if err == nil && found != "" {
		err = errorf(Damaged, "the copy is damaged (%s), and so is the database", found)
	}
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Sync(), f.Close())
}
