// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	asideName     = "replaced"        // folder of databases that were replaced by a backup
	restoringName = "restoring"       // a file that is there while a backup is put back
	restoreTemp   = ".spoor-restored" // the copy of the backup before it is the database
)

// Restored is what came of [Restore].
type Restored struct {
	From    string // the backup
	SHA256  string // of it
	Kept    string // folder with the database as it was before; "" where there was none
	Entries int64  // of the audit log in the backup
}

// Restore puts a backup back as the database of a home: a file, or "" for the newest in the home that is sound. The database that
// was there is kept, damaged or not. No program may have the home open. Killed at any moment, it can be called again, and
// until it is, the home is not opened. options are those of the [Open] that tries the result and enters it in the audit log.
// Errors: NotFound; Busy where the home is open; Damaged, Newer or Invalid for a file that is no backup that can be used.
func Restore(ctx context.Context, home, from string, options ...Option) (Restored, error) {
	r, err := restore(ctx, home, from)
	if err != nil {
		return r, (&Store{}).classify("putting back a backup", err)
	}
	s, err := Open(ctx, home, options...)
	if err != nil {
		return r, err
	}
	err = s.change(ctx, "entering the backup that was put back", func(tx *sql.Tx) error {
		action := "putting back a backup, SHA-256 " + r.SHA256 + ": what was done after it is not in the database"
		entry := AuditEntry{At: s.clock().UnixMilli(), Actor: s.actor, Program: s.program, Action: action, Sums: []AuditSum{}}
		_, err := s.append(ctx, tx, &entry)
		return err
	})
	return r, errors.Join(err, s.Close())
}

func restore(ctx context.Context, home, from string) (r Restored, err error) {
	if home, err = filepath.Abs(home); err != nil {
		return r, err
	}
	if r.From, err = soundBackup(ctx, home, from); err != nil {
		return r, err
	}
	if err := os.MkdirAll(filepath.Join(home, keysName), 0o700); err != nil { // that of a home of which nothing is left
		return r, err
	}
	release, err := takeHome(home)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, release()) }()
	temp := filepath.Join(home, restoreTemp)
	if r.SHA256, err = copyDurably(ctx, r.From, temp); err != nil {
		return r, errors.Join(err, removeFile(temp))
	}
	if r.Entries, err = entriesOf(ctx, temp); err != nil {
		return r, err
	}
	if err := os.WriteFile(filepath.Join(home, restoringName), nil, 0o600); err != nil {
		return r, err
	}
	if err := syncDir(home); err != nil {
		return r, err
	}
	if r.Kept, err = setAside(home); err != nil {
		return r, err
	}
	if err := os.Rename(temp, filepath.Join(home, databaseName)); err != nil {
		return r, err
	}
	if err := syncDir(home); err != nil {
		return r, err
	}
	return r, errors.Join(os.Remove(filepath.Join(home, restoringName)), syncDir(home))
}

// soundBackup finds the backup to be put back, and checks it.
func soundBackup(ctx context.Context, home, from string) (string, error) {
	if from != "" {
		if !strings.ContainsRune(from, filepath.Separator) { // as it is listed
			if inHome := filepath.Join(home, backupsName, from); isFile(inHome) {
				from = inHome
			}
		}
		if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
			return "", errorf(NotFound, "there is no file %s, and no backup of that name in the home (spoor backup list)", from)
		}
		from, err := filepath.Abs(from)
		if err != nil {
			return "", err
		}
		return from, checkRestorable(ctx, from)
	}
	list, err := Backups(home)
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", errorf(NotFound, "there is no backup in %s: name the file of one", filepath.Join(home, backupsName))
	}
	for _, b := range list {
		one := checkRestorable(ctx, b.Path)
		if one == nil {
			return b.Path, nil
		}
		err = errors.Join(err, one)
	}
	return "", err
}

func isFile(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}

// checkRestorable refuses what is no sound backup that this program can read.
func checkRestorable(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errorf(Invalid, "%s is not a file", path)
	}
	db, err := openSQLite(path, "mode=ro&immutable=1&_query_only=on", 1)
	if err != nil {
		return err
	}
	defer db.Close()
	version, err := sqliteVersion(ctx, db, path)
	if _, ours := errors.AsType[*Error](err); ours {
		return err
	}
	if err != nil {
		return errorf(Damaged, "%s is no database, or damaged: %v", path, err)
	}
	want, err := sqliteWanted()
	switch {
	case err != nil:
		return err
	case version == 0:
		return errorf(Invalid, "%s is an empty database", path)
	case version > want:
		return errNewer(path, version, want)
	}
	found, err := quickCheck(ctx, db)
	if err == nil && found != "" {
		err = errorf(Damaged, "%s is damaged (%s)", path, found)
	}
	return err
}

// copyDurably copies a file to one that is replaced, for its owner only, and returns its SHA-256.
func copyDurably(ctx context.Context, from, to string) (sum string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), stopReader{ctx, in})
	err = errors.Join(err, out.Sync(), out.Close())
	return hex.EncodeToString(h.Sum(nil)), err
}

// setAside gives the files of the database a second name in a folder of its own, and takes the journal away from the first: the
// backup has none. At no moment is there no database where there was one.
func setAside(home string) (kept string, err error) {
	database := filepath.Join(home, databaseName)
	there := func(side string) bool {
		_, err := os.Lstat(database + side)
		return !errors.Is(err, fs.ErrNotExist)
	}
	if !there("") && !there("-wal") && !there("-shm") {
		return "", nil
	}
	kept = filepath.Join(home, asideName, now().Format("20060102T150405.000Z")+"-"+NewID()[18:])
	if err := os.MkdirAll(kept, 0o700); err != nil {
		return "", err
	}
	if there("") {
		if err := os.Link(database, filepath.Join(kept, databaseName)); err != nil {
			return "", err
		}
	}
	for _, side := range []string{"-wal", "-shm"} {
		if !there(side) {
			continue
		}
		if err := os.Rename(database+side, filepath.Join(kept, databaseName+side)); err != nil {
			return "", err
		}
	}
	return kept, errors.Join(syncDir(kept), syncDir(filepath.Dir(kept)))
}
