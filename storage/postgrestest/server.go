// SPDX-License-Identifier: AGPL-3.0-or-later

// Package postgrestest starts a real PostgreSQL for a test: a server of its own in a temporary folder, which nobody else can
// reach and which is gone afterwards, also when the test program is killed.
package postgrestest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Server is a running PostgreSQL.
type Server struct {
	folder string // of the socket
	made   atomic.Int64
	master *sql.DB
}

// Start starts a server that lasts as long as the test. Where PostgreSQL is not installed the test is skipped, with
// the reason; with CI set in the environment that is a failure.
func Start(tb testing.TB) *Server {
	tb.Helper()
	bin, err := binaries()
	if err != nil {
		if os.Getenv("CI") != "" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
	s := &Server{}
	if err := s.start(tb, bin); err != nil {
		tb.Fatalf("PostgreSQL does not start: %v", err)
	}
	if s.master, err = sql.Open("pgx", s.address("postgres")); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.master.Close() })
	return s
}

// binaries returns the folder with PostgreSQL's programs.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian's place, not on the PATH
	if err == nil && len(found) > 0 {
		return filepath.Dir(slices.Max(found)), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL is not installed (Debian: postgresql); make setup does it")
	}
	return filepath.Dir(path), nil
}

func (s *Server) start(tb testing.TB, bin string) error {
	tb.Helper()
	dir, err := os.MkdirTemp("", "spoor-pg-") //nolint:usetesting // short: the name of a socket has at most 107 bytes
	if err != nil {
		return err
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.folder = dir
	attr, err := unprivileged(dir)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(tb.Context(), filepath.Join(bin, "initdb"), "-D", data, "-U", "spoor", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-sync", "--no-instructions")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	ctx, cancel := context.WithCancel(context.Background()) // not the test's: its end would kill instead of stopping
	server := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "max_connections=200")
	server.SysProcAttr, server.Dir = attr, dir
	server.Cancel = func() error { return server.Process.Signal(stopSignal) }
	return s.run(tb, server, cancel)
}

// run waits until the server says that it is ready. The thread that started it must stay, for the server goes with it.
func (s *Server) run(tb testing.TB, server *exec.Cmd, cancel func()) error {
	tb.Helper()
	said, err := server.StderrPipe()
	if err != nil {
		cancel()
		return err
	}
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		if err := server.Start(); err != nil {
			started <- err
			return
		}
		lines := bufio.NewScanner(said)
		var all strings.Builder
		for ready := false; lines.Scan(); {
			if !ready {
				all.WriteString(lines.Text() + "\n")
			}
			if strings.Contains(lines.Text(), "ready to accept connections") && !ready {
				ready = true
				started <- nil
			}
		}
		_, _ = io.Copy(io.Discard, said)
		_ = server.Wait()
		select {
		case started <- errors.New(all.String()):
		default:
		}
	}()
	tb.Cleanup(func() {
		cancel()
		<-ended
	})
	return <-started
}

func (s *Server) address(database string) string {
	host := "host=" + url.QueryEscape(s.folder)
	return (&url.URL{Scheme: "postgres", User: url.User("spoor"), Path: "/" + database, RawQuery: host}).String()
}

// NewDatabase makes an empty database and returns its address.
func (s *Server) NewDatabase(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("t%d", s.made.Add(1))
	if _, err := s.master.ExecContext(tb.Context(), "create database "+name); err != nil {
		tb.Fatal(err)
	}
	return s.address(name)
}
