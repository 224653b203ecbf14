// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/api/wire"
	"spoor/storage"
)

const (
	waitLong = 20 * time.Second
	waitStep = 5 * time.Millisecond
)

const someID = "559b65d814eabe5486ff6ed5"

func TestTokens(t *testing.T) {
	a := newTeam(t)
	id, secret := a.credentials("me,mediahub_read", "owner")
	ok := func(more ...string) url.Values {
		v := url.Values{"grant_type": {"client_credential"}, "client_id": {id}, "client_secret": {secret}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	r := a.form(ok())
	require.Equal(t, 200, r.status, r.body)
	require.Equal(t, "Bearer", r.at("token_type"))
	require.EqualValues(t, 7200, r.at("expires_in"))
	require.Equal(t, "no-store", r.header.Get("Cache-Control"))
	r = a.form(ok("expires_in", "60", "scope", "me mediahub_read", "grant_type", "client_credentials"))
	require.EqualValues(t, 60, r.at("expires_in"))
	a.token = r.at("access_token").(string)
	require.Equal(t, 200, a.get("/v1/users/me").status)
	xml := a.do("POST", "/v1/oauth2/token?format=xml", ok().Encode(), "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, 200, xml.status)

	a.form(ok("client_secret", secret[:10])).requireError(403, "0x0000003", "Invalid access token")
	a.form(ok("client_secret", "")).requireError(403, "0x0000003", "Invalid access token")
	a.form(ok("client_id", someID)).requireError(403, "0x0000003", "Invalid access token")
	a.form(ok("scope", "mediahub_write")).requireError(403, "0x0000003", "Invalid access token: it has none of the scopes")
	a.form(ok("scope", "root")).requireError(400, "0x0300001", "Invalid Input: scope: ")
	a.form(ok("grant_type", "password")).requireError(400, "0x0300001", "Invalid Input: grant_type: ")
	for _, bad := range []string{"0", "-1", "soon", "99999999999999999999", "2592001"} {
		a.form(ok("expires_in", bad)).requireError(400, "0x0300001", "Invalid Input: expires_in: ")
	}
	a.do("POST", "/v1/oauth2/token", "{}", "Content-Type", "application/json").requireError(415, "0x0000415", "Unsupported")
	a.do("POST", "/v1/oauth2/token", "%zz", "Content-Type", "application/x-www-form-urlencoded").requireError(400, "0x0300001", "Invalid Input: body")
	a.do("POST", "/v1/oauth2/token", strings.Repeat("a", 1<<17), "Content-Type", "application/x-www-form-urlencoded").requireError(413, "0x0000413", "")

	t.Run("nothing but hashes is stored", func(t *testing.T) {
		var all strings.Builder
		for _, name := range []string{"spoor.db", "spoor.db-wal"} {
			b, err := os.ReadFile(filepath.Join(a.store.Home(), name))
			require.NoError(t, err)
			all.Write(b)
		}
		require.NotContains(t, all.String(), secret)
		require.NotContains(t, all.String(), a.token)
		require.NotContains(t, a.log.String(), secret)
		require.NotContains(t, a.log.String(), a.token)
		require.NotEmpty(t, a.log.String())
	})
	t.Run("revoked", func(t *testing.T) {
		require.NoError(t, a.store.RevokeApplication(t.Context(), id))
		a.get("/v1/users/me").requireError(403, "0x0000003", "Invalid access token")
		a.form(ok()).requireError(403, "0x0000003", "Invalid access token")
	})
}

func TestBadTokensAreRefused(t *testing.T) {
	a := newTeam(t)
	good := a.token
	for name, header := range map[string]string{
		"none": "", "half": "Bearer " + good[:len(good)/2], "other scheme": "Basic " + good, "bare": good, "empty": "Bearer ",
		"twice": "Bearer " + good + good, "unknown": "Bearer " + strings.Repeat("A", len(good)), "nul": "Bearer " + good + "=",
	} {
		for _, path := range []string{"/v1/backtraces/", "/v1/backtraces/" + someID, "/v1/jobs", "/v1/files/uploads/"} {
			method := "GET"
			if strings.Contains(path, "uploads") {
				method = "POST"
			}
			r := a.do(method, path, "", "Authorization", header)
			r.requireError(403, "0x0000003", "Invalid access token")
			require.Contains(t, r.header.Get("WWW-Authenticate"), "Bearer", name)
		}
	}
	id, secret := a.credentials("mediahub", "owner")
	r := a.form(url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}, "expires_in": {"1"}})
	a.token = r.at("access_token").(string)
	require.Eventually(t, func() bool { return a.get("/v1/jobs").status == 403 }, waitLong, 50*time.Millisecond)
}

func TestScopesBound(t *testing.T) {
	a := newTeam(t)
	id := a.create("movie.mp4")
	a.finished(id)
	body := `{"backtrace":{"pipeline_id":"` + a.studio.ID + `","input":{"input_name":"movie.mp4"}}}`
	for scope, may := range map[string][5]bool{ // GET, POST, PUT, DELETE, users/me
		wire.ScopeMe:       {false, false, false, false, true},
		wire.ScopeAll:      {true, true, true, true, true},
		wire.ScopeRead:     {true, false, false, false, true},
		wire.ScopeWrite:    {true, true, true, true, true},
		wire.ScopeSubmit:   {true, true, false, false, true},
		wire.ScopeDownload: {false, false, false, false, false},
		wire.ScopeTrace:    {true, true, true, true, true},
	} {
		a.token = a.client(scope, "owner")
		allowed := func(r answer) bool {
			if r.status == 403 {
				r.requireError(403, "0x0000003", "Invalid access token: it has none of the scopes")
			}
			return r.status != 403
		}
		got := [5]bool{
			allowed(a.get("/v1/backtraces")), allowed(a.do("POST", "/v1/backtraces", body)),
			allowed(a.do("PUT", "/v1/backtraces/"+storage.NewID(), `{"status":"SUCCESS"}`)),
			allowed(a.do("DELETE", "/v1/backtraces/"+storage.NewID(), "")), allowed(a.get("/v1/users/me")),
		}
		require.Equal(t, may, got, scope)
	}
}

func TestWhatBelongsToOthersDoesNotExist(t *testing.T) {
	a := newTeam(t)
	id := a.create("movie.mp4")
	a.finished(id)
	mine := a.token
	app := a.get("/v1/backtraces/" + id).at("backtrace.application.id").(string)
	me := a.get("/v1/users/me").at("user.id").(string)
	a.token = a.client("me,mediahub", "somebody else")
	a.get("/v1/backtraces/"+id).requireError(404, "0x0300007", "Backtrace does not exist")
	a.get("/v1/backtraces/"+id+"/findings").requireError(404, "0x0300007", "Backtrace does not exist")
	a.do("DELETE", "/v1/backtraces/"+id, "").requireError(404, "0x0300007", "Backtrace does not exist")
	a.do("PUT", "/v1/backtraces/"+id, `{"status":"FAILURE"}`).requireError(404, "0x0300007", "Backtrace does not exist")
	a.do("PUT", "/v1/backtraces/"+id, `{"status":"FAILURE"}`, "If-Match", `"3"`).requireError(404, "0x0300007", "Backtrace does not exist")
	a.get("/v1/applications/"+app).requireError(404, "0x0000404", "Application does not exist")
	a.get("/v1/users/"+me).requireError(404, "0x0000404", "User does not exist")
	require.EqualValues(t, 0, a.get("/v1/backtraces").at("total"))
	a.token = mine
	require.EqualValues(t, 1, a.get("/v1/backtraces").at("total"))
}

func TestBacktraceFromQueuedToErased(t *testing.T) {
	a := newTeam(t)
	begun, goOn := make(chan server.Job), make(chan struct{})
	a.tracer.does(func(_ context.Context, job server.Job) (server.Outcome, error) {
		begun <- job
		<-goOn
		return names("test_tag"), nil
	})
	r := a.do("POST", "/v1/backtraces/?human=true&show_null=true", `{"backtrace":{"pipeline":{"id":"`+a.studio.ID+`"},"input":{"input_name":"movie.mp4"}}}`)
	require.Equal(t, 201, r.status, r.body)
	require.Equal(t, "QUEUED", r.at("backtrace.status"))
	id := r.at("backtrace.id").(string)
	require.Equal(t, a.web.URL+"/v1/backtraces/"+id, r.header.Get("Location"))
	require.Contains(t, r.body, "\n    \"input\": {")
	require.Contains(t, r.body, `"extracted_data": null`)
	require.EqualValues(t, 1, r.at("backtrace.version"))
	job := <-begun
	require.Equal(t, filepath.Join(a.dir, "movie.mp4"), job.Path)
	require.Equal(t, "PROCESSING", a.get("/v1/backtraces/"+id).at("backtrace.status"))
	close(goOn)
	r = a.finished(id)
	require.Equal(t, "SUCCESS", r.at("backtrace.status"))
	require.EqualValues(t, 100, r.at("backtrace.percentage_completed"))
	require.Equal(t, "test_tag", r.at("backtrace.extracted_data.0.autograph_tag"))
	require.Equal(t, "N/A", r.at("backtrace.extracted_data.0.access_stats.0.user_agent"))
	require.EqualValues(t, 3, r.at("backtrace.version"))
	require.Equal(t, `"3"`, r.header.Get("ETag"))
	require.Greater(t, r.at("backtrace.finished_at"), r.at("backtrace.created_at").(float64)-1)

	t.Run("both paths, with and without a slash", func(t *testing.T) {
		for _, path := range []string{"/v1/backtraces/" + id, "/v1/backtraces/" + id + "/", "/v1/titles/backtraces/" + id, "/v1/titles/backtraces/" + id + "/"} {
			require.Equal(t, r.body, a.get(path).body)
		}
		for _, path := range []string{"/v1/backtraces", "/v1/backtraces/", "/v1/titles/backtraces", "/v1/titles/backtraces/"} {
			require.EqualValues(t, 1, a.get(path).at("total"), path)
		}
	})
	t.Run("findings", func(t *testing.T) {
		href := r.at("backtrace.findings.href").(string)
		f := a.get(strings.TrimPrefix(href, a.web.URL))
		require.InDelta(t, -27.7, f.at("findings.tags.0.log10_p"), 1e-9)
		expanded := a.get("/v1/backtraces/" + id + "?expand=findings")
		require.Equal(t, f.at("findings"), expanded.at("backtrace.findings"))
	})
	t.Run("expanded", func(t *testing.T) {
		one := a.get("/v1/backtraces/" + id + "?expand=pipeline,user,preset,codec")
		require.Equal(t, "studio", one.at("backtrace.pipeline.name"))
		require.Equal(t, "owner", one.at("backtrace.user.name"))
		require.Nil(t, one.at("backtrace.application.name"))
		all := a.get("/v1/backtraces/" + id + "?expand_all=true")
		require.Equal(t, "owner", all.at("backtrace.application.user.name"))
		require.Equal(t, "found", all.at("backtrace.findings.verdict"))
		list := a.get("/v1/backtraces/?expand_all=true")
		require.Equal(t, all.at("backtrace"), list.at("backtraces.0"))
		a.get("/v1/backtraces/"+id+"?expand=everything").requireError(400, "0x0300001", "Invalid Input: expand: ")
		a.get("/v1/backtraces?expand=everything").requireError(400, "0x0300001", "Invalid Input: expand: ")
	})
	t.Run("XML", func(t *testing.T) {
		for _, path := range []string{"/v1/backtraces/" + id, "/v1/backtraces/" + id + "/findings", "/v1/backtraces"} {
			for _, more := range []string{"?format=xml", "?format=xml&show_null=true&human=true", "?format=xml&expand_all=true"} {
				x := a.get(path + more)
				require.Equal(t, 200, x.status)
				require.Contains(t, x.header.Get("Content-Type"), "application/xml")
			}
		}
		require.Contains(t, a.get("/v1/backtraces/"+id, "Accept", "text/xml").body, "<autograph_tag>test_tag</autograph_tag>")
	})
	t.Run("erased with its tag", func(t *testing.T) {
		d := a.do("DELETE", "/v1/backtraces/"+id, "")
		require.Equal(t, 200, d.status)
		require.Equal(t, `{"result":{"status":"SUCCESS"}}`, strings.TrimSpace(d.body))
		a.get("/v1/backtraces/"+id).requireError(404, "0x0300007", "Backtrace does not exist")
		a.do("DELETE", "/v1/backtraces/"+id, "").requireError(404, "0x0300007", "Backtrace does not exist")
		require.EqualValues(t, 0, a.get("/v1/backtraces/").at("total"))
	})
}

func TestDeleteCancelsWhatRuns(t *testing.T) {
	a := newTeam(t)
	begun, ended := make(chan struct{}), make(chan struct{})
	a.tracer.does(func(ctx context.Context, _ server.Job) (server.Outcome, error) {
		close(begun)
		<-ctx.Done()
		close(ended)
		return names("never shown"), nil
	})
	running := a.create("movie.mp4")
	<-begun
	waiting := a.create("movie.mp4")
	for _, id := range []string{waiting, running} {
		d := a.do("DELETE", "/v1/backtraces/"+id, "")
		require.Equal(t, 200, d.status, d.body)
		r := a.get("/v1/backtraces/" + id + "?show_null=true")
		require.Equal(t, "CANCELLED", r.at("backtrace.status"))
		require.Nil(t, r.at("backtrace.extracted_data"))
		require.NotNil(t, r.at("backtrace.finished_at"))
	}
	<-ended
	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) { return names("other"), nil })
	a.finished(a.create("movie.mp4")) // what was cancelled has been passed by now
	require.Equal(t, "CANCELLED", a.get("/v1/backtraces/"+running).at("backtrace.status"))
	require.Equal(t, "CANCELLED", a.get("/v1/backtraces/"+waiting).at("backtrace.status"))
	require.EqualValues(t, 2, a.get("/v1/backtraces?status=CANCELLED").at("total"))
}

