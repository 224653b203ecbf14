// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func openAt(tb testing.TB, home string, options ...storage.Option) *storage.Store {
	tb.Helper()
	s, err := storage.Open(tb.Context(), home, append([]storage.Option{onServer()}, options...)...)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func openNew(tb testing.TB) *storage.Store {
	tb.Helper()
	return openAt(tb, filepath.Join(tb.TempDir(), "home"))
}

// hashOf gives each text another SHA-256.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func addTitle(tb testing.TB, s *storage.Store, name string) storage.Title {
	tb.Helper()
	t := storage.Title{
		ID: storage.NewID(), Name: name, FileName: name + ".mp4", SHA256: hashOf(name), Size: 12345,
		Duration: 10*time.Second + 41*time.Nanosecond,
		Width:    1280, Height: 720, FrameRate: "30000/1001", Container: json.RawMessage(`{"codec":"h264"}`),
	}
	key, err := s.NewTitleKey(t.ID)
	require.NoError(tb, err)
	require.NoError(tb, s.AddTitle(tb.Context(), &t, key))
	return t
}

func tagName(i int) string { return fmt.Sprintf("user-%d", i) }

func tagSeq(from, to int) iter.Seq2[storage.Tag, error] {
	return func(yield func(storage.Tag, error) bool) {
		for i := from; i < to; i++ {
			if !yield(storage.Tag{Text: tagName(i), Name: "Name", Company: "Company", Email: "a@b.example"}, nil) {
				return
			}
		}
	}
}

func addTags(tb testing.TB, s *storage.Store, titleID string, texts ...string) storage.Added {
	tb.Helper()
	added, err := s.AddTags(tb.Context(), titleID, func(yield func(storage.Tag, error) bool) {
		for _, text := range texts {
			if !yield(storage.Tag{Text: text}, nil) {
				return
			}
		}
	})
	require.NoError(tb, err)
	return added
}

func addEvidence(tb testing.TB, s *storage.Store, caseName, name string) storage.Evidence {
	tb.Helper()
	c, err := s.Case(tb.Context(), caseName)
	require.NoError(tb, err)
	e := storage.Evidence{
		CaseID: c.ID, Path: "/in/" + name, FileName: name, SHA256: hashOf(name), Size: 99,
		ModTime: time.Date(2024, 2, 29, 1, 2, 3, 456789, time.FixedZone("x", 3600)), Container: json.RawMessage(`{"a":1}`),
	}
	isNew, err := s.AddEvidence(tb.Context(), &e)
	require.NoError(tb, err)
	require.True(tb, isNew)
	return e
}

func addBacktrace(tb testing.TB, s *storage.Store, e storage.Evidence) storage.Backtrace {
	tb.Helper()
	b := storage.Backtrace{
		EvidenceID: e.ID, Method: "auto", Params: json.RawMessage(`{"full":false}`),
		Versions: json.RawMessage(`{"spoor":"1"}`), Threshold: -9,
	}
	require.NoError(tb, s.AddBacktrace(tb.Context(), &b))
	return b
}

func requireCode(tb testing.TB, code storage.Code, err error, words ...string) {
	tb.Helper()
	require.Error(tb, err)
	require.Equal(tb, code, storage.CodeOf(err), "%v", err)
	for _, w := range words {
		require.ErrorContains(tb, err, w)
	}
}

// rawDB opens the database behind the store's back.
func rawDB(tb testing.TB, home string) *sql.DB {
	tb.Helper()
	return rawAt(tb, filepath.Join(home, "spoor.db"))
}

