// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func TestBackup(t *testing.T) {
	s := openNew(t)
	fill(t, s)
	dir := t.TempDir()
	path := filepath.Join(dir, "copy.db")
	require.NoError(t, s.Backup(t.Context(), path))
	requireCode(t, storage.Exists, s.Backup(t.Context(), path), "already")
	requireCode(t, storage.NotFound, s.Backup(t.Context(), filepath.Join(dir, "none", "x.db")))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	_, err = s.AddNote(t.Context(), inboxID(t, s), "", "later")
	require.NoError(t, err)

	// Put back, it is a home as it was.
	home := filepath.Join(t.TempDir(), "home")
	require.NoError(t, os.CopyFS(home, os.DirFS(s.Home())))
	for _, side := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(filepath.Join(home, "spoor.db"+side))
	}
	require.NoError(t, os.Rename(path, filepath.Join(home, "spoor.db")))
	again := openAt(t, home)
	requireSound(t, again)
	notes, err := again.Notes(t.Context(), inboxID(t, again), storage.Page{})
	require.NoError(t, err)
	require.Len(t, notes, 1)
}

// damaged overwrites the middle of a home's database, and returns what it is then.
func damaged(tb testing.TB, home string) []byte {
	tb.Helper()
	path := filepath.Join(home, "spoor.db")
	file, err := os.ReadFile(path)
	require.NoError(tb, err)
	middle := len(file) / 2 &^ 4095
	copy(file[middle:middle+16384], bytes.Repeat([]byte{0xa5}, 16384))
	require.NoError(tb, os.WriteFile(path, file, 0o600))
	return file
}

func notes(tb testing.TB, s *storage.Store) int {
	tb.Helper()
	list, err := s.Notes(tb.Context(), inboxID(tb, s), storage.Page{})
	require.NoError(tb, err)
	return len(list)
}

// A damaged database is replaced by the newest backup that is sound, with the command that the error names, and kept.
func TestADamagedDatabaseIsReplacedAndKept(t *testing.T) {
	home := filepath.Join(t.TempDir(), "a home")
	s, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	fill(t, s)
	older, err := s.BackUp(t.Context())
	require.NoError(t, err)
	_, err = s.AddNote(t.Context(), inboxID(t, s), "", "later")
	require.NoError(t, err)
	newer, err := s.BackUp(t.Context())
	require.NoError(t, err)
	require.Greater(t, newer.Entries, older.Entries)
	list, err := storage.Backups(home)
	require.NoError(t, err)
	require.Equal(t, []storage.BackupFile{newer, older}, list)
	_, err = storage.Restore(t.Context(), home, "")
	requireCode(t, storage.Busy, err, "has the home open")
	require.NoError(t, s.Close())

	broken := damaged(t, home)
	_, err = storage.Open(t.Context(), home)
	requireCode(t, storage.Damaged, err, "spoor --home '"+home+"' backup restore", newer.At.Format("2006-01-02 15:04"))
	require.NoError(t, os.Truncate(newer.Path, newer.Size/2))
	r, err := storage.Restore(t.Context(), home, "")
	require.NoError(t, err)
	require.Equal(t, older.Path, r.From, "the newest is cut off")
	require.Equal(t, older.Entries, r.Entries)
	kept, err := os.ReadFile(filepath.Join(r.Kept, "spoor.db"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(broken, kept))

	s = openAt(t, home)
	requireSound(t, s)
	require.Equal(t, 1, notes(t, s))
	entries, err := s.AuditEntries(t.Context(), older.Entries, 10)
	require.NoError(t, err)
	require.Contains(t, entries[0].Action, r.SHA256)
	_, err = s.AddNote(t.Context(), inboxID(t, s), "", "again")
	require.NoError(t, err)
	requireSound(t, s)
}

// A database that is lost comes back too, and so does one that another version wrote.
func TestABackupComesBackIntoAnEmptyHome(t *testing.T) {
	s := openNewFile(t)
	fill(t, s)
	path := filepath.Join(t.TempDir(), "copy.db")
	require.NoError(t, s.Backup(t.Context(), path))
	home := filepath.Join(t.TempDir(), "home")
	r, err := storage.Restore(t.Context(), home, path)
	require.NoError(t, err)
	require.Empty(t, r.Kept)
	require.Equal(t, 1, notes(t, openAt(t, home)))
	require.FileExists(t, path)
}

// A home whose database is gone does not begin anew in silence, and a journal that was left is not mixed into the backup.
func TestALostDatabaseIsToldAndComesBack(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	s, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	fill(t, s)
	_, err = s.BackUp(t.Context())
	require.NoError(t, err)
	_, err = s.AddNote(t.Context(), inboxID(t, s), "", "later")
	require.NoError(t, err)
	journal, err := os.ReadFile(filepath.Join(home, "spoor.db-wal"))
	require.NoError(t, err)
	require.NotEmpty(t, journal)
	require.NoError(t, s.Close())
	for _, lose := range []func(string) error{os.Remove, func(path string) error { return os.WriteFile(path, nil, 0o600) }} {
		require.NoError(t, lose(filepath.Join(home, "spoor.db")))
		_, err = storage.Open(t.Context(), home)
		requireCode(t, storage.Damaged, err, "is gone", "backup restore")
	}
	require.NoError(t, os.Remove(filepath.Join(home, "spoor.db")))
	require.NoError(t, os.WriteFile(filepath.Join(home, "spoor.db-wal"), journal, 0o600))
	r, err := storage.Restore(t.Context(), home, "")
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(r.Kept, "spoor.db-wal"))
	s = openAt(t, home)
	require.Equal(t, 1, notes(t, s))
	requireSound(t, s)
}