func TestFailuresAreInTheObject(t *testing.T) {
	a := newTeam(t)
	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) {
		return server.Outcome{}, &server.JobError{Code: server.CodeInput, Message: "it is no video"}
	})
	r := a.finished(a.create("movie.mp4"))
	require.Equal(t, "FAILURE", r.at("backtrace.status"))
	require.Equal(t, "it is no video", r.at("backtrace.error_msg"))
	require.Equal(t, server.CodeInput, r.at("backtrace.error_code"))
	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) {
		return server.Outcome{}, errors.New("password hunter2 refused")
	})
	r = a.finished(a.create("movie.mp4"))
	require.Equal(t, server.CodeFault, r.at("backtrace.error_code"))
	require.NotContains(t, r.body, "hunter2")
	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) { return server.Outcome{}, nil })
	r = a.finished(a.create("movie.mp4"))
	require.Equal(t, "SUCCESS", r.at("backtrace.status"))
	require.Contains(t, r.body, `"extracted_data":[]`)
}

func TestProgressLives(t *testing.T) {
	a := newTeam(t)
	goOn := make(chan struct{})
	a.tracer.does(func(ctx context.Context, job server.Job) (server.Outcome, error) {
		for {
			select {
			case <-goOn:
				return names("x"), nil
			case <-ctx.Done():
				return server.Outcome{}, ctx.Err()
			case <-time.After(20 * time.Millisecond):
				job.Progress(42)
			}
		}
	})
	id := a.create("movie.mp4")
	require.Eventually(t, func() bool {
		return a.get("/v1/backtraces/"+id).at("backtrace.percentage_completed") == 42.0
	}, waitLong, waitStep)
	close(goOn)
	require.EqualValues(t, 100, a.finished(id).at("backtrace.percentage_completed"))
}

