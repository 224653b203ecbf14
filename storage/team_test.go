// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func addTeam(tb testing.TB, s *storage.Store, b storage.TeamBacktrace) storage.TeamBacktrace {
	tb.Helper()
	if b.Status == "" {
		b.Status = storage.Queued
	}
	require.NoError(tb, s.AddTeamBacktrace(tb.Context(), &b))
	return b
}

func TestApplicationsAndTokens(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	_, err := s.FirstUser(ctx)
	requireCode(t, storage.NotFound, err)
	u, err := s.EnsureUser(ctx, "owner")
	require.NoError(t, err)
	again, err := s.EnsureUser(ctx, "owner")
	require.NoError(t, err)
	require.Equal(t, u, again)
	first, err := s.FirstUser(ctx)
	require.NoError(t, err)
	require.Equal(t, u, first)

	a := storage.Application{Name: "desk", UserID: u.ID, SecretHash: hashOf("x"), Scopes: []string{"me", "autograph"}}
	require.NoError(t, s.AddApplication(ctx, &a))
	got, err := s.Application(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, a, got)
	list, total, err := s.Applications(ctx, u.ID, storage.Slice{Limit: 1})
	require.NoError(t, err)
	require.EqualValues(t, 1, total)
	require.Equal(t, []storage.Application{a}, list)
	list, total, err = s.Applications(ctx, storage.NewID(), storage.Slice{})
	require.NoError(t, err)
	require.Zero(t, total)
	require.Empty(t, list)

	token := storage.Token{Hash: hashOf("t"), ApplicationID: a.ID, Scopes: []string{"me"}, ExpiresAt: time.Now().Add(time.Hour)}
	require.NoError(t, s.AddToken(ctx, token))
	old := storage.Token{Hash: hashOf("old"), ApplicationID: a.ID, ExpiresAt: time.Now().Add(-time.Hour)}
	require.NoError(t, s.AddToken(ctx, old))
	have, err := s.Token(ctx, token.Hash)
	require.NoError(t, err)
	require.Equal(t, []string{"me"}, have.Scopes)
	require.NoError(t, s.RevokeApplication(ctx, a.ID))
	require.NoError(t, s.RevokeApplication(ctx, a.ID))
	_, err = s.Token(ctx, token.Hash)
	requireCode(t, storage.NotFound, err)
	token.Hash = hashOf("later")
	requireCode(t, storage.NotFound, s.AddToken(ctx, token))
	requireCode(t, storage.NotFound, s.RevokeApplication(ctx, storage.NewID()))
	got, err = s.Application(ctx, a.ID)
	require.NoError(t, err)
	require.NotNil(t, got.RevokedAt)
}

