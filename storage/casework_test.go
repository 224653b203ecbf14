// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func newCase(t *testing.T, s *storage.Store, name, examiner string) storage.Case {
	t.Helper()
	c := storage.Case{Name: name, Examiner: examiner}
	require.NoError(t, s.AddCase(t.Context(), &c))
	return c
}

func TestCaseFieldsAndReview(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	c := newCase(t, s, "leak", "J. Doe")
	newCase(t, s, "other", "")
	text := func(s string) *string { return &s }
	require.NoError(t, s.EditCase(ctx, c.ID, storage.CaseEdit{Name: text("forum"), Number: text("2026-7")}))
	got, err := s.Case(ctx, "forum")
	require.NoError(t, err)
	require.Equal(t, []string{"2026-7", "J. Doe", string(storage.CaseDraft)}, []string{got.Number, got.Examiner, string(got.State)})
	requireCode(t, storage.Exists, s.EditCase(ctx, c.ID, storage.CaseEdit{Name: text("other")}))
	requireCode(t, storage.Invalid, s.EditCase(ctx, c.ID, storage.CaseEdit{Number: text("a\nb")}))
	requireCode(t, storage.NotFound, s.EditCase(ctx, storage.NewID(), storage.CaseEdit{}))
	inbox, err := s.Case(ctx, storage.Inbox)
	require.NoError(t, err)
	requireCode(t, storage.Conflict, s.EditCase(ctx, inbox.ID, storage.CaseEdit{Name: text("mine")}))

	requireCode(t, storage.Conflict, s.ReviewCase(ctx, c.ID, " j. doe "), "second examiner")
	requireCode(t, storage.Invalid, s.ReviewCase(ctx, c.ID, " "))
	requireCode(t, storage.Invalid, s.SetCaseState(ctx, c.ID, storage.CaseReviewed))
	require.NoError(t, s.ReviewCase(ctx, c.ID, "R. Roe"))
	got, err = s.Case(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, storage.CaseReviewed, got.State)
	require.Equal(t, "R. Roe", got.Reviewer)
	require.False(t, got.ChangedSinceReview())
	require.NoError(t, s.SetCaseState(ctx, c.ID, storage.CaseClosed))
	requireCode(t, storage.Conflict, s.ReviewCase(ctx, c.ID, "R. Roe"))
	require.NoError(t, s.SetCaseState(ctx, c.ID, storage.CaseDraft))
	got, err = s.Case(ctx, c.ID)
	require.NoError(t, err)
	require.Nil(t, got.ReviewedAt)
	require.Empty(t, got.Reviewer)
}

func TestAcquisition(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	newCase(t, s, "c", "")
	e := addEvidence(t, s, "c", "leak.mp4")
	none, err := s.Acquisition(ctx, e.ID)
	require.NoError(t, err)
	require.Nil(t, none)
	at := time.Date(2026, 5, 3, 14, 5, 0, 0, time.UTC)
	a := storage.Acquisition{
		Address: "https://forum.example/t/7", Uploader: "ups", CapturedAt: &at, PageSHA256: hashOf("page"), PageName: "page.png",
		FilledFrom: map[string]string{"uploader": "leak.info.json"},
	}
	require.NoError(t, s.SetAcquisition(ctx, e.ID, &a))
	a.Platform = "Forum"
	require.NoError(t, s.SetAcquisition(ctx, e.ID, &a))
	got, err := s.Acquisition(ctx, e.ID)
	require.NoError(t, err)
	require.Equal(t, &a, got)

	requireCode(t, storage.NotFound, s.SetAcquisition(ctx, storage.NewID(), &a))
	requireCode(t, storage.Invalid, s.SetAcquisition(ctx, e.ID, &storage.Acquisition{Uploader: "a\x1bb"}))
	requireCode(t, storage.Invalid, s.SetAcquisition(ctx, e.ID, &storage.Acquisition{PageSHA256: "xyz"}))
}

func TestBookmarks(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	newCase(t, s, "c", "")
	e := addEvidence(t, s, "c", "leak.mp4")
	for _, at := range []time.Duration{90 * time.Second, 0, 1500*time.Millisecond + 300*time.Microsecond} {
		_, err := s.AddBookmark(ctx, e.ID, at, "me", "here: "+at.String())
		require.NoError(t, err)
	}
	list, err := s.Bookmarks(ctx, e.ID)
	require.NoError(t, err)
	var at []time.Duration
	for _, b := range list {
		at = append(at, b.At)
	}
	require.Equal(t, []time.Duration{0, 1500 * time.Millisecond, 90 * time.Second}, at)
	_, err = s.AddBookmark(ctx, e.ID, -1, "me", "x")
	requireCode(t, storage.Invalid, err)
	_, err = s.AddBookmark(ctx, e.ID, 0, "me", "")
	requireCode(t, storage.Invalid, err)
	_, err = s.AddBookmark(ctx, storage.NewID(), 0, "me", "x")
	requireCode(t, storage.NotFound, err)
}

