// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spoor runs a command of the program and returns the JSON it prints.
func spoor(t *testing.T, home string, args ...string) map[string]any {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), append([]string{"--home", home, "--json"}, args...), &terminal{out: &out, err: &errs, bar: &bar{w: &errs, width: func() int { return 80 }}})
	require.Zero(t, code, "%v: %s", args, errs.String())
	var answer any
	require.NoError(t, json.Unmarshal(out.Bytes(), &answer), out.String())
	if list, ok := answer.([]any); ok {
		answer = list[0]
	}
	object, _ := answer.(map[string]any)
	return object
}

// fails runs a command that fails, and returns what it says of it.
func fails(t *testing.T, home string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	term := &terminal{out: &out, err: &errs, bar: &bar{w: &errs, width: func() int { return 80 }}}
	require.Equal(t, exitFailed, run(t.Context(), append([]string{"--home", home, "--json"}, args...), term), out.String())
	return errs.String()
}

// serve starts the server, and stops it when the test ends. It returns its address.
func serve(t *testing.T, home string, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	ended := make(chan int, 1)
	go func() {
		term := &terminal{out: writer, err: log, bar: &bar{w: log, width: func() int { return 80 }}}
		ended <- run(ctx, append([]string{"--home", home, "--json", "serve", "--addr", "127.0.0.1:0"}, args...), term)
		_ = writer.Close()
	}()
	t.Cleanup(func() {
		stop()
		require.Zero(t, <-ended)
		require.NoError(t, log.Close())
	})
	var listening struct{ URL string }
	require.NoError(t, json.NewDecoder(reader).Decode(&listening))
	return listening.URL
}

