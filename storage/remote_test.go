// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func addRemote(tb testing.TB, s *storage.Store, name string) storage.Remote {
	tb.Helper()
	r := storage.Remote{Name: name, URL: "https://team.example", ClientID: storage.NewID()}
	require.NoError(tb, s.AddRemote(tb.Context(), &r, "secret of "+name))
	return r
}

func TestRemotes(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	r := addRemote(t, s, "team")
	requireCode(t, storage.Exists, s.AddRemote(ctx, &storage.Remote{Name: "team"}, ""))
	secret, err := s.RemoteSecret(r.ID)
	require.NoError(t, err)
	require.Equal(t, "secret of team", secret)
	info, err := os.Stat(filepath.Join(s.Home(), "keys", "remote-"+r.ID+".secret"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	r.SyncedUntil, r.SweepStart, r.SweptAt = time.UnixMilli(5).UTC(), 7, time.UnixMilli(9).UTC()
	require.NoError(t, s.SetRemoteProgress(ctx, r))
	got, err := s.Remote(ctx, "team")
	require.NoError(t, err)
	require.Equal(t, r, got)
	list, err := s.Remotes(ctx)
	require.NoError(t, err)
	require.Equal(t, []storage.Remote{r}, list)

	e := storage.OutboxEntry{RemoteID: r.ID, BacktraceID: storage.NewID(), State: storage.OutboxConflict, Theirs: json.RawMessage(`{}`), Version: 3}
	require.NoError(t, s.SetOutbox(ctx, e))
	e.Version = 4
	require.NoError(t, s.SetOutbox(ctx, e))
	conflicts, err := s.OutboxByState(ctx, r.ID, storage.OutboxConflict)
	require.NoError(t, err)
	require.Len(t, conflicts, 1)
	require.EqualValues(t, 4, conflicts[0].Version)
	counts, err := s.CountOutbox(ctx, r.ID)
	require.NoError(t, err)
	require.Equal(t, storage.OutboxCounts{Conflicts: 1}, counts)
	_, err = s.Outbox(ctx, r.ID, storage.NewID())
	requireCode(t, storage.NotFound, err)

	inbox, err := s.Case(ctx, storage.Inbox)
	require.NoError(t, err)
	u := storage.Submission{RemoteID: r.ID, CaseID: inbox.ID, Path: "/a", SHA256: hashOf("a")}
	require.NoError(t, s.OpenSubmission(ctx, &u))
	u.Location = "/there"
	require.NoError(t, s.SaveSubmission(ctx, u))
	again := storage.Submission{RemoteID: r.ID, CaseID: inbox.ID, Path: "/b", SHA256: hashOf("a")}
	require.NoError(t, s.OpenSubmission(ctx, &again))
	require.Equal(t, u, again, "it goes on with the same one")
	u.Done = true
	require.NoError(t, s.SaveSubmission(ctx, u))
	again = storage.Submission{RemoteID: r.ID, CaseID: inbox.ID, SHA256: hashOf("a")}
	require.NoError(t, s.OpenSubmission(ctx, &again))
	require.NotEqual(t, u.ID, again.ID)

	_, err = s.SaveMirrored(ctx, r.ID, []storage.TeamBacktrace{{ID: storage.NewID(), Status: storage.Success, Version: 1}})
	require.NoError(t, err)
	require.NoError(t, s.RemoveRemote(ctx, r.ID))
	_, err = s.RemoteSecret(r.ID)
	requireCode(t, storage.NotFound, err)
	ids, err := s.MirroredIDs(ctx, r.ID)
	require.NoError(t, err)
	require.Empty(t, ids)
}

func TestMirroredIsIdempotentAndNeverGoesBack(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	r := addRemote(t, s, "team")
	b := storage.TeamBacktrace{ID: storage.NewID(), Status: storage.Success, Version: 2, UpdatedAt: time.UnixMilli(50), Tags: []string{"a"}}
	save := func(b storage.TeamBacktrace) int {
		t.Helper()
		n, err := s.SaveMirrored(ctx, r.ID, []storage.TeamBacktrace{b})
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 1, save(b))
	require.Equal(t, 0, save(b))
	old := b
	old.Version, old.Tags = 1, []string{"b"}
	require.Equal(t, 0, save(old))
	b.Version, b.Tags = 3, []string{"c"}
	require.Equal(t, 1, save(b))
	got, err := s.TeamBacktrace(ctx, r.ID, b.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"c"}, got.Tags)
	require.EqualValues(t, 50, got.UpdatedAt.UnixMilli(), "the remote's times are kept")
	_, err = s.TeamBacktrace(ctx, "", b.ID)
	requireCode(t, storage.NotFound, err)
	list, total, err := s.TeamBacktraces(ctx, storage.TeamQuery{Origin: r.ID, Tag: "C"})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.EqualValues(t, 1, total)
}

func TestSecretsOfRemotesAreEncryptedWhereKeysAre(t *testing.T) {
	s := openNew(t)
	require.NoError(t, s.ProtectKeys("a long passphrase"))
	r := addRemote(t, s, "team")
	b, err := os.ReadFile(filepath.Join(s.Home(), "keys", "remote-"+r.ID+".secret"))
	require.NoError(t, err)
	require.NotContains(t, string(b), "secret of team")
	secret, err := s.RemoteSecret(r.ID)
	require.NoError(t, err)
	require.Equal(t, "secret of team", secret)
}