// TestRestart stops the server in the middle: what was running and what waited is finished by the next one.
func TestRestart(t *testing.T) {
	a := newTeam(t)
	begun := make(chan struct{}, 1)
	a.tracer.does(func(ctx context.Context, _ server.Job) (server.Outcome, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return server.Outcome{}, ctx.Err()
	})
	first, err := server.New(t.Context(), server.Config{Store: a.store, Tracer: a.tracer})
	require.NoError(t, err)
	a.web.Close()
	a.web = httptest.NewServer(first.Handler())
	t.Cleanup(a.web.Close)
	ids := []string{a.create("movie.mp4"), a.create("movie.mp4")}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- first.Work(ctx) }()
	<-begun
	stop()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Equal(t, "PROCESSING", a.get("/v1/backtraces/"+ids[0]).at("backtrace.status"))
	require.Equal(t, "QUEUED", a.get("/v1/backtraces/"+ids[1]).at("backtrace.status"))

	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) { return names("late"), nil })
	a.web.Close()
	a.start()
	for _, id := range ids {
		require.Equal(t, "late", a.finished(id).at("backtrace.extracted_data.0.autograph_tag"))
	}
}

func TestListParameters(t *testing.T) {
	a := newTeam(t)
	me := a.get("/v1/users/me").at("user.id").(string)
	for i := range 7 {
		b := storage.TeamBacktrace{UserID: me, InputName: fmt.Sprintf("%d.mp4", i), Status: storage.Success, CreatedAt: time.UnixMilli(int64(1000 - i))}
		if i == 3 {
			b.Tags, b.Extracted = []string{"Alice Ltd"}, []byte(`{"extracted_data":[{"autograph_tag":"Alice Ltd","access_stats":[]}]}`)
		}
		require.NoError(t, a.store.AddTeamBacktrace(t.Context(), &b))
	}
	first := func(query string) any {
		t.Helper()
		r := a.get("/v1/backtraces?" + query)
		require.Equal(t, 200, r.status, r.body)
		return r.at("backtraces.0.input.input_name")
	}
	r := a.get("/v1/backtraces/")
	require.EqualValues(t, 7, r.at("total"))
	require.EqualValues(t, 0, r.at("start"))
	require.EqualValues(t, 1000, r.at("limit"))
	require.Equal(t, "0.mp4", first(""))
	require.Equal(t, "6.mp4", first("sort=created_at"))
	require.Equal(t, "6.mp4", first("sort=created_at&direction=1"))
	require.Equal(t, "0.mp4", first("sort=created_at&direction=-1"))
	require.Equal(t, "2.mp4", first("start=2&limit=1"))
	require.Equal(t, "3.mp4", first("extracted_data.autograph_tag=ice"))
	require.Nil(t, first("extracted_data.autograph_tag=bob"))
	require.Nil(t, first("status=QUEUED"))
	for _, key := range []string{
		"input", "pipeline", "file", "extracted_data", "application", "status", "percentage_completed", "error_msg", "error_code", "finished_at",
		"version", "user", "created_at", "updated_at", "id", "job", "findings", "input.input_name", "extracted_data.autograph_tag",
	} {
		first("sort=" + key)
	}
	r = a.get("/v1/backtraces/?start=4&limit=3&sort=id&status=SUCCESS")
	require.EqualValues(t, 4, r.at("start"))
	require.EqualValues(t, 3, r.at("limit"))
	last := a.get(strings.TrimPrefix(r.at("last.href").(string), a.web.URL))
	require.EqualValues(t, 6, last.at("start"))
	require.Equal(t, "6.mp4", last.at("backtraces.0.input.input_name"))
	require.EqualValues(t, 0, a.get(strings.TrimPrefix(r.at("first.href").(string), a.web.URL)).at("start"))
	require.Equal(t, []any{}, a.get("/v1/backtraces?start=100").at("backtraces"))
	require.Equal(t, 200, a.get("/v1/backtraces?limit=5000").status)

	for query, field := range map[string]string{
		"limit=5001": "limit", "limit=0": "limit", "limit=-1": "limit", "limit=x": "limit", "limit=99999999999999999999": "limit",
		"start=-1": "start", "start=1.5": "start", "start=99999999999999999999": "start",
		"sort=nothing": "sort", "sort=id;drop": "query", "sort=%zz": "query", "sort=id%3Bdrop%20table%20users": "sort", "direction=2": "direction", "direction=asc": "direction",
		"status=DONE": "status", "human=maybe": "human", "show_null=2": "show_null", "format=csv": "format", "expand_all=si": "expand_all",
	} {
		a.get("/v1/backtraces?"+query).requireError(400, "0x0300001", "Invalid Input: "+field+": ")
	}
}