// TestLinesOfTheDocumentation sends what the documentation of the public API shows, with real curl: the lines are
// verbatim but for the host, the token, the ids that the server gives, and the quotes that make the body valid JSON. A marked copy is traced by
// them.
func TestLinesOfTheDocumentation(t *testing.T) {
	for _, tool := range []string{"curl", "bash", "ffmpeg"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	dir := t.TempDir()
	home, in := filepath.Join(dir, "home"), filepath.Join(dir, "in")
	upload := filepath.Join(in, "uploads", "QOSifPpTys1wcnEli3aXo50nyj2JROdO")
	require.NoError(t, os.MkdirAll(upload, 0o700))
	film := filepath.Join(dir, "film.mp4")
	command := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=12:duration=8",
		"-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p", film)
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	job := spoor(t, home, "title", "add", film)["id"].(string)
	spoor(t, home, "mark", job, "--tag", "test_tag", "-o", filepath.Join(upload, "movie.mp4"))
	require.Equal(t, "552b87a814eab3a29d1b3d90", spoor(t, home, "pipeline", "add", "studio", "--input", in, "--id", "552b87a814eab3a29d1b3d90")["id"])
	logs := filepath.Join(dir, "access.log")
	line := `192.0.2.9 - - [24/Nov/2026:10:00:00 +0000] "GET /film.mp4?autograph_tag=test_tag HTTP/1.1" 200 1000 "-" "player/1"` + "\n"
	require.NoError(t, os.WriteFile(logs, []byte(line), 0o600))
	spoor(t, home, "logs", "import", logs)
	client := spoor(t, home, "client", "add", "script", "--scope", "mediahub")
	host := serve(t, home)

	curl := func(lines string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "bash", "-c", strings.Replace(lines, "curl ", "curl -sS --max-time 60 ", 1))
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s\n%s", lines, out)
		return string(out)
	}
	read := func(text string) map[string]any {
		t.Helper()
		var v map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &v), text)
		return v
	}
	token := read(curl(`curl -d "grant_type=client_credential&client_id=` + client["client_id"].(string) + `&client_secret=` +
		client["client_secret"].(string) + `&scope=mediahub" "` + host + `/v1/oauth2/token/"`))["access_token"].(string)

	created := read(curl(`curl -X POST -H "Authorization: Bearer ` + token + `" -H "application/json" -d "\
{ \
    \"backtrace\": { \
                    \"pipeline\" :{ \
                            \"id\": \"552b87a814eab3a29d1b3d90\" \
                    }, \
                    \"input\" : { \
                            \"input_name\" :\"uploads/QOSifPpTys1wcnEli3aXo50nyj2JROdO/movie.mp4\" \
                    } \
    } \
}" "` + host + `/v1/backtraces/?job_id=` + job + `"`))["backtrace"].(map[string]any)
	require.Equal(t, "QUEUED", created["status"])
	id := created["id"].(string)

	var one map[string]any
	require.Eventually(t, func() bool {
		one = read(curl(`curl -H "Authorization: Bearer ` + token + `" "` + host + `/v1/backtraces/` + id + `"`))["backtrace"].(map[string]any)
		return one["status"] != "QUEUED" && one["status"] != "PROCESSING"
	}, 2*time.Minute, 100*time.Millisecond)
	require.Equal(t, "SUCCESS", one["status"], one)
	require.Equal(t, "test_tag", one["extracted_data"].([]any)[0].(map[string]any)["autograph_tag"])
	access := one["extracted_data"].([]any)[0].(map[string]any)["access_stats"].([]any)[0].(map[string]any)
	require.Equal(t, "192.0.2.9", access["ip_address"])
	require.Equal(t, "player/1", access["user_agent"])
	require.InDelta(t, 1795514400000, access["first_accessed_at"], 0)
	require.Equal(t, job, one["job"].(map[string]any)["id"])

	// A log that is imported while the server runs, by another program.
	later := filepath.Join(dir, "later.log")
	require.NoError(t, os.WriteFile(later, []byte(strings.ReplaceAll(line, "192.0.2.9", "192.0.2.10")), 0o600))
	spoor(t, home, "logs", "import", later)
	version := one["version"].(float64)
	require.Eventually(t, func() bool {
		one = read(curl(`curl -H "Authorization: Bearer ` + token + `" "` + host + `/v1/backtraces/` + id + `"`))["backtrace"].(map[string]any)
		return len(one["extracted_data"].([]any)[0].(map[string]any)["access_stats"].([]any)) == 2
	}, 2*time.Minute, 100*time.Millisecond)
	require.InDelta(t, version+1, one["version"], 0, "a mirror must see it")

	t.Run("from a desktop", func(t *testing.T) { workWithServer(t, dir, host, client, filepath.Join(upload, "movie.mp4")) })
	list := read(curl(`curl -H "Authorization: Bearer ` + token + `" "` + host + `/v1/backtraces"`))
	require.InDelta(t, 2, list["total"], 0, "this one, and what the desktop submitted")
	require.InDelta(t, 0, list["start"], 0)
	require.InDelta(t, 1000, list["limit"], 0)
	require.Equal(t, id, list["backtraces"].([]any)[0].(map[string]any)["id"])
	human := curl(`curl -H "Authorization: Bearer ` + token + `" "` + host + `/v1/titles/backtraces/` + id + `/?human=true&format=xml&expand_all=true"`)
	require.Contains(t, human, "\n      <autograph_tag>test_tag</autograph_tag>\n")
	require.Contains(t, human, "<input_download_dir>"+in+"</input_download_dir>")
	erased := curl(`curl -X DELETE -H "Authorization: Bearer ` + token + `" "` + host + `/v1/backtraces/` + id + `"`)
	require.Equal(t, `{"result":{"status":"SUCCESS"}}`, strings.TrimSpace(erased))
	gone := curl(`curl -H "Authorization: Bearer ` + token + `" "` + host + `/v1/backtraces/` + id + `"`)
	require.Equal(t, `{"error":{"error_code":"0x0300007","error_message":"Backtrace does not exist"}}`, strings.TrimSpace(gone))
}

// workWithServer is what a desktop does with a server: it sends a leak there, and copies what the server has.
func workWithServer(t *testing.T, dir, host string, client map[string]any, leak string) {
	t.Helper()
	desk, secret := filepath.Join(dir, "desk"), filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte(client["client_secret"].(string)+"\n"), 0o600))
	spoor(t, desk, "remote", "add", host, "--client-id", client["client_id"].(string), "--secret-file", secret, "--name", "team")
	require.InDelta(t, 1, spoor(t, desk, "remote", "test")["backtraces"], 0)
	answer := spoor(t, desk, "submit", leak)
	require.Equal(t, []any{"test_tag"}, answer["tags"])
	require.Equal(t, "found", answer["verdict"])
	did := spoor(t, desk, "sync")
	require.InDelta(t, 2, did["mirrored"].(map[string]any)["total"], 0)
	require.Equal(t, []any{"test_tag"}, spoor(t, desk, "mirror", "--list", "--tag", "TEST")["tags"])
	require.Contains(t, spoor(t, desk, "case", "show", "inbox")["note_texts"].([]any)[0].(map[string]any)["text"], "test_tag")
	spoor(t, desk, "remote", "remove", "team")
}