func rawAt(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite3", path)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

func rawPostgres(tb testing.TB, address string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("pgx", address)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	last := ""
	for i := range 10_000 {
		id := storage.NewID()
		require.True(t, storage.IsID(id), id)
		require.False(t, seen[id])
		seen[id] = true
		if i%100 == 0 { // ordered by microseconds
			require.Less(t, last[:min(len(last), 13)], id[:14])
			last = id
		}
	}
	for _, bad := range []string{"", "abc", "00000000000000000000000G", "ABCDEF000000000000000000", "0000000000000000000000000"} {
		require.False(t, storage.IsID(bad), bad)
	}
}

func TestErrorCodes(t *testing.T) {
	require.Equal(t, storage.Code(""), storage.CodeOf(nil))
	require.Equal(t, storage.Internal, storage.CodeOf(errors.New("x")))
	cause := errors.New("cause")
	err := fmt.Errorf("more: %w", &storage.Error{Code: storage.Full, Message: "no room", Err: cause})
	require.Equal(t, storage.Full, storage.CodeOf(err))
	require.ErrorIs(t, err, cause)
	require.Equal(t, "more: no room: cause", err.Error())
}

func TestTitles(t *testing.T) {
	s := openNew(t)
	ctx := t.Context()
	a := addTitle(t, s, "Film, 2026: 'The End'")
	got, err := s.Title(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, a, got)
	got, err = s.Title(ctx, a.Name)
	require.NoError(t, err)
	require.Equal(t, a, got)
	require.Len(t, a.KeyID, 16)
	require.Nil(t, a.Capacity)
	require.NoError(t, s.SetCapacity(ctx, a.ID, json.RawMessage(`{"z":17.5}`)))
	got, err = s.Title(ctx, a.ID)
	require.NoError(t, err)
	require.JSONEq(t, `{"z":17.5}`, string(got.Capacity))

	_, err = s.Title(ctx, "nothing")
	requireCode(t, storage.NotFound, err, `no title "nothing"`)
	b := addTitle(t, s, a.Name)
	_, err = s.Title(ctx, a.Name)
	requireCode(t, storage.Ambiguous, err, a.ID, b.ID)
	twins, err := s.TitlesByHash(ctx, a.SHA256)
	require.NoError(t, err)
	require.Len(t, twins, 2)

	requireCode(t, storage.NotFound, s.SetCapacity(ctx, storage.NewID(), nil))
	requireCode(t, storage.Invalid, s.SetCapacity(ctx, a.ID, json.RawMessage(`{`)))
}

func TestTitleIsChecked(t *testing.T) {
	s := openNew(t)
	key, err := s.NewTitleKey(storage.NewID())
	require.NoError(t, err)
	good := storage.Title{Name: "n", SHA256: hashOf("n")}
	for name, row := range map[string]struct {
		change func(*storage.Title)
		words  string
	}{
		"no name":      {func(t *storage.Title) { t.Name = "" }, "no name"},
		"id as name":   {func(t *storage.Title) { t.Name = storage.NewID() }, "form of an id"},
		"control":      {func(t *storage.Title) { t.Name = "a\nb" }, "control"},
		"hash":         {func(t *storage.Title) { t.SHA256 = "beef" }, "SHA-256"},
		"capital hash": {func(t *storage.Title) { t.SHA256 = "AA" + t.SHA256[2:] }, "SHA-256"},
		"json":         {func(t *storage.Title) { t.Container = json.RawMessage("{") }, "JSON"},
		"id":           {func(t *storage.Title) { t.ID = "../../etc/passwd" }, "not an id"},
	} {
		bad := good
		row.change(&bad)
		requireCode(t, storage.Invalid, s.AddTitle(t.Context(), &bad, key), row.words)
		_ = name
	}
	requireCode(t, storage.Invalid, s.AddTitle(t.Context(), &good, storage.TitleKey{}), "empty")
	keys, err := filepath.Glob(filepath.Join(s.Home(), "keys", "*.key"))
	require.NoError(t, err)
	require.Len(t, keys, 2, "only the audit log's and the office's: what was refused leaves no key")
	require.NoError(t, s.AddTitle(t.Context(), &good, key))
	again := good
	requireCode(t, storage.Exists, s.AddTitle(t.Context(), &again, storage.TitleKey{Message: storage.Secret{1}, Sync: key.Sync}))
	requireCode(t, storage.Exists, s.AddTitle(t.Context(), &again, key))
	kept, err := s.TitleKey(good.ID)
	require.NoError(t, err)
	require.Equal(t, key, kept, "a key is never replaced")
}

func TestRemoveTitle(t *testing.T) {
	s := openNew(t)
	ctx := t.Context()
	title := addTitle(t, s, "t")
	addTags(t, s, title.ID, "alice")
	c := storage.Copy{TitleID: title.ID, TagOrdinal: 1, Path: "x", SHA256: hashOf("c")}
	require.NoError(t, s.AddCopy(ctx, &c, false))
	b := addBacktrace(t, s, addEvidence(t, s, "inbox", "leak"))
	b.Status, b.Verdict = storage.Success, storage.Found
	require.NoError(t, s.FinishBacktrace(ctx, &b, []storage.Finding{{TitleID: title.ID, TagOrdinal: 1, TagText: "alice", Log10P: -20}}))

	requireCode(t, storage.Conflict, s.RemoveTitle(ctx, title.ID, false), "1 findings", "forced")
	_, err := s.TitleKey(title.ID)
	require.NoError(t, err)
	require.NoError(t, s.RemoveTitle(ctx, title.ID, true))
	_, err = s.Title(ctx, title.ID)
	requireCode(t, storage.NotFound, err)
	_, err = s.TitleKey(title.ID)
	requireCode(t, storage.NotFound, err, "missing")
	findings, err := s.Findings(ctx, b.ID)
	require.NoError(t, err)
	require.Equal(t, "alice", findings[0].TagText, "findings outlive the title")
	requireCode(t, storage.NotFound, s.RemoveTitle(ctx, title.ID, true))
}

func TestCopies(t *testing.T) {
	s := openNew(t)
	ctx := t.Context()
	title := addTitle(t, s, "t")
	addTags(t, s, title.ID, "alice", "bob")
	tag, err := s.Tag(ctx, title.ID, "bob")
	require.NoError(t, err)
	require.Nil(t, tag.IssuedAt)

	c := storage.Copy{
		TitleID: title.ID, TagOrdinal: tag.Ordinal, Path: "/out/bob.mp4", SHA256: hashOf("bob"), Size: 5,
		Strength: "normal", PSNR: 48.7, SSIM: 0.998,
	}
	require.NoError(t, s.AddCopy(ctx, &c, false))
	tag, err = s.Tag(ctx, title.ID, "bob")
	require.NoError(t, err)
	require.Equal(t, c.CreatedAt, *tag.IssuedAt)
	n, err := s.IssuedCount(ctx, title.ID)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)

	second := c
	requireCode(t, storage.Exists, s.AddCopy(ctx, &second, false), `"bob"`, "copy already")
	require.NoError(t, s.AddCopy(ctx, &second, true))
	copies, err := s.Copies(ctx, title.ID, tag.Ordinal)
	require.NoError(t, err)
	require.Equal(t, []storage.Copy{c, second}, copies)
	byHash, err := s.CopiesByHash(ctx, c.SHA256)
	require.NoError(t, err)
	require.Equal(t, copies, byHash)
	after, err := s.Tag(ctx, title.ID, "bob")
	require.NoError(t, err)
	require.Equal(t, tag.IssuedAt, after.IssuedAt, "the first copy counts")

	missing := storage.Copy{TitleID: title.ID, TagOrdinal: 3, SHA256: hashOf("x")}
	requireCode(t, storage.NotFound, s.AddCopy(ctx, &missing, false), "number 3")
}

