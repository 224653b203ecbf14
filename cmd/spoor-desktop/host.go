// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"spoor/api/server"
	"spoor/api/wire"
	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
)

// host makes the home of the window a server.
type host struct{ engine *engine.Engine }

var _ desk.Host = host{}

// Scopes is for the window.
func (host) Scopes() []string { return wire.Scopes() }

// AddClient is for the window.
func (h host) AddClient(ctx context.Context, name string, scopes []string) (id, secret string, err error) {
	app, secret, err := server.NewClient(ctx, h.engine.Store(), name, "", scopes)
	return app.ID, secret, err
}

// AddPipeline is for the window.
func (h host) AddPipeline(ctx context.Context, p storage.Pipeline) (key string, err error) {
	for _, address := range []string{p.PingStarted, p.PingFinished, p.PingWarning, p.PingError} {
		if address != "" && !server.IsAddress(address) {
			return "", fmt.Errorf("%q is no http(s) address", address)
		}
		p.Pings = p.Pings || address != ""
	}
	if p.Pings {
		key, _ = server.NewSecret()
		p.PingKey = key
	}
	if p.Input, err = server.InputOf(p.Input); err != nil {
		return "", err
	}
	return key, h.engine.Store().AddPipeline(ctx, &p)
}

// Serve is for the window. The long work of the home is done by the window already.
func (h host) Serve(ctx context.Context, o desk.Serving, listening func(url string)) error {
	config, err := tlsOf(o)
	if err != nil {
		return err
	}
	tracer := server.EngineTracer{Engine: h.engine}
	s, err := server.New(ctx, server.Config{
		Store: h.engine.Store(), Tracer: tracer, Accesses: tracer.Accesses, PublicURL: o.PublicURL, Local: o.Local,
	})
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", o.Addr, err)
	}
	scheme := "http://"
	if config != nil {
		scheme = "https://"
	}
	listening(scheme + listener.Addr().String())
	return s.Serve(ctx, listener, config)
}

// tlsOf is how connections are encrypted; nil where they are not.
func tlsOf(o desk.Serving) (*tls.Config, error) {
	switch {
	case o.Cert == "" && o.Key == "":
		return nil, nil //nolint:nilnil // no TLS is no error
	case o.Cert == "" || o.Key == "":
		return nil, errors.New("a certificate and its key go together")
	}
	pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be used: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}
