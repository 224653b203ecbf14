// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
)

// tus sends a request of the upload protocol to where a location points.
func (a *team) tus(method, location, body string, headers ...string) answer {
	a.t.Helper()
	headers = append([]string{"Tus-Resumable", "1.0.0", "Content-Type", "application/offset+octet-stream"}, headers...)
	return a.do(method, strings.TrimPrefix(location, a.web.URL), body, headers...)
}

func (a *team) begin(name string, size int) (location, key string) {
	a.t.Helper()
	r := a.tus("POST", "/v1/files/uploads/", "", "Upload-Length", strconv.Itoa(size),
		"Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
	require.Equal(a.t, http.StatusCreated, r.status, r.body)
	return r.header.Get("Location"), r.header.Get(server.ObjectKeyHeader)
}

func TestUploadIsResumedAndTraced(t *testing.T) {
	a := newTeam(t)
	text := strings.Repeat("film", 1000)
	location, key := a.begin("movie.mp4", len(text))
	require.Regexp(t, `^uploads/[0-9A-Za-z]{32}/movie\.mp4$`, key)
	require.True(t, strings.HasPrefix(location, a.web.URL+"/v1/files/uploads/"), location)
	post := func() answer {
		return a.do("POST", "/v1/backtraces", `{"backtrace":{"pipeline_id":"`+a.studio.ID+`","input":{"input_name":"`+key+`"}}}`)
	}
	post().requireError(400, "0x0300001", "Invalid Input: input.input_name: ")
	r := a.tus("PATCH", location, text[:1500], "Upload-Offset", "0")
	require.Equal(t, 204, r.status, r.body)
	require.Equal(t, "1500", a.tus("HEAD", location, "").header.Get("Upload-Offset"))
	require.Equal(t, 409, a.tus("PATCH", location, text, "Upload-Offset", "0").status, "another offset than it has")
	require.Equal(t, 413, a.tus("PATCH", location, text, "Upload-Offset", "1500").status, "more than was announced")
	offset, err := strconv.Atoi(a.tus("HEAD", location, "").header.Get("Upload-Offset"))
	require.NoError(t, err)
	r = a.tus("PATCH", location, text[offset:], "Upload-Offset", strconv.Itoa(offset))
	require.Equal(t, 204, r.status, r.body)
	require.Equal(t, key, r.header.Get(server.ObjectKeyHeader))
	head := a.tus("HEAD", location, "") // whoever lost that answer asks again
	require.Equal(t, strconv.Itoa(len(text)), head.header.Get("Upload-Offset"))
	require.Equal(t, key, head.header.Get(server.ObjectKeyHeader))
	require.Equal(t, 409, a.tus("DELETE", location, "").status, "it is evidence now")

	file := a.get("/v1/files/" + r.header.Get(server.FileIDHeader))
	require.Equal(t, key, file.at("file.object_key"))
	require.EqualValues(t, len(text), file.at("file.size"))
	got, err := os.ReadFile(filepath.Join(a.store.Home(), filepath.FromSlash(key)))
	require.NoError(t, err)
	require.Equal(t, text, string(got))
	created := post()
	require.Equal(t, 201, created.status, created.body)
	require.Equal(t, file.at("file.id"), created.at("backtrace.file.id"))
	require.EqualValues(t, 1, a.get("/v1/files/").at("total"))

	a.token = a.client("mediahub", "somebody else")
	require.Equal(t, 404, a.tus("HEAD", location, "").status)
	require.Equal(t, 404, a.tus("PATCH", location, "x", "Upload-Offset", "0").status)
	post().requireError(400, "0x0300001", "Invalid Input: input.input_name: ")
	require.EqualValues(t, 0, a.get("/v1/files/").at("total"))
}

func TestUploadsRefuseWhatIsWrong(t *testing.T) {
	a := newTeam(t, func(c *server.Config) { c.UploadLimit = 1000 })
	require.Equal(t, 413, a.tus("POST", "/v1/files/uploads", "", "Upload-Length", "1001").status)
	require.Equal(t, 400, a.tus("POST", "/v1/files/uploads", "", "Upload-Length", "-5").status)
	require.Equal(t, 400, a.tus("POST", "/v1/files/uploads", "").status)
	require.Equal(t, 412, a.tus("POST", "/v1/files/uploads", "", "Tus-Resumable", "0.1").status)
	for _, id := range []string{"x", strings.Repeat("a", 32), "..%2F..%2Fspoor", strings.Repeat("a", 32) + ".info"} {
		require.Equal(t, 404, a.tus("HEAD", "/v1/files/uploads/"+id, "").status, id)
		require.Equal(t, 404, a.tus("PATCH", "/v1/files/uploads/"+id, "x", "Upload-Offset", "0").status, id)
	}
	for name, want := range map[string]string{
		"../../etc/passwd": "passwd", `..\..\boot.ini`: "boot.ini", ".hidden": "hidden", "": "upload-", "a\nb": "a_b",
		strings.Repeat("x", 500) + ".mp4": strings.Repeat("x", 196) + ".mp4", "...": "upload-", "a?b#c": "a_b_c",
	} {
		_, key := a.begin(name, 1)
		require.Equal(t, want, key[strings.LastIndex(key, "/")+1:], name)
	}
	location, _ := a.begin("gone.mp4", 10)
	require.Equal(t, 204, a.tus("DELETE", location, "").status)
	require.Equal(t, 404, a.tus("HEAD", location, "").status)
	a.token = a.client("mediahub_read", "owner")
	a.tus("POST", "/v1/files/uploads/", "", "Upload-Length", "1").requireError(403, "0x0000003", "Invalid access token: it has none")
	a.do("GET", "/v1/files/uploads/", "").requireError(405, "0x0000405", "")
	entries, err := os.ReadDir(filepath.Join(a.store.Home(), "uploads"))
	require.NoError(t, err)
	for _, e := range entries {
		require.Regexp(t, `^[0-9A-Za-z]{32}(\.info)?$`, e.Name(), fmt.Sprint(entries))
	}
}

// broken sends the beginning of a request that says how long it is, and hangs up.
func (a *team) broken(head, body string) {
	a.t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(a.web.URL, "http://"))
	require.NoError(a.t, err)
	_, err = connection.Write([]byte(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body))
	require.NoError(a.t, err)
	require.NoError(a.t, connection.(*net.TCPConn).CloseWrite())
	_, err = io.Copy(io.Discard, connection) // until the server has done with it
	require.NoError(a.t, err)
	require.NoError(a.t, connection.Close())
}