func TestCases(t *testing.T) {
	s := openNew(t)
	ctx := t.Context()
	inbox, err := s.Case(ctx, storage.Inbox)
	require.NoError(t, err)
	require.Equal(t, storage.CaseDraft, inbox.State)

	c := storage.Case{Name: "Leak of May", Examiner: "M. Curie"}
	require.NoError(t, s.AddCase(ctx, &c))
	requireCode(t, storage.Exists, s.AddCase(ctx, &storage.Case{Name: "Leak of May"}), "already")
	requireCode(t, storage.Exists, s.AddCase(ctx, &storage.Case{Name: "inbox"}))
	requireCode(t, storage.Invalid, s.AddCase(ctx, &storage.Case{Name: ""}))
	requireCode(t, storage.Invalid, s.AddCase(ctx, &storage.Case{Name: "x", State: "lost"}))
	for _, key := range []string{c.ID, c.Name} {
		got, err := s.Case(ctx, key)
		require.NoError(t, err)
		require.Equal(t, c, got)
	}
	_, err = s.Case(ctx, "nope")
	requireCode(t, storage.NotFound, err)
	require.NoError(t, s.SetCaseState(ctx, c.ID, storage.CaseClosed))
	requireCode(t, storage.NotFound, s.SetCaseState(ctx, storage.NewID(), storage.CaseClosed))
	got, err := s.Case(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, storage.CaseClosed, got.State)

	var notes []storage.Note
	for i := range 5 {
		n, err := s.AddNote(ctx, c.ID, "M. Curie", fmt.Sprintf("line one\nnote %d", i))
		require.NoError(t, err)
		notes = append(notes, n)
	}
	list, err := s.Notes(ctx, c.ID, storage.Page{})
	require.NoError(t, err)
	require.ElementsMatch(t, notes, list)
	for _, row := range []struct{ id, text string }{{c.ID, ""}, {c.ID, "\xff"}} {
		_, err = s.AddNote(ctx, row.id, "", row.text)
		requireCode(t, storage.Invalid, err)
	}
	_, err = s.AddNote(ctx, storage.NewID(), "", "x")
	requireCode(t, storage.NotFound, err)
	counts, err := s.CountCase(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, storage.CaseCounts{Notes: 5}, counts)
}

