// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/storage"
	"spoor/storage/postgrestest"
)

// TestTwoServersAnswerAlike has two servers, each with a store of its own, on the same tables: what one takes in the other has, and
// what one cancels the other stops.
func TestTwoServersAnswerAlike(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { testTwoServers(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { testTwoServers(t, postgrestest.Start(t).NewDatabase(t)) })
}

func testTwoServers(t *testing.T, database string) {
	t.Helper()
	one := newTeamOn(t, database)
	store, err := storage.Open(t.Context(), one.store.Home(), storage.WithDatabase(database))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	two := &team{t: t, store: store, tracer: one.tracer, dir: one.dir, log: &locked{}, studio: one.studio, token: one.token}
	two.start()

	id := one.finished(one.create("movie.mp4")).at("backtrace.id").(string)
	require.Equal(t, "SUCCESS", two.get("/v1/backtraces/"+id).at("backtrace.status"))
	require.EqualValues(t, 1, two.get("/v1/backtraces").at("total"))

	begun, ended := make(chan struct{}), make(chan struct{})
	one.tracer.does(func(ctx context.Context, _ server.Job) (server.Outcome, error) {
		close(begun)
		<-ctx.Done() // and says nothing of how far it is
		close(ended)
		return names("never shown"), nil
	})
	running := one.create("movie.mp4")
	<-begun
	require.Equal(t, "PROCESSING", two.get("/v1/backtraces/"+running).at("backtrace.status"))
	require.Equal(t, http.StatusOK, two.do("DELETE", "/v1/backtraces/"+running, "").status)
	<-ended
	require.Equal(t, "CANCELLED", one.get("/v1/backtraces/"+running).at("backtrace.status"))

	location, _ := one.begin("up.mp4", 4)
	path := location[len(one.web.URL):]
	require.Equal(t, 204, two.tus("PATCH", path, "fi", "Upload-Offset", "0").status, "an upload goes on at the other")
	require.Equal(t, 204, one.tus("PATCH", path, "lm", "Upload-Offset", "2").status)
	require.EqualValues(t, 1, two.get("/v1/files").at("total"))

	testBothWriteAnUpload(t, one, two)

	// The same result is put at both at once: it is there once, and one of them is told that it was there.
	put := `{"status":"SUCCESS","percentage_completed":100,"extracted_data":[{"autograph_tag":"a"}]}`
	statuses := make(chan int, 2)
	for _, a := range []*team{one, two} {
		go func() { statuses <- a.quietly(http.MethodPut, "/v1/backtraces/"+someID, strings.NewReader(put)) }()
	}
	require.ElementsMatch(t, []int{http.StatusCreated, http.StatusOK}, []int{<-statuses, <-statuses})
	require.EqualValues(t, 3, two.get("/v1/backtraces").at("total"))

	require.Equal(t, http.StatusOK, one.do("DELETE", "/v1/backtraces/"+id, "").status)
	two.get("/v1/backtraces/"+id).requireError(404, "0x0300007", "Backtrace does not exist")
}

// testBothWriteAnUpload has one server in the middle of a part when the other is sent something for the same upload.
func testBothWriteAnUpload(t *testing.T, one, two *team) {
	t.Helper()
	location, key := one.begin("both.mp4", 8)
	path, file := location[len(one.web.URL):], filepath.Join(one.store.Home(), filepath.FromSlash(key))
	body, part := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- one.quietly(http.MethodPatch, path, body, "Tus-Resumable", "1.0.0", "Upload-Offset", "0",
			"Content-Type", "application/offset+octet-stream")
	}()
	_, err := part.Write([]byte("fi"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		st, err := os.Stat(file)
		return err == nil && st.Size() == 2
	}, waitLong, waitStep)
	require.Equal(t, http.StatusLocked, two.tus(http.MethodPatch, path, "othe", "Upload-Offset", "2").status)
	_, err = part.Write([]byte("lm"))
	require.NoError(t, errors.Join(err, part.Close()))
	require.Equal(t, http.StatusNoContent, <-status)
	require.Equal(t, http.StatusNoContent, two.tus(http.MethodPatch, path, "film", "Upload-Offset", "4").status)
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "filmfilm", string(got))
	left, err := filepath.Glob(filepath.Join(one.store.Home(), "locks", "upload*"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left of the locks")
}

// quietly sends a request from a goroutine that is not the test's, and returns the status, 0 where there is none.
func (a *team) quietly(method, path string, body io.Reader, headers ...string) int {
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.web.URL+path, body)
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = got.Body.Close()
	return got.StatusCode
}
