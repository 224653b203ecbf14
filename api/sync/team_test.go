// SPDX-License-Identifier: AGPL-3.0-or-later

package sync_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/api/client"
	"spoor/api/server"
	"spoor/api/sync"
	"spoor/api/wire"
	"spoor/storage"
)

// line is what lies between a desktop and the server. While it is wild it cuts, delays, repeats, loses and truncates.
type line struct {
	mu     gosync.Mutex
	server http.Handler
	rand   *rand.Rand
	wild   atomic.Bool
	faults atomic.Int64
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	next, fault, cut := l.server, l.rand.IntN(12), l.rand.Int64N(1<<20)
	l.mu.Unlock()
	if !l.wild.Load() || fault > 6 {
		next.ServeHTTP(w, r)
		return
	}
	l.faults.Add(1)
	switch fault {
	case 0: // the request is lost
		hangUp(w)
	case 1: // the answer is lost
		next.ServeHTTP(httptest.NewRecorder(), r)
		hangUp(w)
	case 2: // the request arrives twice
		body, err := io.ReadAll(r.Body)
		if err != nil {
			hangUp(w)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(httptest.NewRecorder(), r)
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, again)
	case 3:
		w.WriteHeader([]int{500, 502, 503, 429}[cut%4])
	case 4: // the answer ends in the middle
		got := httptest.NewRecorder()
		next.ServeHTTP(got, r)
		maps.Copy(w.Header(), got.Header())
		w.Header().Set("Content-Length", fmt.Sprint(got.Body.Len()+1))
		w.WriteHeader(got.Code)
		_, _ = w.Write(got.Body.Bytes()[:got.Body.Len()/2])
		hangUp(w)
	case 6: // it takes its time, and others come before it
		time.Sleep(time.Duration(cut%30) * time.Millisecond)
		next.ServeHTTP(w, r)
	case 5: // the request ends in the middle
		r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, cut), broken{}))
		next.ServeHTTP(httptest.NewRecorder(), r)
		hangUp(w)
	}
}

// faults is how often the line fails at least: as often as `make torture` says, and less in a test run.
func faults(t *testing.T) int64 {
	t.Helper()
	text := os.Getenv("SPOOR_TORTURE")
	if text == "" {
		return 60
	}
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
		return
	}
	panic(http.ErrAbortHandler)
}

// office is a server with a line to it.
type office struct {
	t      *testing.T
	store  *storage.Store
	line   *line
	web    *httptest.Server
	stop   func()
	tracer tracerFunc
}

type tracerFunc func(context.Context, server.Job) (server.Outcome, error)

func (f tracerFunc) Trace(ctx context.Context, job server.Job) (server.Outcome, error) {
	return f(ctx, job)
}

func openStore(t *testing.T) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "home"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, store: openStore(t), line: &line{rand: rand.New(rand.NewPCG(1, 2))}}
	o.tracer = func(context.Context, server.Job) (server.Outcome, error) {
		return server.Outcome{Extracted: []wire.Extracted{{Tag: "leaker"}}, Findings: wire.Findings{
			Verdict: "found", Threshold: -9, Tags: []wire.FindingTag{{Tag: "leaker", Log10P: -20, Method: "blind"}},
		}}, nil
	}
	o.restart()
	o.web = httptest.NewServer(o.line)
	t.Cleanup(func() {
		o.web.Close()
		o.stop()
	})
	return o
}

// restart puts a new server in place of the old one, which is dropped in the middle of whatever it does.
func (o *office) restart() {
	o.t.Helper()
	if o.stop != nil {
		o.stop()
	}
	s, err := server.New(o.t.Context(), server.Config{Store: o.store, Tracer: o.tracer})
	require.NoError(o.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Work(ctx)
	}()
	o.stop = func() {
		cancel()
		<-done
	}
	o.line.mu.Lock()
	o.line.server = s.Handler()
	o.line.mu.Unlock()
}

// desktop makes a home that works with the server.
func (o *office) desktop(owner string) *sync.Remote {
	o.t.Helper()
	u, err := o.store.EnsureUser(o.t.Context(), owner)
	require.NoError(o.t, err)
	secret, hash := server.NewSecret()
	app := storage.Application{Name: "desk", UserID: u.ID, SecretHash: hash, Scopes: []string{wire.ScopeMe, wire.ScopeAll}}
	require.NoError(o.t, o.store.AddApplication(o.t.Context(), &app))
	r := &sync.Remote{Store: openStore(o.t), Remote: storage.Remote{Name: "team", URL: o.web.URL, ClientID: app.ID}}
	require.NoError(o.t, r.Store.AddRemote(o.t.Context(), &r.Remote, secret))
	r.Client, err = client.New(client.Config{
		URL: o.web.URL, ID: app.ID, Secret: secret, Retries: 3, WaitMin: time.Millisecond, WaitMax: 4 * time.Millisecond,
	})
	require.NoError(o.t, err)
	return r
}

// found puts a finished result into a home.
func found(t *testing.T, s *storage.Store, name, tag string) storage.Backtrace {
	t.Helper()
	inbox, err := s.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	e := storage.Evidence{CaseID: inbox.ID, Path: "/private/" + name, FileName: name, SHA256: fmt.Sprintf("%064x", rand.Uint64())}
	_, err = s.AddEvidence(t.Context(), &e)
	require.NoError(t, err)
	b := storage.Backtrace{EvidenceID: e.ID, Method: "blind", Params: json.RawMessage(`{}`), Threshold: -9}
	require.NoError(t, s.AddBacktrace(t.Context(), &b))
	b.Status, b.Verdict, b.Percentage = storage.Success, storage.Found, 100
	title := storage.NewID()
	require.NoError(t, s.FinishBacktrace(t.Context(), &b, []storage.Finding{{
		BacktraceID: b.ID, TitleID: title, TagOrdinal: 1, TagText: tag, Log10P: -20, Score: 10, Weight: 1, Method: "blind",
		Spans: json.RawMessage(`[{"from_ms":0,"to_ms":1000,"title_from_ms":5,"title_to_ms":1005}]`),
	}}))
	return b
}

// has lists what a store shows of an origin: id and version, tags and findings.
func has(t *testing.T, s *storage.Store, origin string) map[string]string {
	t.Helper()
	user := ""
	if origin == "" {
		u, err := s.EnsureUser(t.Context(), "owner")
		require.NoError(t, err)
		user = u.ID
	}
	list, total, err := s.TeamBacktraces(t.Context(), storage.TeamQuery{Origin: origin, UserID: user})
	require.NoError(t, err)
	require.Len(t, list, int(total))
	out := map[string]string{}
	for _, b := range list {
		out[b.ID] = fmt.Sprint(b.Version, b.UpdatedAt.UnixMilli(), b.InputName, b.Status, b.Tags, string(b.Extracted), string(b.Findings))
	}
	return out
}