func TestEvidence(t *testing.T) {
	s := openNew(t)
	ctx := t.Context()
	require.NoError(t, s.AddCase(ctx, &storage.Case{Name: "other"}))
	other, err := s.Case(ctx, "other")
	require.NoError(t, err)
	e := addEvidence(t, s, "inbox", "leak.mp4")
	got, err := s.Evidence(ctx, e.ID)
	require.NoError(t, err)
	require.Equal(t, e, got)

	again := e
	again.Path, again.FileName = "/elsewhere/copy.mp4", "copy.mp4"
	isNew, err := s.AddEvidence(ctx, &again)
	require.NoError(t, err)
	require.False(t, isNew)
	require.Equal(t, e, again, "the same content is the same exhibit")

	b := addBacktrace(t, s, e)
	require.NoError(t, s.MoveEvidence(ctx, e.ID, other.ID))
	require.NoError(t, s.MoveEvidence(ctx, e.ID, other.ID), "moving twice is moving once")
	list, err := s.BacktracesOfCase(ctx, other.ID, storage.Page{})
	require.NoError(t, err)
	require.Equal(t, []storage.Backtrace{b}, list, "backtraces come along")
	exhibits, err := s.EvidenceOfCase(ctx, other.ID, storage.Page{})
	require.NoError(t, err)
	require.Len(t, exhibits, 1)

	twin := addEvidence(t, s, "inbox", "leak.mp4")
	requireCode(t, storage.Exists, s.MoveEvidence(ctx, twin.ID, other.ID), "leak.mp4")
	known, err := s.EvidenceByHash(ctx, e.SHA256)
	require.NoError(t, err)
	require.Len(t, known, 2)
	requireCode(t, storage.NotFound, s.MoveEvidence(ctx, storage.NewID(), other.ID))
	requireCode(t, storage.NotFound, s.MoveEvidence(ctx, twin.ID, storage.NewID()), "no case")
	_, err = s.AddEvidence(ctx, &storage.Evidence{CaseID: storage.NewID(), SHA256: e.SHA256})
	requireCode(t, storage.NotFound, err)
	_, err = s.AddEvidence(ctx, &storage.Evidence{CaseID: other.ID, SHA256: "x"})
	requireCode(t, storage.Invalid, err)
	bare := storage.Evidence{CaseID: other.ID, SHA256: hashOf("bare")}
	_, err = s.AddEvidence(ctx, &bare)
	require.NoError(t, err)
	got, err = s.Evidence(ctx, bare.ID)
	require.NoError(t, err)
	require.True(t, got.ModTime.IsZero())
}

