// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"spoor/api/wire"
	"spoor/storage"
)

const requestIDHeader = "X-Request-Id"

// guard is around everything: it names the request, bounds it, logs and counts it.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		id := storage.NewID()
		h := w.Header()
		h.Set(requestIDHeader, id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		seen := &watched{ResponseWriter: w}
		defer func() {
			if fault := recover(); fault != nil {
				if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(fault) //nolint:forbidigo // net/http's own way to drop a connection
				}
				s.log.Error("a request broke the program", "request", id, "path", r.URL.Path, "fault", fault)
				if seen.status == 0 {
					c := &call{Server: s, w: seen, r: r, id: id}
					c.fail(wire.Internal(id, nil))
				}
			}
			took := time.Since(begun)
			s.metrics.request(r.Method, r.Pattern, seen.status, took)
			s.log.Info("request", "request", id, "method", r.Method, "path", r.URL.Path, "status", seen.status,
				"bytes", seen.bytes, "ms", took.Milliseconds(), "from", remote(r), "application", seen.application)
		}()
		_ = http.NewResponseController(w).SetWriteDeadline(begun.Add(answerTimeout)) // tests have no connection
		next.ServeHTTP(seen, r)
	})
}

// watched remembers what was answered.
type watched struct {
	http.ResponseWriter
	status      int
	bytes       int64
	application string
}

// WriteHeader notes the status.
func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (w *watched) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets deadlines be set.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func statusText(status int) string {
	if status == 0 {
		return "0"
	}
	return strconv.Itoa(status)
}
