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
	return s.classify("making the backup "+path, s.backup(ctx, path))
}

func (s *Store) backup(ctx context.Context, path string) error {
	if _, ok := s.db.(sqlite); !ok {
		return errorf(Invalid, "a database on a server is backed up by its own means, such as pg_dump")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return errorf(Exists, "%s is there already", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".spoor-backup-") // for its owner only
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	temp := filepath.Join(dir, databaseName)
	if _, err := s.write.ExecContext(ctx, `vacuum into $1`, temp); err != nil {
		return err
	}
	if err := checkBackup(ctx, temp); err != nil {
		return err
	}
	if err := os.Link(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// checkBackup opens a copy as a database, walks it, and makes sure that it is on the disk.
func checkBackup(ctx context.Context, path string) error {
	db, err := openSQLiteReader(path)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := (sqlite{path}).check(ctx, db); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Sync(), f.Close())
}
