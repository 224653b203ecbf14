// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Backups of the home are files in backups/, named after the time and the length of the audit log, which only grows: of two
// backups the one with more entries is the newer, whatever the clock said.

const (
	backupsName  = "backups"
	backupTemp   = ".spoor-backup-*"
	backupsKept  = 3 // of those in the home, the newest
	backupsEvery = 24 * time.Hour
	deletedKey   = "deleted_at" // in the table meta: the length of the audit log when a case or a log was deleted last
)

// BackupFile is a backup in the home.
type BackupFile struct {
	Path    string
	At      time.Time // by the clock of this computer, whole seconds
	Entries int64     // of the audit log in it
	Size    int64     // bytes
}

func backupName(at time.Time, entries int64) string {
	return fmt.Sprintf("spoor-%s-%010d.db", at.UTC().Format("20060102T150405Z"), entries)
}

// Backups lists the backups in a home, the newest first, whatever state its database is in.
func Backups(home string) ([]BackupFile, error) {
	dir := filepath.Join(home, backupsName)
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, (&Store{}).classify("listing the backups in "+dir, err)
	}
	form := regexp.MustCompile(`^spoor-(\d{8}T\d{6}Z)-(\d{10,18})\.db$`)
	var list []BackupFile
	for _, f := range files {
		part := form.FindStringSubmatch(f.Name())
		info, err := f.Info()
		if part == nil || err != nil || !info.Mode().IsRegular() {
			continue
		}
		at, err := time.Parse("20060102T150405Z", part[1])
		entries, numberErr := strconv.ParseInt(part[2], 10, 64)
		if err == nil && numberErr == nil {
			list = append(list, BackupFile{Path: filepath.Join(dir, f.Name()), At: at, Entries: entries, Size: info.Size()})
		}
	}
	slices.SortFunc(list, func(a, b BackupFile) int { return cmp.Or(cmp.Compare(b.Entries, a.Entries), b.At.Compare(a.At)) })
	return list, nil
}

// BackUp makes a backup in the home, and removes all but the newest few. Errors as of [Store.Backup].
func (s *Store) BackUp(ctx context.Context) (BackupFile, error) {
	d, ok := s.db.(sqlite)
	if !ok {
		return BackupFile{}, errNoFile()
	}
	b, err := d.backUp(ctx, s.home, s.clock())
	return b, s.classify("making a backup in "+filepath.Join(s.home, backupsName), err)
}

func (d sqlite) backUp(ctx context.Context, home string, at time.Time) (BackupFile, error) {
	dir, path := filepath.Join(home, backupsName), ""
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return BackupFile{}, err
	}
	err := d.backup(ctx, dir, func(temp string) (string, error) {
		entries, err := entriesOf(ctx, temp)
		path = filepath.Join(dir, backupName(at, entries))
		return path, err
	})
	if err != nil && !errors.Is(err, fs.ErrExist) { // of this very second and state
		return BackupFile{}, err
	}
	list, err := Backups(home)
	if err != nil {
		return BackupFile{}, err
	}
	for _, old := range list[min(backupsKept, len(list)):] {
		if err := removeFile(old.Path); err != nil {
			return BackupFile{}, err
		}
	}
	i := slices.IndexFunc(list, func(b BackupFile) bool { return b.Path == path })
	if i < 0 {
		return BackupFile{}, errorf(Conflict, "the backup %s was removed meanwhile", path)
	}
	return list[i], nil
}

// entriesOf reads the length of the audit log in a copy, 0 where a version made it that had none.
func entriesOf(ctx context.Context, path string) (n int64, err error) {
	db, err := openSQLiteReader(path)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, `select count(*) from sqlite_master where type = 'table' and name = 'audit_entries'`).Scan(&n)
	if err != nil || n == 0 {
		return 0, err
	}
	return auditSize(ctx, db)
}

func auditSize(ctx context.Context, db querier) (n int64, err error) {
	err = db.QueryRowContext(ctx, `select coalesce(max(seq) + 1, 0) from audit_entries`).Scan(&n)
	return n, err
}

