// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// fill puts something into every table that a desktop uses.
func fill(tb testing.TB, s *storage.Store) storage.Evidence {
	tb.Helper()
	ctx := tb.Context()
	title := addTitle(tb, s, "film")
	_, err := s.AddTags(ctx, title.ID, tagSeq(0, 700)) // more than an entry lists
	require.NoError(tb, err)
	addTags(tb, s, title.ID, "alice", "bob")
	c := storage.Copy{TitleID: title.ID, TagOrdinal: 701, Path: "/out/a.mp4", SHA256: hashOf("copy"), Strength: "normal", PSNR: 48.7, SSIM: 0.998}
	require.NoError(tb, s.AddCopy(ctx, &c, false))
	leak := filepath.Join(tb.TempDir(), "leak.mp4")
	require.NoError(tb, os.WriteFile(leak, []byte("a leak"), 0o600))
	v, err := s.TakeIn(ctx, storage.TakeIn{Path: leak})
	require.NoError(tb, err)
	inbox, err := s.Case(ctx, storage.Inbox)
	require.NoError(tb, err)
	e := storage.Evidence{CaseID: inbox.ID, Path: leak, FileName: "leak.mp4", SHA256: v.SHA256, Size: v.Size}
	_, err = s.AddEvidence(ctx, &e)
	require.NoError(tb, err)
	_, err = s.AddNote(ctx, inbox.ID, "M. Curie", "it's a 'note'")
	require.NoError(tb, err)
	b := addBacktrace(tb, s, e)
	b.Status, b.Verdict = storage.Success, storage.Found
	require.NoError(tb, s.FinishBacktrace(ctx, &b, []storage.Finding{{
		TitleID: title.ID, TagOrdinal: 701, TagText: "alice", Log10P: -63.1, Score: 17.7, Weight: 1, Method: "blind", Spans: json.RawMessage(`[]`),
	}}))
	return e
}

func verify(tb testing.TB, s *storage.Store) storage.Verification {
	tb.Helper()
	v, err := s.Verify(tb.Context(), storage.VerifyOptions{})
	require.NoError(tb, err)
	return v
}

func requireSound(tb testing.TB, s *storage.Store) storage.Verification {
	tb.Helper()
	v := verify(tb, s)
	require.Empty(tb, v.Faults)
	return v
}

func TestAuditOfWhatHappens(t *testing.T) {
	s := openNew(t)
	e := fill(t, s)
	v := requireSound(t, s)
	require.Greater(t, v.Rows, int64(700))
	require.EqualValues(t, 1, v.Files)
	require.EqualValues(t, 1, v.Keys)
	require.True(t, strings.HasPrefix(v.Signer, "spoor/"), v.Signer)

	list, err := s.AuditEntries(t.Context(), 0, 1000)
	require.NoError(t, err)
	require.Len(t, list, int(v.Entries))
	require.NotEmpty(t, list[0].Signer)
	actions := ""
	for i, a := range list {
		require.Contains(t, a.Actor, "@")
		require.NotEmpty(t, a.Program)
		require.NotZero(t, a.At)
		require.Equal(t, i == 0, a.Signer != "")
		actions += a.Action + "\n"
		for _, r := range a.Rows {
			if r.Table == "evidence" {
				require.Equal(t, e.SHA256, r.File, "on which hash")
			}
		}
	}
	require.Contains(t, actions, "taking in leak.mp4")
	require.Contains(t, actions, "writing a note")

	// What changes nothing adds nothing, and what failed neither.
	addTags(t, s, titleID(t, s), "alice")
	_, err = s.AddNote(t.Context(), storage.NewID(), "", "x")
	require.Error(t, err)
	require.Equal(t, v.Entries, requireSound(t, s).Entries)
	require.NoError(t, s.RemoveTitle(t.Context(), titleID(t, s), true))
	requireSound(t, s)

	again := openAt(t, s.Home(), storage.WithActor("J. Doe"), storage.WithProgram("9.9"))
	_, err = again.AddNote(t.Context(), e.CaseID, "", "x")
	require.NoError(t, err)
	list, err = s.AuditEntries(t.Context(), v.Entries+1, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "J. Doe", list[0].Actor)
	require.Equal(t, "9.9", list[0].Program)
}

func titleID(tb testing.TB, s *storage.Store) string {
	tb.Helper()
	title, err := s.Title(tb.Context(), "film")
	require.NoError(tb, err)
	return title.ID
}

// storedRow is a row as a tamperer sees it.
type storedRow struct {
	table   string
	columns []string
	values  []any
}