func TestErrorTable(t *testing.T) {
	a := newTeam(t)
	a.get("/v1/backtraces/"+someID).requireError(404, "0x0300007", "Backtrace does not exist")
	a.get("/v1/backtraces/"+strings.ToUpper(someID)).requireError(404, "0x0300007", "Backtrace does not exist")
	a.get("/v1/backtraces/1").requireError(404, "0x0300007", "Backtrace does not exist")
	a.get("/v1/jobs/"+someID).requireError(404, "0x0050005", "Job does not exist")
	a.get("/v1/pipelines/"+someID).requireError(404, "0x0000404", "Pipeline does not exist")
	a.get("/v1/files/"+someID).requireError(404, "0x0000404", "File does not exist")
	a.get("/v1/nothing").requireError(404, "0x0000404", "Not Found")
	a.get("/v2/backtraces").requireError(404, "0x0000404", "Not Found")
	a.get("/v1/backtraces", "Accept", "image/png").requireError(406, "0x0000406", "Not Acceptable")
	for _, method := range []string{"PATCH", "PUT", "DELETE", "TRACE"} {
		r := a.do(method, "/v1/backtraces", "")
		r.requireError(405, "0x0000405", "Method Not Allowed")
		require.Equal(t, "GET, HEAD, OPTIONS, POST", r.header.Get("Allow"))
	}
	require.Equal(t, 204, a.do("OPTIONS", "/v1/backtraces/", "").status)
	require.Equal(t, 200, a.do("HEAD", "/v1/backtraces", "").status)
	xml := a.get("/v1/backtraces/" + someID + "?format=xml")
	require.Equal(t, 404, xml.status)
	require.Contains(t, xml.body, "<error><error_code>0x0300007</error_code><error_message>Backtrace does not exist</error_message></error>")

	require.NoError(t, a.store.Close())
	r := a.get("/v1/backtraces")
	r.requireError(500, "0x0000001", "Internal Error (request "+r.header.Get("X-Request-Id")+")")
	require.NotContains(t, r.body, "sql")
	require.Equal(t, 503, a.get("/healthz").status)
}

