// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
)

// team stands for the servers, which the tests of the window do without.
type team struct {
	answer  error // of whatever is asked for
	settled []string
}

var _ desk.Team = (*team)(nil)

func (t *team) Check(string) error { return t.answer }

func (t *team) Test(context.Context, string) (int64, error) { return 7, t.answer }

func (t *team) Sync(_ context.Context, _ string, report func(engine.Progress)) (desk.Exchange, error) {
	report(engine.Progress{Stage: "sending"})
	return desk.Exchange{Sent: 2, Changed: 3, Total: 4}, t.answer
}

func (t *team) Mirror(context.Context, string, bool, func(engine.Progress)) (desk.Exchange, error) {
	return desk.Exchange{Changed: 5, Total: 5}, t.answer
}

func (t *team) Submit(context.Context, string, desk.Submission, func(engine.Progress)) (string, error) {
	return "team says: SUCCESS", t.answer
}

func (t *team) Theirs(json.RawMessage) (desk.Side, error) {
	return desk.Side{Status: "SUCCESS", Tags: []string{"bob"}}, nil
}

func (t *team) Settle(_ context.Context, _, backtraceID string, ours bool) error {
	t.settled = append(t.settled, map[bool]string{true: "ours", false: "theirs"}[ours]+" "+backtraceID)
	return t.answer
}

func (t *team) Stamp(context.Context, string) (bool, error) { return true, t.answer }

// inConflict puts a result on record that both sides have changed.
func inConflict(t *testing.T, e *engine.Engine, remoteID string) storage.Backtrace {
	t.Helper()
	ev := evidence(t, e, storage.Inbox, "leak.mp4", hash("a"))
	b := storage.Backtrace{EvidenceID: ev.ID, Params: json.RawMessage(`{}`)}
	require.NoError(t, e.Store().AddBacktrace(t.Context(), &b))
	b.Status, b.Verdict = storage.Success, storage.Found
	require.NoError(t, e.Store().FinishBacktrace(t.Context(), &b, []storage.Finding{{
		BacktraceID: b.ID, TitleID: storage.NewID(), TagOrdinal: 1, TagText: "alice", Method: "blind",
	}}))
	require.NoError(t, e.Store().SetOutbox(t.Context(), storage.OutboxEntry{
		RemoteID: remoteID, BacktraceID: b.ID, State: storage.OutboxConflict, Version: 3, Theirs: json.RawMessage(`{}`),
	}))
	return b
}

func TestAServerIsAddedSyncedAndRemoved(t *testing.T) {
	o := newOffice(t, nil)
	o.choose("Go to", "Sync")
	o.press("Add a server…")
	o.fill("Address", "https://team.example")
	o.fill("Account", "552b87a814eab3a29d1b3d90")
	o.fill("Secret", "the secret")
	o.press("Add")
	o.read("team.example works: it has 7 results of ours.")
	list, err := o.engine.Store().Remotes(t.Context())
	require.NoError(t, err)
	secret, err := o.engine.Store().RemoteSecret(list[0].ID)
	require.NoError(t, err)
	require.Equal(t, "the secret", secret)

	o.press("Sync now")
	o.read("Last time: sent 2, not taken 0, copied 3 of 4, removed 0.")
	o.team.answer = errors.New("the server team.example refuses: 403")
	o.press("Sync now")
	o.read("the server team.example refuses: 403")
	o.press("Remove…")
	o.press("Remove")
	o.read("No servers yet")
}

func TestAConflictIsSettledSideBySide(t *testing.T) {
	var b storage.Backtrace
	o := newOffice(t, func(e *engine.Engine) {
		r := storage.Remote{Name: "team", URL: "https://team.example", ClientID: storage.NewID()}
		require.NoError(t, e.Store().AddRemote(t.Context(), &r, "x"))
		b = inConflict(t, e, r.ID)
	})
	o.choose("Go to", "Sync")
	o.read("Changed on both sides: 1")
	require.True(t, o.reads("alice") && o.reads("bob"))
	o.press("Leave theirs there")
	o.read("Decided on leak.mp4")
	require.Equal(t, []string{"theirs " + b.ID}, o.team.settled)
}