func TestSources(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	newCase(t, s, "c", "")
	e := addEvidence(t, s, "c", "stream")
	want := []storage.Source{{Name: "b.ts", SHA256: hashOf("b"), Size: 2}, {Name: "a.ts", SHA256: hashOf("a"), Size: 1}}
	require.NoError(t, s.SetSources(ctx, e.ID, want))
	require.NoError(t, s.SetSources(ctx, e.ID, want[:1]))
	got, err := s.Sources(ctx, e.ID)
	require.NoError(t, err)
	require.Equal(t, want, got)
	requireCode(t, storage.NotFound, s.SetSources(ctx, storage.NewID(), want))
	requireCode(t, storage.Invalid, s.SetSources(ctx, e.ID, []storage.Source{{Name: strings.Repeat("x", 40_000), SHA256: hashOf("a")}}))
}

func TestMergeCases(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	from, into := newCase(t, s, "from", ""), newCase(t, s, "into", "")
	remote := storage.Remote{Name: "team", URL: "https://team.example"}
	require.NoError(t, s.AddRemote(ctx, &remote, "secret"))
	require.NoError(t, s.OpenSubmission(ctx, &storage.Submission{RemoteID: remote.ID, CaseID: from.ID, SHA256: hashOf("x")}))
	twin, kept := addEvidence(t, s, "from", "twin"), addEvidence(t, s, "into", "twin")
	require.Equal(t, twin.SHA256, kept.SHA256)
	only := addEvidence(t, s, "from", "only")
	for _, e := range []storage.Evidence{twin, only} {
		_, err := s.AddBookmark(ctx, e.ID, time.Second, "me", "of "+e.ID)
		require.NoError(t, err)
		require.NoError(t, s.AddBacktrace(ctx, &storage.Backtrace{EvidenceID: e.ID, Method: "blind"}))
		require.NoError(t, s.SetAcquisition(ctx, e.ID, &storage.Acquisition{Uploader: "of " + e.ID}))
		require.NoError(t, s.SetSources(ctx, e.ID, []storage.Source{{Name: "a", SHA256: hashOf("a")}, {Name: "b", SHA256: hashOf("b")}}))
	}
	_, err := s.AddNote(ctx, from.ID, "me", "a note")
	require.NoError(t, err)

	require.NoError(t, s.HoldCase(ctx, from.ID, true))
	requireCode(t, storage.Conflict, s.MoveEvidence(ctx, only.ID, into.ID), "legal hold")
	require.NoError(t, s.HoldCase(ctx, into.ID, true))
	require.NoError(t, s.MoveEvidence(ctx, only.ID, into.ID), "it stays under hold")
	require.NoError(t, s.MoveEvidence(ctx, only.ID, from.ID))
	require.NoError(t, s.HoldCase(ctx, into.ID, false))
	requireCode(t, storage.Conflict, s.MergeCases(ctx, from.ID, into.ID), "legal hold")
	require.NoError(t, s.HoldCase(ctx, from.ID, false))
	requireCode(t, storage.Invalid, s.MergeCases(ctx, into.ID, into.ID))
	requireCode(t, storage.NotFound, s.MergeCases(ctx, from.ID, storage.NewID()))
	require.NoError(t, s.MergeCases(ctx, from.ID, into.ID))

	_, err = s.Case(ctx, "from")
	requireCode(t, storage.NotFound, err)
	n, err := s.CountCase(ctx, into.ID)
	require.NoError(t, err)
	require.Equal(t, storage.CaseCounts{Evidence: 2, Backtraces: 2, Notes: 1}, n)
	_, err = s.Evidence(ctx, twin.ID)
	requireCode(t, storage.NotFound, err)
	for id, was := range map[string]string{kept.ID: twin.ID, only.ID: only.ID} {
		marks, err := s.Bookmarks(ctx, id)
		require.NoError(t, err)
		require.Len(t, marks, 1)
		require.Equal(t, "of "+was, marks[0].Text)
		a, err := s.Acquisition(ctx, id)
		require.NoError(t, err)
		require.Equal(t, "of "+was, a.Uploader)
		sources, err := s.Sources(ctx, id)
		require.NoError(t, err)
		require.Len(t, sources, 2)
	}
	// The inbox is emptied, and stays.
	addEvidence(t, s, storage.Inbox, "late")
	inbox, err := s.Case(ctx, storage.Inbox)
	require.NoError(t, err)
	require.NoError(t, s.MergeCases(ctx, inbox.ID, into.ID))
	n, err = s.CountCase(ctx, inbox.ID)
	require.NoError(t, err)
	require.Zero(t, n)
}