func TestWhatIsNoBackupIsRefusedAndChangesNothing(t *testing.T) {
	s, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "home"))
	require.NoError(t, err)
	fill(t, s)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"newer", "cut"} {
		require.NoError(t, s.Backup(t.Context(), path(name)))
	}
	require.NoError(t, s.Close())
	_, err = rawAt(t, path("newer")).Exec(`insert into goose_db_version (version_id, is_applied) values (999, 1)`)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path("cut"), 40960))
	_, err = rawAt(t, path("other")).Exec(`create table t (x)`)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path("text"), []byte("no database at all"), 0o600))
	require.NoError(t, os.WriteFile(path("empty"), nil, 0o600))
	before, err := os.ReadFile(filepath.Join(s.Home(), "spoor.db"))
	require.NoError(t, err)
	for name, code := range map[string]storage.Code{
		"newer": storage.Newer, "cut": storage.Damaged, "other": storage.Invalid, "text": storage.Damaged, "empty": storage.Invalid,
		"nothing": storage.NotFound,
	} {
		_, err := storage.Restore(t.Context(), s.Home(), path(name))
		requireCode(t, code, err, path(name))
	}
	_, err = storage.Restore(t.Context(), s.Home(), "")
	requireCode(t, storage.NotFound, err, "there is no backup")
	_, err = storage.Restore(t.Context(), s.Home(), dir)
	requireCode(t, storage.Invalid, err, "not a file")
	after, err := os.ReadFile(filepath.Join(s.Home(), "spoor.db"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
	require.NoDirExists(t, filepath.Join(s.Home(), "replaced"))
}

// A restore that was killed leaves a home that is not opened, for it may have one half of two states, until it is called again.
func TestARestoreThatWasKilledIsCalledAgain(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	s, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	fill(t, s)
	_, err = s.BackUp(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, os.WriteFile(filepath.Join(home, "restoring"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".spoor-restored"), []byte("half"), 0o600))
	_, err = storage.Open(t.Context(), home)
	requireCode(t, storage.Conflict, err, "spoor --home "+home+" backup restore")
	_, err = storage.Restore(t.Context(), home, "")
	require.NoError(t, err)
	requireSound(t, openAt(t, home))
	require.NoFileExists(t, filepath.Join(home, ".spoor-restored"))
}

// Nobody waits for the backup of a large database: it is made while the home is open, and given up when it is closed.
func TestTheBackupOfALargeDatabaseKeepsNobodyWaiting(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	at := time.Now()
	open := func() *storage.Store {
		s, err := storage.Open(t.Context(), home, storage.WithClock(func() time.Time { return at }))
		require.NoError(t, err)
		return s
	}
	s := open()
	text := strings.Repeat("x", 1<<20)
	for range 34 {
		_, err := s.AddNote(t.Context(), inboxID(t, s), "", text)
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	at = at.Add(25 * time.Hour)
	require.NoError(t, open().Close())
	s = open()
	list := []storage.BackupFile(nil)
	require.Eventually(t, func() bool {
		var err error
		list, err = storage.Backups(home)
		return err == nil && len(list) == 1
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, s.Close())
	files, err := filepath.Glob(filepath.Join(home, "backups", ".spoor-backup-*"))
	require.NoError(t, err)
	require.Empty(t, files, "what was given up left nothing")
	_, err = storage.Restore(t.Context(), home, list[0].Path)
	require.NoError(t, err)
	require.Equal(t, 34, notes(t, openAt(t, home)))
}

// Once a day a backup is made, the newest three are kept, and what is deleted is in none of them.
func TestBackupsOfEachDay(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	at := time.Now()
	open := func(later time.Duration) *storage.Store {
		at = at.Add(later)
		s, err := storage.Open(t.Context(), home, storage.WithClock(func() time.Time { return at }))
		require.NoError(t, err)
		return s
	}
	count := func() int {
		list, err := storage.Backups(home)
		require.NoError(t, err)
		return len(list)
	}
	s := open(0)
	c := storage.Case{Name: "secret"}
	require.NoError(t, s.AddCase(t.Context(), &c))
	require.NoError(t, s.Close())
	require.Zero(t, count(), "the home is new")
	for day := 1; day <= 5; day++ {
		s := open(25 * time.Hour)
		require.Equal(t, min(day, 3), count())
		_, err := s.AddNote(t.Context(), c.ID, "", fmt.Sprint(day))
		require.NoError(t, err)
		require.NoError(t, s.Close())
		require.NoError(t, open(time.Hour).Close())
		require.Equal(t, min(day, 3), count(), "once a day")
	}
	require.NoError(t, open(-72*time.Hour).Close())
	list, err := storage.Backups(home)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, at.Unix(), list[0].At.Unix(), "the clock was set back: the newest is that with most in it")
	require.NoError(t, open(time.Hour).Close())
	again, err := storage.Backups(home)
	require.NoError(t, err)
	require.Equal(t, list, again)
	left := filepath.Join(home, "backups", ".spoor-backup-1")
	require.NoError(t, os.Mkdir(left, 0o700)) // of a program that was killed
	s = open(-720 * time.Hour)
	require.Equal(t, 3, count())
	require.NoDirExists(t, left)

	_, err = s.DeleteCase(t.Context(), c.ID)
	require.NoError(t, err)
	require.Zero(t, count(), "a deletion is complete")
	b, err := s.BackUp(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, open(0).Close())
	list, err = storage.Backups(home)
	require.NoError(t, err)
	require.Equal(t, []storage.BackupFile{b}, list, "what was made after it stays")
}
