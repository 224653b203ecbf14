// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"spoor/api/wire"
)

// operation is what one method does to one resource.
type operation struct {
	scopes []string // any of them is enough; nil: needs no token
	do     func(*call) error
}

// methods are the operations of a resource.
type methods map[string]operation

// Who may do what. Scopes of reading never allow to change.
func reading() []string {
	return []string{wire.ScopeRead, wire.ScopeAll, wire.ScopeWrite, wire.ScopeSubmit, wire.ScopeTrace}
}

func submitting() []string {
	return []string{wire.ScopeSubmit, wire.ScopeAll, wire.ScopeWrite, wire.ScopeTrace}
}

func changing() []string { return []string{wire.ScopeWrite, wire.ScopeAll, wire.ScopeTrace} }

func knowingMe() []string { return append([]string{wire.ScopeMe}, reading()...) }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	resource := func(path string, m methods) {
		mux.Handle(path, s.resource(m))
		mux.Handle(path+"/{$}", s.resource(m))
	}
	read := func(do func(*call) error) methods { return methods{http.MethodGet: {reading(), do}} }

	resource("/v1/oauth2/token", methods{http.MethodPost: {nil, (*call).token}})
	for _, path := range []string{"/v1/backtraces", "/v1/titles/backtraces"} {
		resource(path, methods{
			http.MethodGet:  {reading(), (*call).listBacktraces},
			http.MethodPost: {submitting(), (*call).createBacktrace},
		})
		resource(path+"/{id}", methods{
			http.MethodGet:    {reading(), (*call).getBacktrace},
			http.MethodPut:    {changing(), (*call).putBacktrace},
			http.MethodDelete: {changing(), (*call).deleteBacktrace},
		})
		resource(path+"/{id}/findings", read((*call).getFindings))
	}
	for _, k := range kinds() {
		scopes := reading()
		if k.name == wire.KindUser || k.name == wire.KindApplication {
			scopes = knowingMe()
		}
		resource("/v1/"+k.name+"s", methods{http.MethodGet: {scopes, k.list}})
		resource("/v1/"+k.name+"s/{id}", methods{http.MethodGet: {scopes, k.get}})
	}
	s.uploads.routes(mux)
	mux.Handle("GET /healthz", http.HandlerFunc(s.health))
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.Handle("GET /{$}", http.HandlerFunc(front))
	mux.Handle("GET /openapi.yaml", http.HandlerFunc(description))
	mux.Handle("GET /backtraces.xsd", http.HandlerFunc(schema))
	mux.Handle("/", s.resource(nil))
	return mux
}

// resource answers what the methods of a resource say.
func (s *Server) resource(m methods) http.Handler {
	return s.called(func(c *call) error {
		method := c.r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		o, ok := m[method]
		switch {
		case m == nil:
			return wire.NotFound("")
		case method == http.MethodOptions:
			c.w.Header().Set("Allow", m.allowed())
			c.w.WriteHeader(http.StatusNoContent)
			return nil
		case !ok:
			c.w.Header().Set("Allow", m.allowed())
			return wire.StatusError(http.StatusMethodNotAllowed)
		case o.scopes != nil:
			if err := c.authorize(o.scopes); err != nil {
				return err
			}
		}
		return o.do(c)
	})
}

// called makes a call of a request, and an answer of the error that comes out of it.
func (s *Server) called(do func(*call) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Server: s, w: w, r: r, id: w.Header().Get(requestIDHeader)}
		err := c.parseQuery()
		if err == nil {
			c.format, err = wire.Negotiate(r)
		}
		if err == nil {
			err = do(c)
		}
		if err != nil {
			c.fail(err)
		}
	})
}

func (m methods) allowed() string {
	list := append(slices.Collect(maps.Keys(m)), http.MethodOptions)
	if _, ok := m[http.MethodGet]; ok {
		list = append(list, http.MethodHead)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