func TestCreateRefusesWhatIsWrong(t *testing.T) {
	a := newTeam(t)
	secret := filepath.Join(filepath.Dir(a.dir), "secret.mp4")
	require.NoError(t, os.WriteFile(secret, []byte("x"), 0o600))
	require.NoError(t, os.Symlink(secret, filepath.Join(a.dir, "link.mp4")))
	require.NoError(t, os.Symlink(filepath.Dir(a.dir), filepath.Join(a.dir, "folder")))
	body := func(name string) string {
		quoted, err := json.Marshal(name)
		require.NoError(t, err)
		return fmt.Sprintf(`{"backtrace":{"pipeline_id":"%s","input":{"input_name":%s}}}`, a.studio.ID, quoted)
	}
	for _, name := range []string{
		"../secret.mp4", "uploads/../../secret.mp4", "/etc/passwd", secret, "file:///etc/passwd", "file://" + secret, "file://localhost/etc/passwd",
		"http://169.254.169.254/latest/meta-data", "http://127.0.0.1/", "http://[::1]/x", "https://files.example/a.mp4", "ftp://x/y", "gopher://x",
		"concat:a|b", "data:,x", "//evil.example/a", "link.mp4", "folder/secret.mp4", ".", "uploads", "missing.mp4", "movie.mp4\x00", "movie.mp4\n",
		"uploads/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/movie.mp4", `..\secret.mp4`, "movie.mp4/..", "file:movie.mp4", "", strings.Repeat("a/", 5000) + "b",
	} {
		r := a.do("POST", "/v1/backtraces", body(name))
		r.requireError(400, "0x0300001", "Invalid Input: input.input_name: ")
		require.NotContains(t, r.body, filepath.Dir(a.dir), "no folder of the server is shown")
	}
	require.Equal(t, 201, a.do("POST", "/v1/backtraces", body("file://"+a.dir+"/movie.mp4")).status, "below an input of a pipeline")
	require.Equal(t, 201, a.do("POST", "/v1/backtraces", body(a.dir+"/movie.mp4")).status)

	post := func(body string, headers ...string) answer { return a.do("POST", "/v1/backtraces", body, headers...) }
	post(`{`).requireError(400, "0x0300001", "Invalid Input: body: ")
	post(strings.Repeat("[", 1000)+strings.Repeat("]", 1000)).requireError(400, "0x0300001", "Invalid Input: body: it is nested deeper")
	post(`{"backtrace":{"pipeline_id":"x","input":{"input_name":5}}}`).requireError(400, "0x0300001", "Invalid Input: input.input_name: ")
	post(`{"backtrace":{"pipeline_id":"`+someID+`","input":{"input_name":"a"}}}`).requireError(400, "0x0300001", "Invalid Input: pipeline_id: ")
	post(`{"backtrace":{"pipeline_id":"studio","input":{"input_name":"a"}}}`).requireError(400, "0x0300001", "Invalid Input: pipeline_id: ")
	bomb := `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><backtrace><pipeline_id>&b;</pipeline_id></backtrace>`
	post(bomb, "Content-Type", "application/xml").requireError(400, "0x0300001", "Invalid Input: body: a document type")
	post(body("movie.mp4"), "Content-Type", "image/png").requireError(415, "0x0000415", "")
	post(body("movie.mp4"), "Content-Type", ";;").requireError(415, "0x0000415", "")
	post(strings.Repeat(" ", wire.MaxBody+1)).requireError(413, "0x0000413", "")
	a.do("POST", "/v1/backtraces?job_id="+someID, body("movie.mp4")).requireError(404, "0x0050005", "Job does not exist")
	a.do("POST", "/v1/backtraces?job_id=film", body("movie.mp4")).requireError(404, "0x0050005", "Job does not exist")
	xml := `<backtrace><pipeline><id>` + a.studio.ID + `</id></pipeline><input><input_name>movie.mp4</input_name></input></backtrace>`
	r := post(xml, "Content-Type", "application/xml", "Accept", "application/xml")
	require.Equal(t, 201, r.status, r.body)
	require.Contains(t, r.body, "<status>QUEUED</status>")
}

