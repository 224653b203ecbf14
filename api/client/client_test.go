// SPDX-License-Identifier: AGPL-3.0-or-later

package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/api/client"
	"spoor/api/wire"
)

const anID = "559b65d814eabe5486ff6ed5"

// original answers as the documentation of the original service does: under the long path only, with texts for numbers, 200
// for what was created, and keys left out. It takes a token only once.
type original struct {
	tokens, calls atomic.Int64
	spent         atomic.Int64
}

func (o *original) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/oauth2/token/" {
		if r.FormValue("grant_type") != "client_credential" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"access_token":"t%d","token_type":"Bearer","expires_in":"7200"}`, o.tokens.Add(1))
		return
	}
	o.calls.Add(1)
	if now := o.tokens.Load(); r.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", now) || o.spent.Swap(now) == now {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"error":{"error_code":"0x0000003","error_message":"Invalid access token"}}`)
		return
	}
	switch {
	case !strings.HasPrefix(r.URL.Path, "/v1/titles/backtraces/"):
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<html>no such page</html>")
	case r.Method == http.MethodGet && r.URL.Path == "/v1/titles/backtraces/":
		fmt.Fprintf(w, `{"backtraces":[{"id":"%s","version":"2","status":"SUCCESS","created_at":"1436247512758"}],"total":"1"}`, anID)
	case strings.HasSuffix(r.URL.Path, anID), r.Method == http.MethodPost:
		fmt.Fprintf(w, `{"backtrace":{"id":"%s","version":"1","status":"QUEUED","user":{"name":"expanded","id":"%s"}}}`, anID, anID)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":{"error_code":"0x0300007","error_message":"Backtrace does not exist"}}`)
	}
}

func newClient(t *testing.T, h http.Handler) *client.Client {
	t.Helper()
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	c, err := client.New(client.Config{URL: web.URL + "/v1/", ID: "id", Secret: "s", Retries: 3, WaitMin: time.Millisecond, WaitMax: 2 * time.Millisecond})
	require.NoError(t, err)
	return c
}

func TestTheOriginalService(t *testing.T) {
	o := &original{}
	c := newClient(t, o)
	list, err := c.List(t.Context(), client.Query{})
	require.NoError(t, err)
	require.EqualValues(t, 1, list.Total)
	require.Equal(t, wire.Backtrace{ID: anID, Version: 2, Status: "SUCCESS", CreatedAt: 1436247512758}, list.Backtraces[0])
	b, err := c.Get(t.Context(), anID)
	require.NoError(t, err)
	require.Equal(t, anID, b.User)
	calls := o.calls.Load()
	b, err = c.Create(t.Context(), wire.Create{Pipeline: anID, InputName: "a"}, "", "")
	require.NoError(t, err, "200 is as good as 201")
	require.Equal(t, anID, b.ID)
	require.LessOrEqual(t, o.calls.Load()-calls, int64(2), "the path is remembered: once refused for the token, once done")
	_, err = c.Get(t.Context(), "552b87a814eab3a29d1b3d90")
	require.Equal(t, http.StatusNotFound, client.StatusOf(err))
	require.ErrorContains(t, err, "Backtrace does not exist")
	require.NoError(t, c.Delete(t.Context(), "552b87a814eab3a29d1b3d90"))
	require.Greater(t, o.tokens.Load(), int64(3), "tokens are renewed on 403")
}

func TestWhatMayBeTriedAgainIs(t *testing.T) {
	var failures, seen atomic.Int64
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "token") {
			fmt.Fprint(w, `{"access_token":"t","token_type":"Bearer","expires_in":7200}`)
			return
		}
		seen.Add(1)
		if failures.Add(-1) >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, `{"backtraces":[],"total":0}`)
	})
	c := newClient(t, h)
	failures.Store(3)
	_, err := c.List(t.Context(), client.Query{Sort: "id"})
	require.NoError(t, err)
	require.EqualValues(t, 4, seen.Load())
	failures.Store(100)
	_, err = c.List(t.Context(), client.Query{})
	require.Equal(t, http.StatusServiceUnavailable, client.StatusOf(err))
	require.EqualValues(t, 8, seen.Load(), "and then no more")
}

func TestBadServers(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Error("a token went elsewhere", r.URL.String())
	}))
	t.Cleanup(elsewhere.Close)
	for name, h := range map[string]http.HandlerFunc{
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"no JSON":      func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"no token":     func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") },
		"refuses":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"hangs up":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"says nothing": func(http.ResponseWriter, *http.Request) {},
		"a list of wrongs": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"access_token":"t","backtraces":5,"total":"x"}`)
		},
	} {
		c := newClient(t, h)
		_, err := c.List(t.Context(), client.Query{})
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "secret", name)
	}
	for _, address := range []string{"", "team.example", "ftp://team.example", "https://u:p@team.example", "https://team.example?x", "https://%zz"} {
		_, err := client.New(client.Config{URL: address})
		require.Error(t, err, address)
	}
}
