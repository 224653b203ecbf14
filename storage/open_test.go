// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func TestOpenAndReopen(t *testing.T) {
	for _, name := range []string{"home", "ein Büro?mode=ro#1 %41&x=y", "a/b/c"} {
		home := filepath.Join(t.TempDir(), name)
		s, err := storage.Open(t.Context(), home)
		require.NoError(t, err, name)
		require.Equal(t, home, s.Home())
		title := addTitle(t, s, "t")
		addTags(t, s, title.ID, "a", "b")
		inbox, err := s.Case(t.Context(), storage.Inbox)
		require.NoError(t, err)
		require.NoError(t, s.Close())
		require.FileExists(t, filepath.Join(home, "spoor.db"))
		require.NoFileExists(t, filepath.Join(home, "spoor.db-wal"), "a clean end leaves one file")

		s = openAt(t, home)
		again, err := s.Title(t.Context(), "t")
		require.NoError(t, err)
		require.Equal(t, title, again)
		same, err := s.Case(t.Context(), storage.Inbox)
		require.NoError(t, err)
		require.Equal(t, inbox, same, "one inbox for ever")
		require.NoError(t, s.Check(t.Context()))
	}
	wd := t.TempDir()
	t.Chdir(wd)
	require.Equal(t, filepath.Join(wd, "relative"), openAt(t, "relative").Home())
}

func TestHomesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	for home, words := range map[string]string{
		"":                          "no name",
		file:                        "is a file, not a folder",
		filepath.Join(file, "home"): "not a directory",
	} {
		_, err := storage.Open(t.Context(), home)
		requireCode(t, storage.Invalid, err, words)
	}
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "x", string(content))

	home := filepath.Join(dir, "home")
	require.NoError(t, os.MkdirAll(filepath.Join(home, "spoor.db"), 0o700))
	_, err = storage.Open(t.Context(), home)
	require.Error(t, err, "a folder where the database should be")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = storage.Open(ctx, filepath.Join(dir, "late"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestDatabasesOfOthers(t *testing.T) {
	for name, statement := range map[string]string{
		"another program's":                 `create table t (x)`,
		"another application's id":          `pragma application_id = 42`,
		"another's id that is not all zero": `pragma application_id = -1`,
	} {
		home := t.TempDir()
		db := rawDB(t, home)
		_, err := db.Exec(statement)
		require.NoError(t, err)
		before, err := os.ReadFile(filepath.Join(home, "spoor.db"))
		require.NoError(t, err)
		_, err = storage.Open(t.Context(), home)
		requireCode(t, storage.Invalid, err, "another program")
		_ = name
		_ = before
	}
}

func TestNewerSchema(t *testing.T) {
	s := openNew(t)
	require.NoError(t, s.Close())
	_, err := rawDB(t, s.Home()).Exec(`insert into goose_db_version (version_id, is_applied) values (999, 1)`)
	require.NoError(t, err)
	_, err = storage.Open(t.Context(), s.Home())
	requireCode(t, storage.Newer, err, "newer version of the program", "schema 999", "update")
}

func TestDamagedDatabases(t *testing.T) {
	s := openNew(t)
	title := addTitle(t, s, "t")
	_, err := s.AddTags(t.Context(), title.ID, tagSeq(0, 5000))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	good, err := os.ReadFile(filepath.Join(s.Home(), "spoor.db"))
	require.NoError(t, err)
	overwritten := func(from, to int) []byte {
		b := bytes.Clone(good)
		copy(b[from:to], bytes.Repeat([]byte{0xa5}, to-from))
		return b
	}
	for name, file := range map[string][]byte{
		"text":              []byte("this is no database at all"),
		"short":             []byte("SQL"),
		"header":            overwritten(0, 16),
		"header fields":     overwritten(16, 100),
		"first page":        overwritten(100, 4096),
		"schema to the end": overwritten(4096, len(good)),
		"in the middle":     overwritten(len(good)/2, len(good)/2+8192),
		"cut":               good[:len(good)/2],
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(home, "spoor.db"), file, 0o600))
			_, err := storage.Open(t.Context(), home)
			requireCode(t, storage.Damaged, err, "damaged")
			now, err := os.ReadFile(filepath.Join(home, "spoor.db"))
			require.NoError(t, err)
			require.True(t, bytes.Equal(file, now), "what is left of it is not touched")
		})
	}
}