func (r storedRow) where(from int) (string, []any) {
	var parts []string
	var args []any
	for i, c := range r.columns {
		if r.values[i] == nil {
			parts = append(parts, fmt.Sprintf(`"%s" is null`, c))
			continue
		}
		args = append(args, r.values[i])
		parts = append(parts, fmt.Sprintf(`"%s" = $%d`, c, from+len(args)-1))
	}
	return strings.Join(parts, " and "), args
}

func rowsOf(tb testing.TB, db *sql.DB, table string, limit int) (list []storedRow) {
	tb.Helper()
	rows, err := db.QueryContext(tb.Context(), fmt.Sprintf(`select * from "%s" limit %d`, table, limit))
	require.NoError(tb, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(tb, err)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(tb, rows.Scan(into...))
		list = append(list, storedRow{table, columns, values})
	}
	require.NoError(tb, rows.Err())
	return list
}

// others are values that could stand in the place of one.
func others(v any) []any {
	switch v := v.(type) {
	case string:
		return []any{v + "x"}
	case int64:
		return []any{v + 1, v + 1_000_003}
	case float64:
		return []any{math.Nextafter(v, math.Inf(1))}
	case []byte:
		b := append([]byte(nil), v...)
		b[len(b)/2] ^= 1
		return []any{b}
	}
	return []any{int64(0), ""}
}

// tables lists the tables that the log answers for: the test's own idea of them.
func tables(tb testing.TB, db *sql.DB) (list []string) {
	tb.Helper()
	query := `select name from sqlite_master where type = 'table' order by name`
	if os.Getenv(testServer) != "" {
		query = `select tablename from pg_tables where schemaname = 'public' order by 1`
	}
	rows, err := db.QueryContext(tb.Context(), query)
	require.NoError(tb, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		require.NoError(tb, rows.Scan(&name))
		skip := false
		for _, prefix := range []string{"audit_", "goose_", "river_", "search_", "sqlite_", "meta", "checkpoints", "tokens", "team_counts"} {
			skip = skip || strings.HasPrefix(name, prefix)
		}
		if !skip {
			list = append(list, name)
		}
	}
	require.NoError(tb, rows.Err())
	return list
}

// Whatever value of whatever row is altered, removed or added with another program, Verify finds it.
func TestTamperingIsFound(t *testing.T) {
	s := openNew(t)
	fill(t, s)
	requireSound(t, s)
	db := behind(t, s)
	tampered := 0
	for _, table := range tables(t, db) {
		for _, row := range rowsOf(t, db, table, 1) {
			for i, column := range row.columns {
				tamperValue(t, s, db, row, i)
				tampered++
				_ = column
			}
			where, args := row.where(1)
			alter(t, db, fmt.Sprintf(`delete from "%s" where %s`, table, where), args...)
			requireFault(t, s, table, "removed")
			alter(t, db, insertRow(row), row.values...)
		}
	}
	require.Greater(t, tampered, 60)
	requireSound(t, s)
	note := rowsOf(t, db, "notes", 1)[0]
	note.values[0] = storage.NewID()
	alter(t, db, insertRow(note), note.values...)
	requireFault(t, s, "notes", "slipped in")
}

func tamperValue(t *testing.T, s *storage.Store, db *sql.DB, row storedRow, column int) {
	t.Helper()
	where, args := row.where(2)
	for _, other := range others(row.values[column]) {
		altered := storedRow{row.table, row.columns, append([]any(nil), row.values...)}
		altered.values[column] = other
		change := fmt.Sprintf(`update "%s" set "%s" = $1 where `, row.table, row.columns[column])
		if _, err := db.ExecContext(t.Context(), change+where, append([]any{other}, args...)...); err != nil {
			continue // the wrong type
		}
		requireFault(t, s, row.table, row.columns[column])
		back, backArgs := altered.where(2)
		alter(t, db, change+back, append([]any{row.values[column]}, backArgs...)...)
		return
	}
	require.Fail(t, "nothing could be altered", "%s.%s", row.table, row.columns[column])
}

func insertRow(r storedRow) string {
	marks := make([]string, len(r.values))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return fmt.Sprintf(`insert into "%s" ("%s") values (%s)`, r.table, strings.Join(r.columns, `", "`), strings.Join(marks, ", "))
}

func alter(tb testing.TB, db *sql.DB, query string, args ...any) {
	tb.Helper()
	result, err := db.ExecContext(tb.Context(), query, args...)
	require.NoError(tb, err, query)
	n, err := result.RowsAffected()
	require.NoError(tb, err)
	require.EqualValues(tb, 1, n, query)
}

func requireFault(tb testing.TB, s *storage.Store, where, what string) {
	tb.Helper()
	v := verify(tb, s)
	require.NotEmpty(tb, v.Faults, "%s: %s", where, what)
	require.Contains(tb, v.Faults[0].Where, where, "%v", v.Faults)
}

