// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

const tortureTeam = 1000 // results that a server has

// team starts a server that has results, and makes a home that knows it and has a result of its own.
func (o *torture) team(t *testing.T) (home string) {
	t.Helper()
	server, in := filepath.Join(o.dir, "server"), filepath.Join(o.dir, "in")
	require.NoError(t, os.Mkdir(in, 0o700))
	var pipeline struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(o.run(t, server, "pipeline", "add", "studio", "--input", in)), &pipeline))
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	require.NoError(t, json.Unmarshal([]byte(o.run(t, server, "client", "add", "desk")), &client))
	fillTeam(t, server, client.ID, pipeline.ID)
	secret := filepath.Join(o.dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte(client.Secret+"\n"), 0o600))

	serve := o.command(t.Context(), server, "serve", "--addr", "127.0.0.1:0", "--rate", "100000")
	out, err := serve.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, serve.Start())
	t.Cleanup(func() {
		_ = serve.Process.Kill()
		_ = serve.Wait()
	})
	var listening struct{ URL string }
	require.NoError(t, json.NewDecoder(bufio.NewReader(out)).Decode(&listening))

	home = filepath.Join(o.dir, "synced")
	require.NoError(t, os.CopyFS(home, os.DirFS(filepath.Join(o.dir, "base"))))
	o.run(t, home, "trace", filepath.Join(o.dir, "alice.mp4"))
	o.run(t, home, "remote", "add", listening.URL, "--client-id", client.ID, "--secret-file", secret)
	return home
}

// fillTeam puts results into a server's home.
func fillTeam(t *testing.T, home, clientID, pipeline string) {
	t.Helper()
	s := opened(t, home)
	defer s.Close()
	app, err := s.Application(t.Context(), clientID)
	require.NoError(t, err)
	for i := range tortureTeam {
		b := storage.TeamBacktrace{
			InputName: fmt.Sprintf("leak-%d.mp4", i), PipelineID: pipeline, ApplicationID: app.ID, UserID: app.UserID,
			Status: storage.Failure, ErrorCode: "input", ErrorMsg: "it could not be read", Percentage: 100,
		}
		require.NoError(t, s.AddTeamBacktrace(t.Context(), &b))
	}
}

// synced is what a home has of the server, and that nothing is in dispute.
func synced(t *testing.T, home, _ string) string {
	t.Helper()
	s := opened(t, home)
	defer s.Close()
	list, err := s.Remotes(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	ids, err := s.MirroredIDs(t.Context(), list[0].ID)
	require.NoError(t, err)
	conflicts, err := s.OutboxByState(t.Context(), list[0].ID, storage.OutboxConflict)
	require.NoError(t, err)
	own, err := s.Backtraces(t.Context(), storage.Page{})
	require.NoError(t, err)
	sent, err := s.OutboxByState(t.Context(), list[0].ID, storage.OutboxSent)
	require.NoError(t, err)
	require.Len(t, sent, len(own))
	return fmt.Sprint(len(ids), len(conflicts))
}