func TestResources(t *testing.T) {
	a := newTeam(t)
	a.finished(a.create("movie.mp4"))
	for _, kind := range []string{"jobs", "pipelines", "files", "applications", "users"} {
		for _, path := range []string{"/v1/" + kind, "/v1/" + kind + "/?format=xml", "/v1/" + kind + "?expand_all=true", "/v1/" + kind + "?start=1&limit=1"} {
			require.Equal(t, 200, a.get(path).status, path)
		}
		a.get("/v1/"+kind+"?limit=9999").requireError(400, "0x0300001", "Invalid Input: limit: ")
		a.do("POST", "/v1/"+kind, "").requireError(405, "0x0000405", "Method Not Allowed")
	}
	require.EqualValues(t, 2, a.get("/v1/pipelines").at("total"))
	require.Contains(t, a.get("/v1/pipelines").body, `"name":"default"`)
	list := a.get("/v1/applications")
	id := list.at("applications.0.id").(string)
	require.Equal(t, "owner", a.get("/v1/applications/"+id+"?expand=user&format=json").at("application.user.name"))
	require.Equal(t, a.get("/v1/users/me").body, a.get("/v1/users/"+a.get("/v1/users/me").at("user.id").(string)).body)

	secret := storage.Pipeline{Name: "bucket", Input: "https://user:hunter2@files.example/in?sig=hunter3"}
	require.NoError(t, a.store.AddPipeline(t.Context(), &secret))
	r := a.get("/v1/pipelines/" + secret.ID)
	require.Equal(t, "https://files.example/in", r.at("pipeline.input_download_dir"))
	require.NotContains(t, r.body, "hunter")
	require.NotContains(t, a.get("/v1/pipelines/").body, "hunter")
}

