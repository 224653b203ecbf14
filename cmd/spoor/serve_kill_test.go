// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/client"
)

// process is a server in a process of its own, which can be killed.
type process struct {
	t    *testing.T
	home string
	addr string
	cmd  *exec.Cmd
}

func (p *process) start() {
	p.t.Helper()
	program, err := os.Executable() // this test, which is the program where it is called so
	require.NoError(p.t, err)
	p.cmd = exec.CommandContext(p.t.Context(), program)
	p.cmd.Args = []string{"spoor", "--home", p.home, "--json", "-q", "serve", "--addr", p.addr}
	p.cmd.Env = append(os.Environ(), "SPOOR_KEYRING=off")
	out, err := p.cmd.StdoutPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, p.cmd.Start())
	var listening struct{ Addr string }
	require.NoError(p.t, json.NewDecoder(out).Decode(&listening))
	p.addr = listening.Addr // the same after a kill
}

// kill is kill -9: nothing of the program runs any more.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // says that it was killed
}

// killing is the body of a request in the middle of which the server is killed.
type killing struct {
	io.Reader
	left int
	kill func()
}

var errKilled = errors.New("the server was killed")

func (k *killing) Read(b []byte) (int, error) {
	if k.left <= 0 {
		k.kill()
		return 0, errKilled
	}
	n, err := k.Reader.Read(b[:min(len(b), k.left)])
	k.left -= n
	return n, err
}

// TestAnUploadGoesOnAfterTheServerWasKilled kills the server in the middle of a part, and between two, and has the client go on.
func TestAnUploadGoesOnAfterTheServerWasKilled(t *testing.T) {
	dir := t.TempDir()
	content := make([]byte, 20<<20)
	_, err := rand.NewChaCha8([32]byte{7}).Read(content)
	require.NoError(t, err)
	leak := filepath.Join(dir, "leak.mp4")
	require.NoError(t, os.WriteFile(leak, content, 0o600))
	p := &process{t: t, home: filepath.Join(dir, "home"), addr: "127.0.0.1:0"}
	made := spoor(t, p.home, "client", "add", "script", "--scope", "mediahub")
	p.start()
	defer func() { p.kill() }()
	c, err := client.New(client.Config{URL: "http://" + p.addr, ID: made["client_id"].(string), Secret: made["client_secret"].(string)})
	require.NoError(t, err)

	upload := &client.Upload{Path: leak}
	stopped := errors.New("stopped")
	err = c.Send(t.Context(), upload, func(*client.Upload) error { return stopped }, nil)
	require.ErrorIs(t, err, stopped)
	token := tokenFor(t, p.addr, made)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, upload.Location,
		&killing{Reader: bytes.NewReader(content), left: 3<<20 + 123, kill: p.kill})
	require.NoError(t, err)
	for key, value := range map[string]string{
		"Authorization": "Bearer " + token, "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
	} {
		r.Header.Set(key, value)
	}
	_, err = http.DefaultClient.Do(r)
	require.Error(t, err)
	partly, err := os.Stat(filepath.Join(p.home, filepath.FromSlash(upload.ObjectKey)))
	require.NoError(t, err)

	p.start()
	location, first, kills := upload.Location, int64(-1), 0
	err = c.Send(t.Context(), upload, func(*client.Upload) error { return nil }, func(done, _ int64) {
		if first < 0 {
			first = done
		}
		if done > 10<<20 && kills == 0 {
			kills++
			p.kill()
			p.start()
		}
	})
	require.NoError(t, err)
	require.Equal(t, 1, kills)
	require.Equal(t, location, upload.Location, "it is the same upload")
	require.Equal(t, partly.Size(), first, "what came before the kill is not sent again")

	sum := sha256.Sum256(content)
	got, err := os.ReadFile(filepath.Join(p.home, filepath.FromSlash(upload.ObjectKey)))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.addr+"/v1/files", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), `"total":1`)
	require.Contains(t, string(text), hex.EncodeToString(sum[:]))
}

// tokenFor gets a token as a script does.
func tokenFor(t *testing.T, addr string, made map[string]any) string {
	t.Helper()
	form := "grant_type=client_credentials&client_id=" + made["client_id"].(string) + "&client_secret=" + made["client_secret"].(string)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/v1/oauth2/token", strings.NewReader(form))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&got))
	return got.Token
}
