// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/storage"
)

// archive is another web server, with what inputs come from in /in/ and a secret beside it.
func archive(t *testing.T) *httptest.Server {
	t.Helper()
	film := strings.Repeat("film", 1000)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /in/movie.mp4", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(film + r.URL.RawQuery))
	})
	mux.HandleFunc("GET /secret", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat("hidden", 1000))) })
	for from, to := range map[string]string{
		"within": "/in/movie.mp4?again", "out": "/secret", "dots": "/in/../secret", "encoded": "/in/%2e%2e/secret",
		"metadata": "http://169.254.169.254/latest",
		"file":     "file:///etc/passwd", "round": "/in/round", "port": "http://127.0.0.1:1/in/movie.mp4",
	} {
		mux.HandleFunc("GET /in/"+from, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
	}
	mux.HandleFunc("GET /in/short.mp4", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "4001")
		_, _ = w.Write([]byte(film))
	})
	mux.HandleFunc("GET /in/huge.mp4", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000000000")
	})
	mux.HandleFunc("GET /in/endless.mp4", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(film)); err != nil {
				return
			}
		}
	})
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	return web
}

// from has inputs come from an address, and what is traced told as the error of the backtrace.
func (a *team) from(name, address string) {
	a.t.Helper()
	a.studio = storage.Pipeline{Name: name, Input: address}
	require.NoError(a.t, a.store.AddPipeline(a.t.Context(), &a.studio))
	a.tracer.does(func(_ context.Context, job server.Job) (server.Outcome, error) {
		text, err := os.ReadFile(job.Path)
		if err != nil {
			return server.Outcome{}, err
		}
		return server.Outcome{}, &server.JobError{Message: "read " + filepath.Base(job.Path) + " " + string(text[3996:])}
	})
}

func TestInputsAreFetchedFromOtherServers(t *testing.T) {
	a := newTeam(t, func(c *server.Config) { c.UploadLimit = 100_000 })
	web := archive(t)
	a.from("archive", web.URL+"/in")
	for name, want := range map[string]string{
		"movie.mp4":                  "read movie.mp4 film",
		"movie.mp4?signature=abc":    "read movie.mp4 filmsignature=abc",
		web.URL + "/in/movie.mp4":    "read movie.mp4 film",
		"within":                     "read within filmagain",
		"out":                        "a redirect leads out of the pipeline's input",
		"dots":                       "a redirect leads out of the pipeline's input",
		"encoded":                    "a redirect leads out of the pipeline's input",
		"metadata":                   "a redirect leads out of the pipeline's input",
		"file":                       "a redirect leads out of the pipeline's input",
		"port":                       "a redirect leads out of the pipeline's input",
		"round":                      "a redirect leads out of the pipeline's input",
		"nothing.mp4":                `the other server says "404 Not Found"`,
		"short.mp4":                  "unexpected EOF",
		"huge.mp4":                   "larger than 100000 bytes",
		"endless.mp4":                "larger than 100000 bytes",
		"%2e%2e/secret":              `the other server says "404 Not Found"`,
		"..%2fsecret":                `the other server says "404 Not Found"`,
		"movie.mp4/../short.mp4?a=b": "unexpected EOF",
	} {
		got := a.finished(a.create(name))
		require.Equal(t, "FAILURE", got.at("backtrace.status"), name)
		require.Contains(t, got.at("backtrace.error_msg"), want, name)
		require.NotContains(t, got.body, "hidden", "%s: nothing of what lies beside it", name)
	}
	entries, err := os.ReadDir(filepath.Join(a.store.Home(), "work"))
	require.True(t, os.IsNotExist(err) || err == nil && len(entries) == 0, "what was fetched is removed: %v", entries)
	for _, name := range []string{
		"../secret", "/secret", web.URL + "/secret", web.URL + "/in/../secret", "file:///etc/passwd", "FILE:///etc/passwd",
		"http://169.254.169.254/latest/meta-data/", "http://user@" + strings.TrimPrefix(web.URL, "http://") + "/in/movie.mp4",
		"gopher://x/in/a", "//x/in/movie.mp4",
		"https://" + strings.TrimPrefix(web.URL, "http://") + "/in/movie.mp4", `..\secret`,
	} {
		a.do("POST", "/v1/backtraces", `{"backtrace":{"pipeline_id":"`+a.studio.ID+`","input":{"input_name":`+strconv.Quote(name)+`}}}`).
			requireError(400, "0x0300001", "Invalid Input: input.input_name: ")
	}
}

// TestInputsComeFromPublicAddressesOnly has names and addresses that lead to this machine, to its network, and to what clouds keep at
// link-local addresses: the address that is connected to counts, whatever a name resolves to.
func TestInputsComeFromPublicAddressesOnly(t *testing.T) {
	for _, local := range []bool{false, true} {
		a := newTeam(t, func(c *server.Config) { c.Local = local })
		web := archive(t)
		_, port, err := net.SplitHostPort(strings.TrimPrefix(web.URL, "http://"))
		require.NoError(t, err)
		for i, c := range []struct {
			host   string
			opened bool // by --local
		}{
			{"127.0.0.1:" + port, true},
			{"localhost:" + port, true}, // a name that resolves to this machine
			{"[::ffff:127.0.0.1]:" + port, true},
			{"0.0.0.0:" + port, false},
			{"169.254.169.254", false},
			{"[fe80::1]:" + port, false},
			{"[64:ff9b::a9fe:a9fe]:" + port, false}, // 169.254.169.254 behind NAT64
			{"[2002:a9fe:a9fe::]:" + port, false},   // and in 6to4
			{"100.100.100.200", false},
			{"224.0.0.1:" + port, false},
		} {
			a.from("archive "+string(rune('a'+i)), "http://"+c.host+"/in")
			got := a.finished(a.create("movie.mp4")).at("backtrace.error_msg")
			if local && c.opened {
				require.Equal(t, "read movie.mp4 film", got, c.host)
			} else {
				require.Equal(t, "the input cannot be fetched: the address is not a public one", got, "%s, local %v", c.host, local)
			}
		}
	}
}
