// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/storage"
)

// fuzzed is a server without a network, and a token that may do everything.
func fuzzed(f *testing.F) (http.Handler, string) {
	f.Helper()
	store, err := storage.Open(context.Background(), filepath.Join(f.TempDir(), "home"))
	require.NoError(f, err)
	f.Cleanup(func() { _ = store.Close() })
	u, err := store.EnsureUser(context.Background(), "owner")
	require.NoError(f, err)
	secret, hash := server.NewSecret()
	app := storage.Application{Name: "x", UserID: u.ID, SecretHash: hash, Scopes: []string{"me", "mediahub"}}
	require.NoError(f, store.AddApplication(context.Background(), &app))
	s, err := server.New(context.Background(), server.Config{Store: store, Tracer: &scripted{}, Rate: 1e9})
	require.NoError(f, err)
	w := httptest.NewRecorder()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {app.ID}, "client_secret": {secret}, "expires_in": {"2592000"}}
	r := httptest.NewRequest(http.MethodPost, "/v1/oauth2/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.Handler().ServeHTTP(w, r)
	require.Equal(f, 200, w.Code)
	_, token, _ := strings.Cut(w.Body.String(), `"access_token":"`)
	token, _, _ = strings.Cut(token, `"`)
	return s.Handler(), token
}

// FuzzRequest sends anything to any resource: the server never fails, and never says anything of its inside.
func FuzzRequest(f *testing.F) {
	h, token := fuzzed(f)
	f.Add("GET", "/v1/backtraces/", "sort=id&limit=5&expand=user", "application/json", "")
	f.Add("POST", "/v1/backtraces/", "job_id=x", "application/xml", "<backtrace><pipeline_id>x</pipeline_id></backtrace>")
	f.Add("PUT", "/v1/backtraces/"+someID, "", "", `{"status":"SUCCESS","extracted_data":[{"autograph_tag":"a"}]}`)
	f.Add("DELETE", "/v1/titles/backtraces/"+someID+"/", "format=xml", "", "")
	f.Add("PATCH", "/v1/files/uploads/x", "", "application/offset+octet-stream", "x")
	f.Fuzz(func(t *testing.T, method, path, query, media, body string) {
		r, err := http.NewRequest(method, "http://team.example/", strings.NewReader(body))
		if err != nil {
			return
		}
		r.URL.Path, r.URL.RawQuery, r.RemoteAddr = "/"+strings.TrimLeft(path, "/"), query, "192.0.2.1:1"
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", media)
		r.Header.Set("Tus-Resumable", "1.0.0")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Less(t, w.Code, 500, w.Body.String())
	})
}

// FuzzToken tries to come in.
func FuzzToken(f *testing.F) {
	h, token := fuzzed(f)
	f.Add("Bearer "+token[:20], "grant_type=client_credentials&client_id=x&client_secret=y")
	f.Add("bearer  x", "grant_type=%zz")
	f.Fuzz(func(t *testing.T, header, form string) {
		r := httptest.NewRequest(http.MethodGet, "/v1/users/me", nil)
		r.Header["Authorization"] = []string{header}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !strings.HasSuffix(strings.TrimSpace(header), token) {
			require.Contains(t, []int{403, 429}, w.Code)
		}
		r = httptest.NewRequest(http.MethodPost, "/v1/oauth2/token", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w = httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Contains(t, []int{400, 403, 429}, w.Code)
	})
}
