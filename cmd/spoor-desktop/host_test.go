// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/wire"
	"spoor/storage"
	"spoor/ui/desk"
)

func TestTheWindowIsAServer(t *testing.T) {
	e := openHome(t)
	h := host{e}
	id, secret, err := h.AddClient(t.Context(), "desktop-anna", []string{wire.ScopeMe, wire.ScopeAll})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- h.Serve(ctx, desk.Serving{Addr: "127.0.0.1:0"}, func(url string) { address <- url })
	}()
	other := openHome(t)
	r := storage.Remote{Name: "anna's", URL: <-address, ClientID: id}
	require.NoError(t, other.Store().AddRemote(t.Context(), &r, secret))
	n, err := team{other}.Test(t.Context(), r.ID)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, e.Store().RevokeApplication(t.Context(), id))
	_, err = team{other}.Test(t.Context(), r.ID)
	require.ErrorContains(t, err, "refuses")
	stop()
	require.NoError(t, <-ended)
}

func TestPipelinesAreChecked(t *testing.T) {
	h := host{openHome(t)}
	for name, p := range map[string]storage.Pipeline{
		"no such folder": {Name: "a", Input: "/no/such/folder"},
		"no address":     {Name: "b", Input: t.TempDir(), PingFinished: "ftp://ci.example"},
	} {
		_, err := h.AddPipeline(t.Context(), p)
		require.Error(t, err, name)
	}
	key, err := h.AddPipeline(t.Context(), storage.Pipeline{Name: "c", Input: t.TempDir(), PingFinished: "https://ci.example/hook"})
	require.NoError(t, err)
	require.NotEmpty(t, key)
	key, err = h.AddPipeline(t.Context(), storage.Pipeline{Name: "d", Input: "https://files.example/leaks/"})
	require.NoError(t, err)
	require.Empty(t, key)
}
