// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/api/wire"
	"spoor/storage"
)

// each sends a request of each operation that is described, which would be answered well; ids says what each kind of object is called.
func (a *team) each(ids map[string]string, do func(operation, method, path, body string)) {
	a.t.Helper()
	all, err := operations()
	require.NoError(a.t, err)
	bodies := map[string]string{
		"POST /v1/backtraces":     `{"backtrace":{"pipeline_id":"` + a.studio.ID + `","input":{"input_name":"movie.mp4"}}}`,
		"PUT /v1/backtraces/{id}": `{"status":"SUCCESS","percentage_completed":100,"extracted_data":[]}`,
		"POST /v1/oauth2/token":   "grant_type=client_credentials&client_id=x&client_secret=y",
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		method, template, _ := strings.Cut(name, " ")
		kind := strings.Split(template, "/")[2]
		do(name, method, strings.Replace(template, "{id}", ids[kind], 1), bodies[name])
	}
}

// contentType is what an operation takes.
func contentType(operation string) string {
	if strings.Contains(operation, "oauth2") {
		return "application/x-www-form-urlencoded"
	}
	return "application/json"
}

// objects makes one of each kind.
func (a *team) objects() map[string]string {
	a.t.Helper()
	title := storage.Title{
		ID: storage.NewID(), Name: "film", FileName: "film.mp4", SHA256: strings.Repeat("ab", 32), Size: 1, Duration: time.Minute,
		Width: 640, Height: 360, FrameRate: "25/1", Container: json.RawMessage(`{}`),
	}
	key, err := a.store.NewTitleKey(title.ID)
	require.NoError(a.t, err)
	require.NoError(a.t, a.store.AddTitle(a.t.Context(), &title, key))
	me := a.get("/v1/users/me")
	location, _ := a.begin("up.mp4", 4)
	file := a.tus("PATCH", location, "film", "Upload-Offset", "0").header.Get(server.FileIDHeader)
	id := a.create("movie.mp4")
	done := a.finished(id)
	ids := map[string]string{
		"backtraces": id, "jobs": title.ID, "pipelines": a.studio.ID, "files": file, "users": me.at("user.id").(string),
		"applications": done.at("backtrace.application.id").(string),
	}
	for kind, id := range ids {
		require.Equal(a.t, http.StatusOK, a.get("/v1/"+kind+"/"+id).status, kind)
	}
	return ids
}

// TestEveryOperationRefusesAsDescribed asks for everything in each of the ways that are refused alike everywhere.
func TestEveryOperationRefusesAsDescribed(t *testing.T) {
	a := newTeam(t)
	ids := a.objects()
	a.each(ids, func(operation, method, path, body string) {
		media := contentType(operation)
		a.do(method, path, body, "Content-Type", media, "Accept", "text/plain").requireError(406, "0x0000406", "")
		a.do(method, path+"?format=yaml", body, "Content-Type", media).requireError(400, "0x0300001", "Invalid Input: format")
		a.do("PATCH", path, body, "Content-Type", media).requireError(405, "0x0000405", "")
		a.do(method, path, body, "Content-Type", media, "Authorization", "Bearer nonsense").
			requireError(403, "0x0000003", "Invalid access token")
		if body != "" {
			a.do(method, path, body, "Content-Type", "text/css").requireError(415, "0x0000415", "")
			a.do(method, path, strings.Repeat(" ", 17<<20)+body, "Content-Type", media).requireError(413, "0x0000413", "")
		}
	})
	require.Equal(t, http.StatusOK, a.get("/v1/backtraces/"+ids["backtraces"]).status, "nothing of that did anything")
}

func TestEveryOperationIsBounded(t *testing.T) {
	a := newTeam(t, func(c *server.Config) { c.Rate = 40 })
	ids := a.objects()
	require.Eventually(t, func() bool { return a.get("/v1/backtraces").status == http.StatusTooManyRequests }, waitLong, time.Millisecond)
	a.each(ids, func(operation, method, path, body string) {
		require.Eventually(t, func() bool { // the allowance grows meanwhile, and is used up again
			got := a.do(method, path, body, "Content-Type", contentType(operation))
			if got.status == http.StatusTooManyRequests {
				got.requireError(429, "0x0000429", "")
				return true
			}
			return false
		}, waitLong, time.Millisecond, operation)
	})
}

func TestEveryOperationFailsWithoutSayingWhy(t *testing.T) {
	a := newTeam(t)
	ids := a.objects()
	a.tracer.does(func(context.Context, server.Job) (server.Outcome, error) { return server.Outcome{}, nil })
	require.NoError(t, a.store.Close())
	a.each(ids, func(operation, method, path, body string) {
		got := a.do(method, path, body, "Content-Type", contentType(operation))
		got.requireError(500, wire.CodeInternal, "Internal Error")
		require.Contains(t, got.body, got.header.Get("X-Request-Id"))
		require.NotContains(t, got.body, "sql")
	})
}