func TestPipelinesAndFiles(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	require.NoError(t, s.EnsureDefaultPipeline(ctx))
	require.NoError(t, s.EnsureDefaultPipeline(ctx))
	p := storage.Pipeline{Name: "studio", Input: "/srv/in", PingFinished: "https://x.example/", Pings: true, PingKey: "ab"}
	require.NoError(t, s.AddPipeline(ctx, &p))
	requireCode(t, storage.Exists, s.AddPipeline(ctx, &storage.Pipeline{Name: "studio"}))
	for _, name := range []string{p.ID, "studio"} {
		got, err := s.Pipeline(ctx, name)
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
	list, total, err := s.Pipelines(ctx, storage.Slice{Start: 1, Limit: 9})
	require.NoError(t, err)
	require.EqualValues(t, 2, total)
	require.Equal(t, []storage.Pipeline{p}, list)

	f := storage.File{Name: "a.mp4", ObjectKey: "uploads/x/a.mp4", Size: 3, UserID: "u"}
	require.NoError(t, s.AddFile(ctx, &f))
	twice := storage.File{Name: "a.mp4", ObjectKey: "uploads/x/a.mp4", Size: 4, UserID: "u"}
	require.NoError(t, s.AddFile(ctx, &twice))
	got, err := s.File(ctx, "uploads/x/a.mp4")
	require.NoError(t, err)
	require.Equal(t, f, got)
}

func TestTeamBacktracesGrowByOneVersionAChange(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	b := addTeam(t, s, storage.TeamBacktrace{InputName: "a.mp4", UserID: "u"})
	require.EqualValues(t, 1, b.Version)
	requireCode(t, storage.Exists, s.AddTeamBacktrace(ctx, &storage.TeamBacktrace{ID: b.ID, Status: storage.Queued}))
	got, err := s.ChangeTeamBacktrace(ctx, "", b.ID, func(b *storage.TeamBacktrace) (bool, error) {
		b.Status, b.Percentage, b.FinishedAt = storage.Success, 100, b.CreatedAt
		b.Tags, b.Extracted = []string{"alice"}, json.RawMessage(`[]`)
		return true, nil
	})
	require.NoError(t, err)
	require.EqualValues(t, 2, got.Version)
	stored, err := s.TeamBacktrace(ctx, "", b.ID)
	require.NoError(t, err)
	require.Equal(t, got, stored)
	refusal := errors.New("no")
	got, err = s.ChangeTeamBacktrace(ctx, "", b.ID, func(*storage.TeamBacktrace) (bool, error) { return true, refusal })
	require.ErrorIs(t, err, refusal)
	require.Equal(t, stored, got)
	got, err = s.ChangeTeamBacktrace(ctx, "", b.ID, func(*storage.TeamBacktrace) (bool, error) { return false, nil })
	require.NoError(t, err)
	require.Equal(t, stored, got)
	require.NoError(t, s.EraseTeamBacktrace(ctx, "", b.ID))
	require.NoError(t, s.EraseTeamBacktrace(ctx, "", b.ID))
	_, err = s.TeamBacktrace(ctx, "", b.ID)
	requireCode(t, storage.NotFound, err)
	_, err = s.ChangeTeamBacktrace(ctx, "", b.ID, nil)
	requireCode(t, storage.NotFound, err)
	_, total, err := s.TeamBacktraces(ctx, storage.TeamQuery{UserID: "u"})
	require.NoError(t, err)
	require.Zero(t, total)
}

func TestTeamBacktracesAreListedSortedAndFiltered(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	var ids []string
	for i := range 6 {
		b := storage.TeamBacktrace{UserID: "u", InputName: fmt.Sprint(i % 2), CreatedAt: time.UnixMilli(int64(1000 - i))}
		if i >= 4 {
			b.Status, b.Tags = storage.Success, []string{"first", fmt.Sprintf("Ali%%ce_%d", i)}
		}
		ids = append(ids, addTeam(t, s, b).ID)
	}
	addTeam(t, s, storage.TeamBacktrace{UserID: "other"})
	addTeam(t, s, storage.TeamBacktrace{Origin: "elsewhere", ID: ids[0]})
	for name, c := range map[string]struct {
		q     storage.TeamQuery
		want  []int
		total int64
	}{
		"by id":      {storage.TeamQuery{}, []int{0, 1, 2, 3, 4, 5}, 6},
		"newest":     {storage.TeamQuery{Sort: "created_at"}, []int{5, 4, 3, 2, 1, 0}, 6},
		"ties by id": {storage.TeamQuery{Sort: "input.input_name"}, []int{0, 2, 4, 1, 3, 5}, 6},
		"down":       {storage.TeamQuery{Sort: "input", Descending: true}, []int{5, 3, 1, 4, 2, 0}, 6},
		"a page":     {storage.TeamQuery{Slice: storage.Slice{Start: 4, Limit: 1}}, []int{4}, 6},
		"past it":    {storage.TeamQuery{Slice: storage.Slice{Start: 40, Limit: 1}}, nil, 6},
		"status":     {storage.TeamQuery{Status: "SUCCESS"}, []int{4, 5}, 2},
		"tag":        {storage.TeamQuery{Tag: "aLI%ce_4"}, []int{4}, 1},
		"percent":    {storage.TeamQuery{Tag: "i%"}, []int{4, 5}, 2},
		"no pattern": {storage.TeamQuery{Tag: "f%t"}, nil, 0},
		"both":       {storage.TeamQuery{Tag: "first", Status: "QUEUED"}, nil, 0},
	} {
		c.q.UserID = "u"
		list, total, err := s.TeamBacktraces(ctx, c.q)
		require.NoError(t, err, name)
		require.Equal(t, c.total, total, name)
		var want, got []string
		for _, i := range c.want {
			want = append(want, ids[i])
		}
		for _, b := range list {
			got = append(got, b.ID)
		}
		require.Equal(t, want, got, name)
	}
	_, _, err := s.TeamBacktraces(ctx, storage.TeamQuery{Sort: "id; drop table users"})
	requireCode(t, storage.Invalid, err)
	open, err := s.OpenTeamBacktraces(ctx, 100)
	require.NoError(t, err)
	require.Len(t, open, 5)
	few, err := s.OpenTeamBacktraces(ctx, 2)
	require.NoError(t, err)
	require.Subset(t, open, few)
	require.LessOrEqual(t, len(few), 4)
}

func TestEraseLeavesWhatIsUnderHold(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	c := storage.Case{Name: "c"}
	require.NoError(t, s.AddCase(ctx, &c))
	e := storage.Evidence{CaseID: c.ID, Path: "/a", FileName: "a", SHA256: hashOf("a")}
	_, err := s.AddEvidence(ctx, &e)
	require.NoError(t, err)
	b := storage.Backtrace{EvidenceID: e.ID, Method: "blind", Params: json.RawMessage(`{}`)}
	require.NoError(t, s.AddBacktrace(ctx, &b))
	shown := addTeam(t, s, storage.TeamBacktrace{UserID: "u", Status: storage.Success, EngineID: b.ID, Tags: []string{"alice"}})
	require.NoError(t, s.HoldCase(ctx, c.ID, true))
	requireCode(t, storage.Conflict, s.EraseTeamBacktrace(ctx, "", shown.ID), "legal hold")
	_, err = s.Backtrace(ctx, b.ID)
	require.NoError(t, err)
	require.NoError(t, s.HoldCase(ctx, c.ID, false))
	require.NoError(t, s.EraseTeamBacktrace(ctx, "", shown.ID))
	_, err = s.Backtrace(ctx, b.ID)
	requireCode(t, storage.NotFound, err)
}