func TestBacktraceLife(t *testing.T) {
	s := openNew(t)
	ctx := t.Context()
	b := addBacktrace(t, s, addEvidence(t, s, "inbox", "leak"))
	require.Equal(t, storage.Queued, b.Status)
	require.EqualValues(t, 1, b.Version)
	got, err := s.Backtrace(ctx, b.ID)
	require.NoError(t, err)
	require.Equal(t, b, got)

	b.Status, b.Percentage, b.TitleID, b.BestScore = storage.Processing, 40, storage.NewID(), 6.25
	require.NoError(t, s.UpdateBacktrace(ctx, &b))
	require.EqualValues(t, 2, b.Version)
	require.NoError(t, s.SaveCheckpoint(ctx, &b, []byte("state 1")))
	require.NoError(t, s.SaveCheckpoint(ctx, &b, []byte("state 2")))

	found, ok, err := s.FindResumable(ctx, b.EvidenceID, storage.HashParams(b.Params))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, b, found)
	_, ok, err = s.FindResumable(ctx, b.EvidenceID, storage.HashParams(json.RawMessage(`{"full":true}`)))
	require.NoError(t, err)
	require.False(t, ok, "other parameters are another run")
	state, err := s.Checkpoint(ctx, b.ID)
	require.NoError(t, err)
	require.Equal(t, "state 2", string(state))

	stale := b
	require.NoError(t, s.UpdateBacktrace(ctx, &found), "another program takes over")
	b = found
	requireCode(t, storage.Conflict, s.UpdateBacktrace(ctx, &stale), "another program")
	requireCode(t, storage.Conflict, s.SaveCheckpoint(ctx, &stale, nil))
	stale.Status = storage.Success
	requireCode(t, storage.Conflict, s.FinishBacktrace(ctx, &stale, nil))

	findings := []storage.Finding{
		{
			TitleID: b.TitleID, TagOrdinal: 7, TagText: "alice", Log10P: -63.1, Score: 17.7, Weight: 0.6, Method: "informed",
			Spans: json.RawMessage(`[{"from_ms":0}]`),
		},
		{TitleID: b.TitleID, TagOrdinal: 9, TagText: "bob", Log10P: -12, Score: 9, Weight: 0.4, Method: "informed"},
	}
	b.Status, b.Verdict, b.Percentage, b.FramesUsed, b.VideoMS, b.ElapsedMS = storage.Success, storage.Found, 100, 24, 9500, 840
	none, err := s.Record(ctx, b.ID)
	require.NoError(t, err)
	require.Nil(t, none)
	b.Record = json.RawMessage(`{"looks":[1]}`)
	require.NoError(t, s.FinishBacktrace(ctx, &b, findings))
	record, err := s.Record(ctx, b.ID)
	require.NoError(t, err)
	require.Equal(t, b.Record, record)
	b.Record = nil // it is read apart
	require.NotNil(t, b.FinishedAt)
	got, err = s.Backtrace(ctx, b.ID)
	require.NoError(t, err)
	require.Equal(t, b, got)
	stored, err := s.Findings(ctx, b.ID)
	require.NoError(t, err)
	for i := range findings {
		findings[i].BacktraceID = b.ID
	}
	require.Equal(t, findings, stored)
	state, err = s.Checkpoint(ctx, b.ID)
	require.NoError(t, err)
	require.Nil(t, state, "the checkpoint is gone")

	requireCode(t, storage.Conflict, s.FinishBacktrace(ctx, &b, nil), "finished")
	requireCode(t, storage.Conflict, s.SaveCheckpoint(ctx, &b, nil))
	_, ok, err = s.FindResumable(ctx, b.EvidenceID, b.ParamsHash)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestBacktraceIsChecked(t *testing.T) {
	s := openNew(t)
	ctx := t.Context()
	e := addEvidence(t, s, "inbox", "leak")
	_, err := s.Backtrace(ctx, "x")
	requireCode(t, storage.NotFound, err)
	requireCode(t, storage.NotFound, s.AddBacktrace(ctx, &storage.Backtrace{EvidenceID: "x"}), "no evidence")
	for _, bad := range []storage.Backtrace{
		{Status: storage.Success},
		{Percentage: 101},
		{Percentage: -1},
		{Verdict: "guilty"},
		{Params: json.RawMessage("nope")},
		{Method: "a\x00"},
	} {
		bad.EvidenceID = e.ID
		requireCode(t, storage.Invalid, s.AddBacktrace(ctx, &bad))
	}
	b := addBacktrace(t, s, e)
	b.Status = storage.Failure
	requireCode(t, storage.Invalid, s.UpdateBacktrace(ctx, &b))
	requireCode(t, storage.Invalid, s.FinishBacktrace(ctx, &b, []storage.Finding{{TagText: "a"}}), "cannot have findings")
	b.Status = storage.Success
	zero := 0.0
	for _, bad := range []storage.Finding{
		{TagText: ""},
		{TagText: "a", Log10P: 1 / zero},
		{TagText: "a", Score: zero / zero},
		{TagText: "a", Spans: json.RawMessage("]")},
	} {
		requireCode(t, storage.Invalid, s.FinishBacktrace(ctx, &b, []storage.Finding{bad}))
	}
	b.Status = storage.Processing
	requireCode(t, storage.Invalid, s.FinishBacktrace(ctx, &b, nil))
	requireCode(t, storage.Conflict, s.SaveCheckpoint(ctx, &storage.Backtrace{ID: "x"}, nil))
}