func TestPut(t *testing.T) {
	a := newTeam(t)
	id := storage.NewID()
	body := func(tag string) string {
		return `{"backtrace":{"id":"` + id + `","input":{"input_name":"leak.mp4"},"status":"SUCCESS","percentage_completed":100,"created_at":1436247512758,
			"finished_at":1436247563709,"extracted_data":[{"autograph_tag":"` + tag + `","access_stats":[]}],
			"findings":{"verdict":"found","threshold_log10_p":-9,"best_score":10,"tags":[{"autograph_tag":"` + tag + `","log10_p":-20,"spans":[]}]}}}`
	}
	put := func(tag string, headers ...string) answer {
		return a.do("PUT", "/v1/backtraces/"+id, body(tag), headers...)
	}
	r := put("alice")
	require.Equal(t, 201, r.status, r.body)
	require.EqualValues(t, 1, r.at("backtrace.version"))
	require.EqualValues(t, 1436247512758, r.at("backtrace.created_at"))
	again := put("alice")
	require.Equal(t, 200, again.status)
	require.Equal(t, r.body, again.body, "repeating it changes nothing")
	conflict := put("bob")
	require.Equal(t, 409, conflict.status)
	require.Equal(t, r.body, conflict.body, "the stored object is the answer")
	require.Equal(t, 409, put("bob", "If-Match", `"2"`).status)
	changed := put("bob", "If-Match", `"1"`)
	require.Equal(t, 200, changed.status)
	require.EqualValues(t, 2, changed.at("backtrace.version"))
	require.Equal(t, "bob", changed.at("backtrace.extracted_data.0.autograph_tag"))
	lost := put("bob", "If-Match", `"1"`) // the answer was lost and the desktop tries again
	require.Equal(t, 200, lost.status)
	require.Equal(t, changed.body, lost.body)
	require.InDelta(t, -20, a.get("/v1/backtraces/"+id+"/findings").at("findings.tags.0.log10_p"), 1e-9)
	require.Equal(t, "bob", a.get("/v1/backtraces?extracted_data.autograph_tag=bo").at("backtraces.0.extracted_data.0.autograph_tag"))

	for body, field := range map[string]string{
		`{}`: "status", `{"status":"QUEUED"}`: "status", `{"status":"SUCCESS","id":"` + someID + `"}`: "id",
		`{"status":"SUCCESS","percentage_completed":101}`: "percentage_completed", `{"status":"SUCCESS","job":{"id":"x"}}`: "job.id",
		`{"status":"SUCCESS","extracted_data":5}`: "extracted_data", `{"status":"SUCCESS","created_at":-5}`: "created_at",
		`{"status":"SUCCESS","extracted_data":[{"autograph_tag":"a\u0000b"}]}`: "body",
	} {
		a.do("PUT", "/v1/backtraces/"+id, body).requireError(400, "0x0300001", "Invalid Input: "+field+": ")
	}
	put("x", "If-Match", "newest").requireError(400, "0x0300001", "Invalid Input: If-Match: ")
	a.do("PUT", "/v1/backtraces/mine", body("x")).requireError(400, "0x0300001", "Invalid Input: id: ")
	other := storage.NewID()
	a.do("PUT", "/v1/backtraces/"+other, `{"status":"SUCCESS"}`, "If-Match", `"1"`).requireError(404, "0x0300007", "")
}