func TestTamperingWithTheLogIsFound(t *testing.T) {
	s := openNew(t)
	fill(t, s)
	db := behind(t, s)
	for _, table := range []string{"audit_entries", "audit_hashes", "audit_head", "audit_sums"} {
		rows := rowsOf(t, db, table, 100)
		require.NotEmpty(t, rows)
		for _, row := range []storedRow{rows[0], rows[len(rows)/2], rows[len(rows)-1]} {
			where, args := row.where(2)
			last := len(row.columns) - 1
			altered := storedRow{row.table, row.columns, append([]any(nil), row.values...)}
			altered.values[last] = others(row.values[last])[0]
			change := fmt.Sprintf(`update %s set "%s" = $1 where `, table, row.columns[last])
			alter(t, db, change+where, append([]any{altered.values[last]}, args...)...)
			require.NotEmpty(t, verify(t, s).Faults, table)
			back, backArgs := altered.where(2)
			alter(t, db, change+back, append([]any{row.values[last]}, backArgs...)...)
			where, args = row.where(1)
			alter(t, db, "delete from "+table+" where "+where, args...)
			require.NotEmpty(t, verify(t, s).Faults, table)
			alter(t, db, insertRow(row), row.values...)
		}
	}
	requireSound(t, s)
	path := filepath.Join(s.Home(), "keys", "audit.key")
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	other, err := os.ReadFile(filepath.Join(openNewFile(t).Home(), "keys", "audit.key"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, other, 0o600))
	if os.Getenv(testServer) == "" {
		require.NotEmpty(t, verify(t, s).Faults, "another key")
	}
	require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	_, err = s.AddNote(t.Context(), storage.NewID(), "", "x")
	require.Error(t, err)
	require.NoError(t, os.WriteFile(path, good, 0o600))
	requireSound(t, s)
}

// openNewFile opens a new home with a database of its own.
func openNewFile(tb testing.TB) *storage.Store {
	tb.Helper()
	return openAt(tb, filepath.Join(tb.TempDir(), "home"), storage.WithDatabase(""))
}

// Files count as well: evidence and keys.
func TestTamperingWithFilesIsFound(t *testing.T) {
	s := openNew(t)
	e := fill(t, s)
	path := filepath.Join(s.Home(), "vault", e.SHA256[:2], e.SHA256)
	for name, spoil := range map[string]func(){
		"a byte": func() { require.NoError(t, os.WriteFile(path, []byte("A leak"), 0o600)) },
		"a link": func() {
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Symlink(filepath.Join(t.TempDir(), "x"), path))
		},
		"gone": func() { require.NoError(t, os.Remove(path)) },
	} {
		require.NoError(t, os.Chmod(path, 0o600))
		spoil()
		requireFault(t, s, e.SHA256, name)
		_ = os.Remove(path)
		require.NoError(t, os.WriteFile(path, []byte("a leak"), 0o400))
		requireSound(t, s)
	}
	key := filepath.Join(s.Home(), "keys", titleID(t, s)+".key")
	good, err := os.ReadFile(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(key, append([]byte("x"), good...), 0o600))
	requireFault(t, s, "key of the title", "")
	require.NoError(t, os.Remove(key))
	requireFault(t, s, "key of the title", "")
	v, err := s.Verify(t.Context(), storage.VerifyOptions{Case: "nope"})
	requireCode(t, storage.NotFound, err)
	_ = v
}

// A clock that is set back changes nothing of the order, and is told.
func TestAClockThatIsSetBackIsTold(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := openAt(t, filepath.Join(t.TempDir(), "home"), storage.WithClock(func() time.Time { return at }))
	note := func(text string) {
		_, err := s.AddNote(t.Context(), inboxID(t, s), "me", text)
		require.NoError(t, err)
	}
	note("first")
	at = at.Add(-2 * time.Hour)
	note("second")
	at = at.Add(time.Second)
	note("third")
	v, err := s.Verify(t.Context(), storage.VerifyOptions{})
	require.NoError(t, err)
	require.Empty(t, v.Faults)
	told := 0
	for _, n := range v.Notes {
		if strings.Contains(n, "clock was set back") {
			told++
			require.Contains(t, n, "2h0m0s")
		}
	}
	require.Equal(t, 1, told)
	list, err := s.Notes(t.Context(), inboxID(t, s), storage.Page{})
	require.NoError(t, err)
	require.Equal(t, []string{"first", "second", "third"}, []string{list[0].Text, list[1].Text, list[2].Text}, "lists keep the order")
	entries, err := s.AuditEntries(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Greater(t, entries[len(entries)-3].At, entries[len(entries)-1].At)
}
