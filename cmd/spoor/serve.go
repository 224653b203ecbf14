// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"sync"
	"time"

	"spoor/api/server"
)

type serveCommand struct {
	Addr      string  `default:"127.0.0.1:8080" help:"Address to listen on; port 0 takes a free one." placeholder:"HOST:PORT"`
	Cert      string  `help:"Certificate for TLS, with those between it and the root (PEM)." placeholder:"FILE"`
	Key       string  `help:"Key of the certificate (PEM)." placeholder:"FILE"`
	PublicURL string  `name:"public-url" help:"How clients see the server, where it is behind a proxy." placeholder:"URL"`
	Workers   int     `default:"1" help:"Backtraces that run at the same time."`
	MaxUpload int64   `default:"1099511627776" help:"Largest upload, in bytes."`
	Rate      float64 `default:"2000" help:"Requests a second that one client may send."`
	Local     bool    `help:"Allow inputs and pings on this machine and in private networks."`
	Pprof     string  `help:"Show what the program is doing on this loopback address (for developers)." placeholder:"HOST:PORT"`
}

// Help is the example.
func (serveCommand) Help() string {
	return "Answers the backtraces API (docs/api.md) and traces what it is asked to. Make a client first: spoor client add.\n" +
		"Without --cert it speaks plain HTTP: keep it on this machine, behind a proxy that has a certificate. Its log, a JSON\n" +
		"object a line, goes to standard error. Ctrl-C lets requests finish; unfinished backtraces go on at the next start.\n" +
		"Long work that waits in the home (spoor job) is done too.\n\n" +
		"Examples:\n  spoor serve\n  spoor serve --addr :8443 --cert team.pem --key team.key"
}

// serveJSON is what programs are told once the server listens.
type serveJSON struct {
	Addr string `json:"addr"`
	URL  string `json:"url"`
}

// Run serves until it is stopped.
func (c *serveCommand) Run(a *app) error {
	config, err := c.tls()
	if err != nil {
		return err
	}
	e, err := a.open()
	if err != nil {
		return err
	}
	defer e.Close()
	out := a.term.err
	if a.quiet {
		out = io.Discard
	}
	log := slog.New(slog.NewJSONHandler(out, nil))
	tracer := server.EngineTracer{Engine: e}
	s, err := server.New(a.ctx, server.Config{
		Store: e.Store(), Tracer: tracer, Accesses: tracer.Accesses, Log: log, PublicURL: c.PublicURL, Workers: c.Workers,
		UploadLimit: c.MaxUpload, Rate: c.Rate, Local: c.Local,
	})
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(a.ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, err)
	}
	if err := c.profile(a.ctx, log); err != nil {
		return errors.Join(err, listener.Close())
	}
	address, scheme := listener.Addr().String(), "http://"
	if config != nil {
		scheme = "https://"
	}
	a.say("listening on %s", scheme+address)
	if err := a.print(serveJSON{address, scheme + address}); err != nil {
		return errors.Join(err, listener.Close())
	}
	q := a.queueWith(e, log)
	ctx, stop := context.WithCancel(a.ctx)
	var work sync.WaitGroup
	work.Go(func() { _ = q.Work(ctx, 1) }) // its error is that it was stopped
	err = s.Serve(a.ctx, listener, config)
	stop()
	work.Wait()
	if err != nil {
		return err
	}
	a.hint("stopped")
	return nil
}

func (c *serveCommand) tls() (*tls.Config, error) {
	switch {
	case c.Cert == "" && c.Key == "":
		return nil, nil //nolint:nilnil // no TLS is no error
	case c.Cert == "" || c.Key == "":
		return nil, usageError("--cert and --key go together")
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be used: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// profile serves what a developer looks at, on this machine only.
func (c *serveCommand) profile(ctx context.Context, log *slog.Logger) error {
	if c.Pprof == "" {
		return nil
	}
	address, err := netip.ParseAddrPort(c.Pprof)
	if err != nil || !address.Addr().IsLoopback() {
		return usageError("--pprof takes a loopback address, such as 127.0.0.1:6060")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Pprof)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Pprof, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = web.Close() })
	go func() {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("profiling ended", "error", err)
		}
	}()
	return nil
}