// Where a database is damaged, the words say whose case it is, what to do, and no more than is true.
func TestDamageNamesTheCase(t *testing.T) {
	s := openNew(t)
	hit, spared := storage.Case{Name: "Festival"}, storage.Case{Name: "Awards"}
	require.NoError(t, s.AddCase(t.Context(), &hit))
	require.NoError(t, s.AddCase(t.Context(), &spared))
	var long strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&long, "word-%d ", i)
	}
	_, err := s.AddNote(t.Context(), hit.ID, "me", long.String())
	require.NoError(t, err)
	_, err = s.AddNote(t.Context(), spared.ID, "me", "short")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	path := filepath.Join(s.Home(), "spoor.db")
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(file, []byte("word-1500 ")) // on a page of its own, in the midst of the note
	require.Positive(t, at)
	page := at &^ 4095
	copy(file[page:page+4096], bytes.Repeat([]byte{0xa5}, 4096))
	require.NoError(t, os.WriteFile(path, file, 0o600))

	_, err = storage.Open(t.Context(), s.Home())
	requireCode(t, storage.Damaged, err, `the case "Festival" can no longer be read`)
	require.NotContains(t, err.Error(), "Awards")
	require.Contains(t, err.Error(), "backup restore FILE")
}

func TestManyOpenANewHomeAtOnce(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	stores := make([]*storage.Store, 8)
	errs := make([]error, len(stores))
	var group sync.WaitGroup
	for i := range stores {
		group.Go(func() { stores[i], errs[i] = storage.Open(t.Context(), home) })
	}
	group.Wait()
	for i, s := range stores {
		require.NoError(t, errs[i])
		cases, err := s.Cases(t.Context(), storage.Page{})
		require.NoError(t, err)
		require.Len(t, cases, 1, "one inbox")
		require.NoError(t, s.Close())
	}
}

