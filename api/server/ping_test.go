// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/storage"
)

func TestPingsAreSignedAndRetried(t *testing.T) {
	a := newTeam(t, func(c *server.Config) { c.PingWait = func(int) time.Duration { return time.Millisecond } })
	type got struct{ path, body, signature string }
	pings := make(chan got, 10)
	var refused atomic.Bool
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !refused.Swap(true) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(r.Body)
		pings <- got{r.URL.Path, string(body), r.Header.Get(server.PingSignature)}
	}))
	t.Cleanup(hook.Close)
	a.studio = storage.Pipeline{
		Name: "told", Input: a.dir, Pings: true, PingKey: "key", PingStarted: hook.URL + "/started", PingFinished: hook.URL + "/finished",
		PingError: hook.URL + "/error", PingWarning: hook.URL + "/warning",
	}
	require.NoError(t, a.store.AddPipeline(t.Context(), &a.studio))
	ask := func(want ...string) {
		t.Helper()
		id := a.create("movie.mp4")
		seen := map[string]bool{}
		for range want {
			p := <-pings
			seen[strings.TrimPrefix(p.path, "/")] = true
			require.Contains(t, p.body, id)
			require.Equal(t, "sha256="+server.SignPing("key", []byte(p.body)), p.signature)
		}
		for _, path := range want {
			require.True(t, seen[path], "%s: %v", path, seen)
		}
	}
	ask("started", "finished")
	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) {
		return server.Outcome{}, &server.JobError{Code: server.CodeInput, Message: "no"}
	})
	ask("started", "error")
	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) { return server.Outcome{Warning: "cut"}, nil })
	ask("started", "warning", "finished")
	require.NotContains(t, a.get("/v1/pipelines/"+a.studio.ID).body, `"key"`)
}

// TestPingsOutliveTheServer stops a server while nobody takes its pings: the next one on the same store sends them, each once.
func TestPingsOutliveTheServer(t *testing.T) {
	quickly := func(c *server.Config) { c.PingWait = func(int) time.Duration { return time.Millisecond } }
	a := newTeam(t, quickly)
	var open atomic.Bool
	var tried atomic.Int64
	pings := make(chan string, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tried.Add(1) > 4 && !open.Load() {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done() // until the server is stopped in the middle of it
			return
		}
		if !open.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		pings <- r.URL.Path
		if r.URL.Path == "/refused" {
			w.WriteHeader(http.StatusGone)
		}
	}))
	t.Cleanup(hook.Close)
	a.studio = storage.Pipeline{
		Name: "told", Input: a.dir, Pings: true, PingKey: "key", PingStarted: hook.URL + "/refused", PingFinished: hook.URL + "/finished",
	}
	require.NoError(t, a.store.AddPipeline(t.Context(), &a.studio))
	a.finished(a.create("movie.mp4"))
	require.Eventually(t, func() bool { return tried.Load() > 4 }, waitLong, time.Millisecond)
	a.stop()
	next, err := a.store.NextPing(t.Context())
	require.NoError(t, err)
	require.False(t, next.IsZero(), "they are still there")
	open.Store(true)
	a.start(quickly)
	a.start(quickly) // a second server beside it
	require.ElementsMatch(t, []string{"/refused", "/finished"}, []string{<-pings, <-pings})
	require.Eventually(t, func() bool {
		next, err := a.store.NextPing(t.Context())
		require.NoError(t, err)
		return next.IsZero()
	}, waitLong, time.Millisecond, "what was taken, or will never be, is not tried again")
	require.Empty(t, pings)
}
