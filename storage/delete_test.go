// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// fullCase makes a case with one exhibit in the vault and something in every table that belongs to it.
func fullCase(t *testing.T, s *storage.Store, name, content string) (storage.Case, storage.Evidence) {
	t.Helper()
	ctx := t.Context()
	c := newCase(t, s, name, "J. Doe")
	source := filepath.Join(t.TempDir(), "leak.mp4")
	require.NoError(t, os.WriteFile(source, []byte(content), 0o600))
	v, err := s.TakeIn(ctx, storage.TakeIn{Path: source})
	require.NoError(t, err)
	page := filepath.Join(t.TempDir(), "page.png")
	require.NoError(t, os.WriteFile(page, []byte("page of "+content), 0o600))
	p, err := s.TakeIn(ctx, storage.TakeIn{Path: page})
	require.NoError(t, err)
	e := storage.Evidence{
		CaseID: c.ID, Path: source, FileName: "leak.mp4", SHA256: v.SHA256, Size: v.Size, ModTime: v.ModTime,
		Container: []byte(`{"codec":"h264"}`),
	}
	_, err = s.AddEvidence(ctx, &e)
	require.NoError(t, err)
	at := time.Date(2026, 5, 3, 14, 5, 0, 0, time.UTC)
	require.NoError(t, s.SetAcquisition(ctx, e.ID, &storage.Acquisition{
		Address: "https://x.example", PostedAt: &at, PageSHA256: p.SHA256, PageName: "page.png",
		FilledFrom: map[string]string{"address": "a.warc"},
	}))
	require.NoError(t, s.SetSources(ctx, e.ID, []storage.Source{{Name: "a.ts", SHA256: hashOf("a"), Size: 7}}))
	_, err = s.AddBookmark(ctx, e.ID, 3*time.Second, "me", "look\nhere")
	require.NoError(t, err)
	_, err = s.AddNote(ctx, c.ID, "me", "a note")
	require.NoError(t, err)
	b := storage.Backtrace{
		EvidenceID: e.ID, Method: "blind", Params: []byte(`{"Full":false}`), Versions: []byte(`{"program":"x"}`),
		VideoMS: 9500, Threshold: -9,
	}
	require.NoError(t, s.AddBacktrace(ctx, &b))
	b.Status, b.Verdict, b.BestScore, b.FramesUsed = storage.Success, storage.Found, 12.5, 24
	b.Record = []byte(`{"tried": ["the whole picture"]}`)
	require.NoError(t, s.FinishBacktrace(ctx, &b, []storage.Finding{
		{
			TitleID: storage.NewID(), TagOrdinal: 1, TagText: "alice", Log10P: -20.25, Score: 12.5, Weight: 1, Method: "blind",
			Spans: []byte(`[]`),
		},
	}))
	r := storage.Remote{Name: "server of " + name, URL: "https://team.example"}
	require.NoError(t, s.AddRemote(ctx, &r, "secret"))
	require.NoError(t, s.OpenSubmission(ctx, &storage.Submission{RemoteID: r.ID, CaseID: c.ID, Path: source, SHA256: v.SHA256}))
	open := storage.Backtrace{EvidenceID: e.ID, Method: "blind"}
	require.NoError(t, s.AddBacktrace(ctx, &open))
	require.NoError(t, s.SaveCheckpoint(ctx, &open, []byte("state")))
	return c, e
}

func TestDeleteCase(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	c, e := fullCase(t, s, "one", "same")
	other, kept := fullCase(t, s, "two", "same")
	require.Equal(t, e.SHA256, kept.SHA256)

	require.NoError(t, s.HoldCase(ctx, c.ID, true))
	_, err := s.DeleteCase(ctx, c.ID)
	requireCode(t, storage.Conflict, err, "legal hold")
	require.NoError(t, s.HoldCase(ctx, c.ID, false))
	d, err := s.DeleteCase(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, storage.Deleted{Evidence: 1, Backtraces: 2, Notes: 1}, d, "the other case needs the files")
	_, err = s.CheckedPath(ctx, kept.SHA256, nil)
	require.NoError(t, err)
	_, err = s.Case(ctx, "one")
	requireCode(t, storage.NotFound, err)
	_, err = s.DeleteCase(ctx, c.ID)
	requireCode(t, storage.NotFound, err)

	d, err = s.DeleteCase(ctx, other.ID)
	require.NoError(t, err)
	require.Equal(t, int64(2), d.Files)
	require.Empty(t, vaultFiles(t, s.Home()))
	_, err = s.VaultFile(ctx, kept.SHA256)
	requireCode(t, storage.NotFound, err)

	// The inbox is emptied and stays; what was referenced in place is not touched.
	inbox, err := s.Case(ctx, storage.Inbox)
	require.NoError(t, err)
	source, _ := writeFile(t, "inplace", 1000, 9)
	v, err := s.TakeIn(ctx, storage.TakeIn{Path: source, InPlace: true})
	require.NoError(t, err)
	in := storage.Evidence{CaseID: inbox.ID, Path: source, FileName: "inplace", SHA256: v.SHA256, Size: v.Size}
	_, err = s.AddEvidence(ctx, &in)
	require.NoError(t, err)
	d, err = s.DeleteCase(ctx, inbox.ID)
	require.NoError(t, err)
	require.Equal(t, int64(1), d.Files)
	require.FileExists(t, source)
	_, err = s.Case(ctx, storage.Inbox)
	require.NoError(t, err)
	require.NoError(t, s.Check(ctx))
}

// A program that was killed between forgetting a file and removing it leaves that to the next start; taking the content
// in again before that keeps the file.
func TestDeletionIsFinishedAtTheNextStart(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	s, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	one, _ := writeFile(t, "one", 1000, 1)
	two, _ := writeFile(t, "two", 1001, 2)
	for _, path := range []string{one, two} {
		_, err := s.TakeIn(t.Context(), storage.TakeIn{Path: path})
		require.NoError(t, err)
	}
	doomAll(t, home)
	kept, err := s.TakeIn(t.Context(), storage.TakeIn{Path: two})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	s, err = storage.Open(t.Context(), home)
	require.NoError(t, err)
	defer s.Close()
	require.Equal(t, []string{kept.SHA256}, vaultFiles(t, home))
	_, err = s.CheckedPath(t.Context(), kept.SHA256, nil)
	require.NoError(t, err)
}

func doomAll(t *testing.T, home string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(home, "spoor.db"))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `update vault_files set doomed = 1`)
	require.NoError(t, err)
}

// TestDeletingReachesEveryTable fails when a table that refers to cases, evidence or backtraces is added and forgotten
// in the deletion: its rows would keep the case from being deleted.
func TestDeletingReachesEveryTable(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	s, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	fullCase(t, s, "one", "x")
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(home, "spoor.db"))
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `select m.name from sqlite_master m join pragma_foreign_key_list(m.name) f
		where m.type = 'table' and f."table" in ('cases', 'evidence', 'backtraces')`)
	require.NoError(t, err)
	defer rows.Close()
	count := 0
	for ; rows.Next(); count++ {
		var table string
		require.NoError(t, rows.Scan(&table))
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), `select count(*) from `+table).Scan(&n))
		require.Positive(t, n, "fullCase has nothing in the table %s", table)
	}
	require.NoError(t, rows.Err())
	require.GreaterOrEqual(t, count, 8)
}
