// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"spoor/storage"
)

// Config says what a server works with. Store and Tracer must be there.
type Config struct {
	Store       *storage.Store
	Tracer      Tracer
	Accesses    Accesses // nil: they stay as they were when the trace ended
	Log         *slog.Logger
	PublicURL   string                        // how clients see the server, such as https://team.example; "": as they ask
	Workers     int                           // backtraces that run at the same time; below 1: 1
	UploadLimit int64                         // bytes of one upload; below 1: 1 TiB
	Rate        float64                       // requests a second of one application; below 1: 2000
	PingWait    func(tries int) time.Duration // until a ping is tried again after so many tries; nil: from a second to an hour
	Local       bool                          // pings and inputs may be on this machine and in private networks
}

// Server answers the API.
type Server struct {
	store   *storage.Store
	log     *slog.Logger
	base    string // PublicURL without slash at its end
	local   bool
	uploads *uploads
	limits  *limits
	metrics *metrics
	runner  *runner
	refresh *refresher
	pings   *pings
	handler http.Handler
}

const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	bodyTimeout   = 30 * time.Second // for a body that is no upload
	answerTimeout = 2 * time.Minute
	shutdownTime  = 20 * time.Second
	maxHeader     = 64 << 10
)

// New makes a server. It makes the pipeline that always exists where there is none yet.
func New(ctx context.Context, c Config) (*Server, error) {
	s := &Server{
		store: c.Store, log: cmp.Or(c.Log, slog.New(slog.DiscardHandler)), base: strings.TrimSuffix(c.PublicURL, "/"), local: c.Local,
		limits: newLimits(c.Rate), metrics: newMetrics(),
	}
	if err := c.Store.EnsureDefaultPipeline(ctx); err != nil {
		return nil, err
	}
	var err error
	if s.uploads, err = newUploads(s, filepath.Join(c.Store.Home(), "uploads"), c.UploadLimit); err != nil {
		return nil, err
	}
	s.pings = newPings(s, c.PingWait)
	s.refresh = &refresher{s, c.Accesses}
	s.runner = newRunner(s, c.Tracer, max(c.Workers, 1))
	s.handler = s.guard(s.routes())
	return s, nil
}

// Handler answers requests. What is asked for is traced while [Server.Work] runs.
func (s *Server) Handler() http.Handler { return s.handler }

// Work traces what was asked for, also before the server was started, and keeps accesses up to date, until the
// context ends. What is not finished then is gone on with at the next start.
func (s *Server) Work(ctx context.Context) error {
	var refreshing sync.WaitGroup
	refreshing.Go(func() { s.refresh.work(ctx) })
	defer refreshing.Wait()
	return s.runner.work(ctx)
}

// Serve answers on a listener and works until the context ends, then lets
// requests finish for a while. config may be nil: no TLS.
func (s *Server) Serve(ctx context.Context, listener net.Listener, config *tls.Config) error {
	web := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		TLSConfig: config, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	working := make(chan error, 1)
	go func() {
		working <- s.Work(ctx)
		stop()
	}()
	answering := make(chan error, 1)
	go func() {
		if config != nil {
			answering <- web.ServeTLS(listener, "", "")
		} else {
			answering <- web.Serve(listener)
		}
		stop()
	}()
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err := web.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) { // those that hang on are cut
		err = web.Close()
	}
	if served := <-answering; !errors.Is(served, http.ErrServerClosed) {
		err = cmp.Or(served, err)
	}
	if worked := <-working; worked != nil && !errors.Is(worked, context.Canceled) {
		err = cmp.Or(worked, err)
	}
	if err != nil {
		return fmt.Errorf("serving the API: %w", err)
	}
	return nil
}
