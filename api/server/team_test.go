// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/stretchr/testify/require"

	"spoor/api"
	"spoor/api/server"
	"spoor/api/wire"
	"spoor/storage"
)

// scripted is a tracer that does what the test says.
type scripted struct {
	mu    sync.Mutex
	trace func(context.Context, server.Job) (server.Outcome, error)
}

func (s *scripted) Trace(ctx context.Context, job server.Job) (server.Outcome, error) {
	s.mu.Lock()
	f := s.trace
	s.mu.Unlock()
	return f(ctx, job)
}

func (s *scripted) does(f func(context.Context, server.Job) (server.Outcome, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = f
}

// names is an outcome that names one tag.
func names(tag string) server.Outcome {
	from := int64(1000)
	return server.Outcome{
		Extracted: []wire.Extracted{{Tag: tag, Accesses: []wire.AccessStat{{IPAddress: "192.0.2.1", IPCountry: "Germany", StreamingOnly: "no"}}}},
		Findings: wire.Findings{Verdict: "found", Threshold: -9, BestScore: 12, Tags: []wire.FindingTag{{
			Tag: tag, Log10P: -27.7, Score: 12, Weight: 1, Method: "blind", Spans: []wire.Span{{To: 5000, TitleFrom: &from}},
		}}},
	}
}

// team is a server with what a test needs of it.
type team struct {
	t      *testing.T
	store  *storage.Store
	tracer *scripted
	server *server.Server
	web    *httptest.Server
	dir    string // that the pipeline "studio" reads
	studio storage.Pipeline
	log    *locked
	stop   func() // ends the server that was started last
	token  string // that requests carry
}

// newTeam starts a server with one client that may do everything.
func newTeam(t *testing.T, adjust ...func(*server.Config)) *team {
	t.Helper()
	return newTeamOn(t, "", adjust...)
}

// newTeamOn does the same on a database of a PostgreSQL server; "": in the home.
func newTeamOn(t *testing.T, database string, adjust ...func(*server.Config)) *team {
	t.Helper()
	dir := t.TempDir()
	store, err := storage.Open(t.Context(), filepath.Join(dir, "home"), storage.WithDatabase(database))
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() }) // one test closes it itself
	a := &team{t: t, store: store, tracer: &scripted{}, dir: filepath.Join(dir, "in"), log: &locked{}}
	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) { return names("test_tag"), nil })
	require.NoError(t, os.MkdirAll(filepath.Join(a.dir, "uploads"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(a.dir, "movie.mp4"), []byte("film"), 0o600))
	a.studio = storage.Pipeline{Name: "studio", Input: a.dir}
	require.NoError(t, store.AddPipeline(t.Context(), &a.studio))
	a.start(adjust...)
	a.token = a.client("me,mediahub", "owner")
	return a
}

// start runs a server on the store until the test ends.
func (a *team) start(adjust ...func(*server.Config)) {
	a.t.Helper()
	config := server.Config{Store: a.store, Tracer: a.tracer, Local: true, Log: slog.New(slog.NewJSONHandler(a.log, nil))}
	for _, f := range adjust {
		f(&config)
	}
	s, err := server.New(a.t.Context(), config)
	require.NoError(a.t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Work(ctx)
	}()
	a.server, a.web = s, httptest.NewServer(s.Handler())
	web := a.web
	a.stop = sync.OnceFunc(func() {
		web.Close()
		stop()
		<-done
	})
	a.t.Cleanup(a.stop)
}

// locked is a buffer for many goroutines.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// credentials makes an application.
func (a *team) credentials(scopes, owner string) (id, secret string) {
	a.t.Helper()
	u, err := a.store.EnsureUser(a.t.Context(), owner)
	require.NoError(a.t, err)
	list, err := wire.SplitScopes(scopes)
	require.NoError(a.t, err)
	secret, hash := server.NewSecret()
	app := storage.Application{Name: "test", UserID: u.ID, SecretHash: hash, Scopes: list}
	require.NoError(a.t, a.store.AddApplication(a.t.Context(), &app))
	return app.ID, secret
}

// client makes an application and returns a token of it.
func (a *team) client(scopes, owner string) string {
	a.t.Helper()
	id, secret := a.credentials(scopes, owner)
	r := a.form(url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}})
	require.Equal(a.t, http.StatusOK, r.status, r.body)
	return r.at("access_token").(string)
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// at returns what lies at a path of a JSON answer, such as backtrace.input.input_name; nil where there is nothing.
func (r answer) at(path string) any {
	r.t.Helper()
	var v any
	require.NoError(r.t, json.Unmarshal([]byte(r.body), &v), r.body)
	for part := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[part]
		case []any:
			if part != "0" || len(node) == 0 {
				return nil
			}
			v = node[0]
		default:
			return nil
		}
	}
	return v
}