// Two stores on one home, each with several writers: every change is there at the
// end, once.
func TestTwoStoresOnOneHome(t *testing.T) {
	a := openNew(t)
	b := openAt(t, a.Home())
	title := addTitle(t, a, "t")
	e := addEvidence(t, a, storage.Inbox, "leak")
	var group sync.WaitGroup
	errs := make(chan error, 1000)
	const writers, each = 3, 40
	for w := range 2 * writers {
		s := []*storage.Store{a, b}[w%2]
		group.Go(func() {
			for i := range each {
				_, err := s.AddNote(t.Context(), e.CaseID, "me", fmt.Sprintf("note %d of %d", i, w))
				errs <- err
			}
		})
		group.Go(func() { // all add the same tags, in chunks that overlap
			_, err := s.AddTags(t.Context(), title.ID, tagSeq(w*100, 3000+w*100))
			errs <- err
		})
		group.Go(func() { // all fight for one backtrace
			for range each {
				trace := storage.Backtrace{EvidenceID: e.ID}
				errs <- s.AddBacktrace(t.Context(), &trace)
				trace.Status = storage.Success
				errs <- s.FinishBacktrace(t.Context(), &trace, []storage.Finding{{TagText: "x"}})
			}
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	counts, err := b.CountCase(t.Context(), e.CaseID)
	require.NoError(t, err)
	const all = 2 * writers * each
	require.Equal(t, storage.CaseCounts{Evidence: 1, Backtraces: all, Findings: all, Notes: all}, counts)
	ordinal := int64(0)
	seen := map[string]bool{}
	for tag, err := range b.EachTag(t.Context(), title.ID, 0) {
		require.NoError(t, err)
		ordinal++
		require.Equal(t, ordinal, tag.Ordinal)
		require.False(t, seen[tag.Text])
		seen[tag.Text] = true
	}
	require.Len(t, seen, 3500)
	require.NoError(t, a.Check(t.Context()))
}

// Of two programs that go on with one backtrace, one wins each step.
func TestOneResultHoweverManyWork(t *testing.T) {
	a := openNew(t)
	b := openAt(t, a.Home())
	trace := addBacktrace(t, a, addEvidence(t, a, storage.Inbox, "leak"))
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		s, mine := []*storage.Store{a, b}[i%2], trace
		mine.Status = storage.Success
		group.Go(func() {
			errs[i] = s.FinishBacktrace(t.Context(), &mine, []storage.Finding{{TagText: fmt.Sprint("worker ", i)}})
		})
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		requireCode(t, storage.Conflict, err)
	}
	require.Equal(t, 1, won)
	findings, err := a.Findings(t.Context(), trace.ID)
	require.NoError(t, err)
	require.Len(t, findings, 1)
}

func TestPathsInTheHome(t *testing.T) {
	s := openNew(t)
	path, err := s.CachePath("registry", "abc.words")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(s.Home(), "cache", "registry", "abc.words"), path)
	require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	path, err = s.CachePath()
	require.NoError(t, err)
	require.DirExists(t, path)

	id := storage.NewID()
	dir, err := s.WorkDir(id)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(s.Home(), "work", id), dir)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.EqualValues(t, 0o700, info.Mode().Perm())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "part"), nil, 0o600))
	require.NoError(t, s.RemoveWorkDir(id))
	require.NoError(t, s.RemoveWorkDir(id), "removing nothing is no error")
	require.NoDirExists(t, dir)

	for _, bad := range []string{"", ".", "..", "../keys", "a/b", "/etc", `a\b`, "x\x00"} {
		if !strings.Contains(bad, "\x00") {
			_, err = s.CachePath("ok", bad)
			requireCode(t, storage.Invalid, err)
			requireCode(t, storage.Invalid, s.RemoveWorkDir(bad))
		}
		_, err = s.WorkDir(bad)
		require.Error(t, err, "%q", bad)
	}
}

// What a killed program left in work/ for one command only is removed when it is old; what can be gone on with stays.
func TestForgottenWorkIsSweptAway(t *testing.T) {
	s := openNew(t)
	old := time.Now().Add(-100 * time.Hour)
	room := func(name string, at time.Time) string {
		dir, err := s.WorkDir(name)
		require.NoError(t, err)
		file := filepath.Join(dir, "part")
		require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
		require.NoError(t, os.Chtimes(file, at, at))
		require.NoError(t, os.Chtimes(dir, old, old))
		return dir
	}
	left, written := room("log-"+storage.NewID(), old), room("log-"+storage.NewID(), time.Now())
	mark, backtrace, other := room("mark-"+storage.NewID(), old), room(storage.NewID(), old), room("log-of-mine", old)
	openAt(t, s.Home())
	require.NoDirExists(t, left)
	for _, dir := range []string{written, mark, backtrace, other} {
		require.DirExists(t, dir)
	}
}

// A check is noted, and one that a wrong clock put into the future is done again.
func TestCheckIsNoted(t *testing.T) {
	s := openNew(t)
	db := rawDB(t, s.Home())
	noted := func() (ms int64) {
		require.NoError(t, db.QueryRow(`select value from meta where key = 'checked_at'`).Scan(&ms))
		return ms
	}
	first := noted()
	require.NotZero(t, first)
	openAt(t, s.Home())
	require.Equal(t, first, noted(), "once a day is enough")
	_, err := db.Exec(`update meta set value = '99999999999999'`)
	require.NoError(t, err)
	openAt(t, s.Home())
	require.Less(t, noted(), int64(9_999_999_999_999))
}