// TestUploadsThatLieAboutTheirLength announce more or less than they send, in each of the ways there are.
func TestUploadsThatLieAboutTheirLength(t *testing.T) {
	a := newTeam(t, func(c *server.Config) { c.UploadLimit = 5000 })
	text := strings.Repeat("film", 1000)
	location, key := a.begin("movie.mp4", len(text))
	path := strings.TrimPrefix(location, a.web.URL)
	head := "PATCH " + path + " HTTP/1.1\nHost: team\nAuthorization: Bearer " + a.token + "\nTus-Resumable: 1.0.0\nUpload-Offset: 0\n" +
		"Content-Type: application/offset+octet-stream\nConnection: close\n"
	a.broken(head+"Content-Length: 4000", text[:1500])
	at := a.tus("HEAD", location, "")
	require.Equal(t, "1500", at.header.Get("Upload-Offset"), "what came is kept")
	require.Empty(t, at.header.Get(server.FileIDHeader), "and it is not called whole")
	a.do("POST", "/v1/backtraces", `{"backtrace":{"pipeline_id":"`+a.studio.ID+`","input":{"input_name":"`+key+`"}}}`).
		requireError(400, "0x0300001", "Invalid Input: input.input_name: ")
	a.broken(strings.Replace(head, "Offset: 0", "Offset: 1500", 1)+"Transfer-Encoding: chunked",
		"2000\r\n"+strings.Repeat("x", 0x2000)+"\r\n0\r\n\r\n")
	for _, offset := range []string{"-1", "1e3", "99999999999999999999", "4001", ""} {
		require.Contains(t, []int{400, 409}, a.tus("PATCH", location, "x", "Upload-Offset", offset).status, offset)
	}
	offset, err := strconv.Atoi(a.tus("HEAD", location, "").header.Get("Upload-Offset"))
	require.NoError(t, err)
	require.LessOrEqual(t, offset, len(text), "no more than was announced, however much comes")
	st, err := os.Stat(filepath.Join(a.store.Home(), filepath.FromSlash(key)))
	require.NoError(t, err)
	require.LessOrEqual(t, st.Size(), int64(len(text)))

	// The length comes later, and is another than is allowed.
	r := a.tus("POST", "/v1/files/uploads/", "", "Upload-Defer-Length", "1")
	require.Equal(t, http.StatusCreated, r.status, r.body)
	later := r.header.Get("Location")
	require.Equal(t, 204, a.tus("PATCH", later, "film", "Upload-Offset", "0").status)
	require.Equal(t, 400, a.tus("PATCH", later, "film", "Upload-Offset", "4", "Upload-Length", "5001").status, "more than is allowed")
	require.Equal(t, 400, a.tus("PATCH", later, "film", "Upload-Offset", "4", "Upload-Length", "2").status, "shorter than what is there")
	require.Equal(t, 204, a.tus("PATCH", later, "film", "Upload-Offset", "4", "Upload-Length", "8").status)
	require.EqualValues(t, 2, a.get("/v1/files").at("total"), "each once")
}