func TestPaging(t *testing.T) {
	s := openNew(t)
	ctx := t.Context()
	e := addEvidence(t, s, "inbox", "leak")
	want := map[string]bool{}
	for range 23 {
		want[addBacktrace(t, s, e).ID] = true
	}
	inbox, err := s.Case(ctx, storage.Inbox)
	require.NoError(t, err)
	for name, list := range map[string]func(storage.Page) ([]storage.Backtrace, error){
		"all":         func(p storage.Page) ([]storage.Backtrace, error) { return s.Backtraces(ctx, p) },
		"of evidence": func(p storage.Page) ([]storage.Backtrace, error) { return s.BacktracesOfEvidence(ctx, e.ID, p) },
		"of case":     func(p storage.Page) ([]storage.Backtrace, error) { return s.BacktracesOfCase(ctx, inbox.ID, p) },
		"by status": func(p storage.Page) ([]storage.Backtrace, error) {
			return s.BacktracesByStatus(ctx, storage.Queued, p)
		},
	} {
		got := map[string]bool{}
		after, pages := "", 0
		for {
			page, err := list(storage.Page{After: after, Limit: 5})
			require.NoError(t, err, name)
			if len(page) == 0 {
				break
			}
			pages++
			for _, b := range page {
				require.Greater(t, b.ID, after)
				after = b.ID
				got[b.ID] = true
			}
		}
		require.Equal(t, want, got, name)
		require.Equal(t, 5, pages, name)
		page, err := list(storage.Page{})
		require.NoError(t, err)
		require.Len(t, page, 23, "%s: the default limit is 100", name)
	}
	for i := range 7 {
		addTitle(t, s, fmt.Sprint("title ", i))
		require.NoError(t, s.AddCase(ctx, &storage.Case{Name: fmt.Sprint("case ", i)}))
	}
	titles, err := s.Titles(ctx, storage.Page{Limit: 4})
	require.NoError(t, err)
	require.Len(t, titles, 4)
	titles, err = s.Titles(ctx, storage.Page{After: titles[3].ID, Limit: 1_000_000})
	require.NoError(t, err)
	require.Len(t, titles, 3)
	cases, err := s.Cases(ctx, storage.Page{})
	require.NoError(t, err)
	require.Len(t, cases, 8)
}