// BackUpIfDue makes the day's backup: where the newest is older than a day, or there is none and the home is. Where the disk
// has not twice the room that it takes, or another program is at it, none is made. It does nothing on a server.
func (s *Store) BackUpIfDue(ctx context.Context) (made bool, err error) {
	if _, ok := s.db.(sqlite); !ok {
		return false, nil
	}
	if due, err := s.backupDue(ctx); err != nil || !due {
		return false, err
	}
	dir := filepath.Join(s.home, backupsName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, s.classify("making "+dir, err)
	}
	lock := flock.New(filepath.Join(dir, ".lock"), flock.SetPermissions(0o600))
	if ok, err := lock.TryLock(); err != nil || !ok {
		return false, s.classify("locking "+dir, err)
	}
	defer func() { _ = lock.Close() }()
	if left, err := filepath.Glob(filepath.Join(dir, backupTemp)); err == nil {
		for _, room := range left { // of a program that was killed
			_ = os.RemoveAll(room)
		}
	}
	info, err := os.Stat(filepath.Join(s.home, databaseName))
	if err == nil && freeSpace(dir) < 2*info.Size() {
		return false, errorf(Full, "there is no room for a backup of the database in %s", dir)
	}
	_, err = s.BackUp(ctx)
	return err == nil, err
}

// dailyBackup makes the day's backup, if it is time: of a small database at once, of a large one while the store is open. What the
// home was opened for can be done in any case.
func (s *Store) dailyBackup(ctx context.Context) {
	info, err := os.Stat(filepath.Join(s.home, databaseName))
	if err != nil || info.Size() < smallSQLite {
		s.tryBackup(ctx)
		return
	}
	s.backup.begin(ctx, s.tryBackup)
}

func (s *Store) tryBackup(ctx context.Context) {
	if _, err := s.BackUpIfDue(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("the day's backup of the database was not made", "error", err)
	}
}

// backgroundWork is done beside everything else, and ends with the store.
type backgroundWork struct {
	stop context.CancelFunc // nil where nothing was begun
	done sync.WaitGroup
}

func (w *backgroundWork) begin(ctx context.Context, do func(context.Context)) {
	ctx, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	w.done.Go(func() { do(ctx) })
}

func (w *backgroundWork) end() {
	if w.stop != nil {
		w.stop()
		w.done.Wait()
	}
}

// backupDue says whether it is time for a backup. One that is dated in the future, by a clock that was set back, does not count.
func (s *Store) backupDue(ctx context.Context) (bool, error) {
	list, err := Backups(s.home)
	if err != nil {
		return false, err
	}
	last, at := time.Time{}, s.clock()
	for _, b := range list {
		if b.At.After(last) && !b.At.After(at) {
			last = b.At
		}
	}
	if last.IsZero() {
		inbox, err := s.Case(ctx, Inbox)
		if err != nil {
			return false, err
		}
		return at.Sub(inbox.CreatedAt).Abs() > backupsEvery, nil
	}
	return at.Sub(last) > backupsEvery, nil
}

// noteDeletion says in a transaction which backups hold what it deletes: all that there are.
func noteDeletion(ctx context.Context, tx *sql.Tx) error {
	n, err := auditSize(ctx, tx)
	if err != nil {
		return err
	}
	return setMeta(ctx, tx, deletedKey, strconv.FormatInt(n, 10))
}

// dropBackups removes the backups in the home that hold what was deleted: a deletion is complete. Those outside the home are
// not known here.
func (s *Store) dropBackups(ctx context.Context) error {
	var deleted int64
	err := s.read.QueryRowContext(ctx, `select value from meta where key = $1`, deletedKey).Scan(&deleted)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return s.classify("looking for old backups", err)
	}
	list, err := Backups(s.home)
	for _, b := range list {
		if b.Entries <= deleted {
			err = errors.Join(err, s.classify("removing the backup "+b.Path, removeFile(b.Path)))
		}
	}
	return err
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