// requireError wants a row of the error table.
func (r answer) requireError(status int, code, start string) {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.body)
	require.Equal(r.t, code, r.at("error.error_code"), r.body)
	message, _ := r.at("error.error_message").(string)
	require.True(r.t, strings.HasPrefix(message, start), "%q does not begin with %q", message, start)
}

func (a *team) form(v url.Values) answer {
	a.t.Helper()
	return a.do(http.MethodPost, "/v1/oauth2/token/", v.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Authorization", "")
}

func (a *team) get(path string, headers ...string) answer {
	a.t.Helper()
	return a.do(http.MethodGet, path, "", headers...)
}

// do sends a request, with headers as pairs, and holds the answer against the descriptions of the API.
func (a *team) do(method, path, body string, headers ...string) answer {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.web.URL+path, strings.NewReader(body))
	require.NoError(a.t, err)
	request.Header.Set("Authorization", "Bearer "+a.token)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	got, err := http.DefaultClient.Do(request)
	require.NoError(a.t, err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	require.NoError(a.t, err)
	require.NotEmpty(a.t, got.Header.Get("X-Request-Id"))
	r := answer{a.t, got.StatusCode, got.Header, string(text)}
	hold(a.t, request, r)
	return r
}

// hold compares an answer with openapi.yaml, and with backtraces.xsd where it is XML.
func hold(t *testing.T, request *http.Request, r answer) {
	t.Helper()
	path := strings.TrimSuffix(request.URL.Path, "/")
	if path != "/v1/oauth2/token" {
		path = strings.Replace(path, "/v1/titles/backtraces", "/v1/backtraces", 1)
	}
	if !strings.HasPrefix(path, "/v1/") || path == "/v1/nothing" || strings.HasPrefix(path, "/v1/files/uploads") || request.Method == http.MethodOptions ||
		request.Method == http.MethodHead || strings.Count(path, "/") > 4 {
		return
	}
	note(request, path, r.status)
	if strings.HasPrefix(r.header.Get("Content-Type"), "application/xml") {
		requireSchema(t, r.body)
	}
	if r.status == http.StatusMethodNotAllowed {
		return // a method that is not described
	}
	described := request.Clone(request.Context())
	described.URL.Path = path
	answered := &http.Response{StatusCode: r.status, Header: r.header.Clone(), Body: io.NopCloser(strings.NewReader(r.body)), Request: described}
	if strings.HasPrefix(r.header.Get("Content-Type"), "application/xml") {
		return // held by the schema, which is stricter
	}
	ok, faults := described3_1(t).ValidateHttpResponse(described, answered)
	for _, fault := range faults {
		t.Errorf("%s %s: status %d is not as described: %s: %s", request.Method, request.URL, r.status, fault.Message, fault.Reason)
		for _, detail := range fault.SchemaValidationErrors {
			t.Log(detail.Reason, detail.FieldPath)
		}
	}
	require.True(t, ok, r.body)
}

func requireSchema(t *testing.T, xml string) {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Log("xmllint is not installed: make setup")
		return
	}
	command := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", "../backtraces.xsd", "-")
	command.Stdin = strings.NewReader(xml)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, xml)
}

var description = sync.OnceValues(func() (validator.Validator, error) {
	document, err := libopenapi.NewDocument([]byte(api.OpenAPI()))
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return v, nil
})

func described3_1(t *testing.T) validator.Validator {
	t.Helper()
	v, err := description()
	require.NoError(t, err)
	return v
}

func TestDescriptionIsOpenAPI(t *testing.T) {
	ok, faults := described3_1(t).ValidateDocument()
	for _, fault := range faults {
		t.Error(fault.Message, fault.Reason)
		for _, detail := range fault.SchemaValidationErrors {
			t.Log(detail.Reason, detail.FieldPath)
		}
	}
	require.True(t, ok)
}

// create asks for a backtrace of a file and returns its id.
func (a *team) create(name string) string {
	a.t.Helper()
	r := a.do(http.MethodPost, "/v1/backtraces/", `{"backtrace":{"pipeline":{"id":"`+a.studio.ID+`"},"input":{"input_name":"`+name+`"}}}`)
	require.Equal(a.t, http.StatusCreated, r.status, r.body)
	return r.at("backtrace.id").(string)
}

// finished waits until a backtrace is final.
func (a *team) finished(id string) answer {
	a.t.Helper()
	var r answer
	require.Eventually(a.t, func() bool {
		r = a.get("/v1/backtraces/" + id)
		status, _ := r.at("backtrace.status").(string)
		return wire.Final(status)
	}, waitLong, waitStep)
	return r
}
