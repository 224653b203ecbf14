// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/api/wire"
	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
)

func openHome(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.Open(t.Context(), filepath.Join(t.TempDir(), "home"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

type idle struct{}

// Trace is never asked for here.
func (idle) Trace(context.Context, server.Job) (server.Outcome, error) { return server.Outcome{}, nil }

// serve starts a server with an account, and makes it known to a home.
func serve(t *testing.T, e *engine.Engine) storage.Remote {
	t.Helper()
	office := openHome(t).Store()
	u, err := office.EnsureUser(t.Context(), "owner")
	require.NoError(t, err)
	secret, hash := server.NewSecret()
	app := storage.Application{Name: "desk", UserID: u.ID, SecretHash: hash, Scopes: []string{wire.ScopeMe, wire.ScopeAll}}
	require.NoError(t, office.AddApplication(t.Context(), &app))
	s, err := server.New(t.Context(), server.Config{Store: office, Tracer: idle{}})
	require.NoError(t, err)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	r := storage.Remote{Name: "team", URL: web.URL, ClientID: app.ID}
	require.NoError(t, e.Store().AddRemote(t.Context(), &r, secret))
	return r
}

// found puts a finished result into a home.
func found(t *testing.T, s *storage.Store, name, tag, sha string) storage.Backtrace {
	t.Helper()
	inbox, err := s.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	e := storage.Evidence{CaseID: inbox.ID, Path: "/leaks/" + name, FileName: name, SHA256: sha}
	_, err = s.AddEvidence(t.Context(), &e)
	require.NoError(t, err)
	b := storage.Backtrace{EvidenceID: e.ID, Method: "blind", Params: json.RawMessage(`{}`), Threshold: -9}
	require.NoError(t, s.AddBacktrace(t.Context(), &b))
	b.Status, b.Verdict = storage.Success, storage.Found
	require.NoError(t, s.FinishBacktrace(t.Context(), &b, []storage.Finding{{
		BacktraceID: b.ID, TitleID: storage.NewID(), TagOrdinal: 1, TagText: tag, Log10P: -20, Score: 10, Weight: 1, Method: "blind",
	}}))
	return b
}

func TestTheWindowWorksWithAServer(t *testing.T) {
	e := openHome(t)
	r, line := serve(t, e), team{e}
	standing := func(tag string) desk.Standing {
		t.Helper()
		s, err := desk.ReadStanding(t.Context(), e.Store(), line, r.ID, tag)
		require.NoError(t, err)
		return s
	}
	report := func(engine.Progress) {}
	first := found(t, e.Store(), "a.mp4", "alice", "aa00000000000000000000000000000000000000000000000000000000000000")
	require.Equal(t, storage.OutboxCounts{Waiting: 1}, standing("").Counts)
	n, err := line.Test(t.Context(), r.ID)
	require.NoError(t, err)
	require.Zero(t, n)
	x, err := line.Sync(t.Context(), r.ID, report)
	require.NoError(t, err)
	require.Equal(t, desk.Exchange{Sent: 1, Changed: 1, Total: 1}, x)
	s := standing("ALI")
	require.Equal(t, storage.OutboxCounts{Sent: 1}, s.Counts)
	require.Len(t, s.Incoming, 1)
	require.Equal(t, first.ID, s.Incoming[0].ID)
	require.Empty(t, standing("bob").Incoming)

	// Somebody else has sent another answer under the same id.
	second := found(t, e.Store(), "b.mp4", "carol", "bb00000000000000000000000000000000000000000000000000000000000000")
	link, err := line.link(t.Context(), r.ID)
	require.NoError(t, err)
	_, err = link.Client.Put(t.Context(), wire.Backtrace{
		ID: second.ID, Status: wire.Success, Percentage: 100, Extracted: []wire.Extracted{{Tag: "bob"}},
	}, 0)
	require.NoError(t, err)
	_, err = line.Sync(t.Context(), r.ID, report)
	require.NoError(t, err)
	s = standing("")
	require.Len(t, s.Conflicts, 1)
	require.Equal(t, "b.mp4", s.Conflicts[0].Exhibit)
	require.Equal(t, []string{"carol"}, s.Conflicts[0].Ours.Tags)
	require.Equal(t, []string{"bob"}, s.Conflicts[0].Theirs.Tags)
	require.NoError(t, line.Settle(t.Context(), r.ID, second.ID, true))
	require.Empty(t, standing("").Conflicts)
	x, err = line.Mirror(t.Context(), r.ID, true, report)
	require.NoError(t, err)
	require.EqualValues(t, 2, x.Total)
	require.Len(t, standing("carol").Incoming, 1, "the server has ours now")
}

func TestAServerThatAnswersNonsenseIsToldInWords(t *testing.T) {
	e := openHome(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<html><body>Welcome to the coffee machine</body></html>"))
	}))
	defer web.Close()
	r := storage.Remote{Name: "coffee", URL: web.URL, ClientID: storage.NewID()}
	require.NoError(t, e.Store().AddRemote(t.Context(), &r, "secret of the account"))
	line := team{e}
	_, err := line.Test(t.Context(), r.ID)
	require.ErrorContains(t, err, "the server coffee")
	require.NotContains(t, err.Error(), "secret of the account")
	_, err = line.Sync(t.Context(), r.ID, func(engine.Progress) {})
	require.ErrorContains(t, err, "the server coffee")
	_, err = line.Theirs(json.RawMessage(`<html>`))
	require.Error(t, err)
	require.Error(t, line.Check("coffee machine"))
	require.NoError(t, line.Check("https://team.example"))
}