func TestPagesForPeopleAndOperators(t *testing.T) {
	a := newTeam(t)
	a.get("/v1/backtraces/" + someID)
	front := a.get("/", "Authorization", "")
	require.Equal(t, 200, front.status)
	require.Contains(t, front.header.Get("Content-Type"), "text/html")
	require.Contains(t, front.body, "/openapi.yaml")
	require.Contains(t, a.get("/openapi.yaml").body, "openapi: 3.1.0")
	require.Contains(t, a.get("/backtraces.xsd").body, "xs:schema")
	require.Equal(t, "ok\n", a.get("/healthz").body)
	metrics := a.get("/metrics").body
	require.Contains(t, metrics, `spoor_request_seconds_count{method="GET",route="/v1/backtraces/{id}",status="404"} 1`)
	require.NotContains(t, metrics, someID)
	require.NotContains(t, a.get("/debug/pprof/").body, "goroutine")
	require.Equal(t, "nosniff", front.header.Get("X-Content-Type-Options"))
}

func TestRateLimit(t *testing.T) {
	a := newTeam(t, func(c *server.Config) { c.Rate = 1 })
	require.Eventually(t, func() bool {
		r := a.get("/v1/jobs")
		if r.status != 429 {
			return false
		}
		r.requireError(429, "0x0000429", "Too Many Requests")
		return r.header.Get("Retry-After") == "1"
	}, waitLong, time.Millisecond)
	a.token = a.client("mediahub", "owner")
	require.Equal(t, 200, a.get("/v1/jobs").status, "another client is left alone")
}

func TestHeldIsNotErased(t *testing.T) {
	a := newTeam(t)
	c, err := a.store.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	e := storage.Evidence{CaseID: c.ID, Path: "/a", FileName: "a", SHA256: strings.Repeat("0", 64)}
	_, err = a.store.AddEvidence(t.Context(), &e)
	require.NoError(t, err)
	own := storage.Backtrace{EvidenceID: e.ID, Method: "blind", Params: json.RawMessage(`{}`)}
	require.NoError(t, a.store.AddBacktrace(t.Context(), &own))
	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) {
		o := names("x")
		o.EngineID = own.ID
		return o, nil
	})
	id := a.create("movie.mp4")
	a.finished(id)
	require.NoError(t, a.store.HoldCase(t.Context(), c.ID, true))
	a.do("DELETE", "/v1/backtraces/"+id, "").requireError(409, "0x0300009", "The backtrace is under legal hold")
	require.Equal(t, "SUCCESS", a.get("/v1/backtraces/"+id).at("backtrace.status"))
	require.NoError(t, a.store.HoldCase(t.Context(), c.ID, false))
	require.Equal(t, 200, a.do("DELETE", "/v1/backtraces/"+id, "").status)
}

func TestAskingTwiceWithAKeyTracesOnce(t *testing.T) {
	a := newTeam(t)
	key := storage.NewID()
	ask := func(name string) answer {
		return a.do("POST", "/v1/backtraces", `{"backtrace":{"pipeline_id":"`+a.studio.ID+`","input":{"input_name":"`+name+`"}}}`, "Idempotency-Key", key)
	}
	require.NoError(t, os.WriteFile(filepath.Join(a.dir, "other.mp4"), []byte("film"), 0o600))
	first := ask("movie.mp4")
	require.Equal(t, 201, first.status)
	require.Equal(t, key, first.at("backtrace.id"))
	require.Equal(t, 200, ask("movie.mp4").status)
	ask("other.mp4").requireError(409, "0x0000409", "Conflict: ")
	require.EqualValues(t, 1, a.get("/v1/backtraces").at("total"))
	a.token = a.client("mediahub", "somebody else")
	ask("movie.mp4").requireError(409, "0x0000409", "Conflict: ")
	key = "not an id"
	require.Equal(t, 201, ask("movie.mp4").status)
	require.Equal(t, 201, ask("movie.mp4").status)
}
