// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"spoor/api/wire"
	"spoor/storage"
)

// call is one request on its way.
type call struct {
	*Server
	w      http.ResponseWriter
	r      *http.Request
	format wire.Format
	id     string // of the request
	query  url.Values
	app    storage.Application
	scopes []string // of the token
}

// ctx is the request's context.
func (c *call) ctx() context.Context { return c.r.Context() }

// parseQuery refuses parameters that cannot be read, instead of passing over them.
func (c *call) parseQuery() error {
	var err error
	if c.query, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return wire.Invalid("query", "it is not encoded as parameters are")
	}
	return nil
}

// answer writes a document.
func (c *call) answer(status int, d wire.Document) error {
	c.w.Header().Set("Content-Type", c.format.ContentType())
	c.w.WriteHeader(status)
	if c.r.Method == http.MethodHead {
		return nil
	}
	if err := c.format.Write(c.w, d); err != nil {
		c.log.Debug("an answer was not taken", "request", c.id, "error", err)
	}
	return nil
}

// fail turns an error into an answer. What is not meant for the other side stays here.
func (c *call) fail(err error) {
	e := c.explain(err)
	if e.Status == http.StatusForbidden {
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="spoor", error="invalid_token"`)
	}
	if e.Status == http.StatusTooManyRequests {
		c.w.Header().Set("Retry-After", "1")
	}
	if e.Status >= http.StatusInternalServerError {
		c.log.Error("a request failed", "request", c.id, "path", c.r.URL.Path, "error", err)
	}
	c.w.Header().Set("Cache-Control", "no-store")
	_ = c.answer(e.Status, e.Document())
}

func (c *call) explain(err error) *wire.Error {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return wire.StatusError(http.StatusRequestEntityTooLarge)
	}
	if _, ok := errors.AsType[*bodyError](err); ok {
		return wire.Invalid("body", "it did not come whole")
	}
	switch storage.CodeOf(err) {
	case storage.Invalid:
		return wire.Invalid("body", err.Error())
	case storage.Busy, storage.Full:
		e := wire.StatusError(http.StatusServiceUnavailable)
		e.Err = err
		return e
	default:
		return wire.Internal(c.id, err)
	}
}

// bodyError is a body that could not be read.
type bodyError struct{ error }

// Unwrap returns the cause.
func (e *bodyError) Unwrap() error { return e.error }

type bodyReader struct{ io.Reader }

// Read marks errors as the body's.
func (b bodyReader) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &bodyError{err}
	}
	return n, err
}

// body parses the request's body, JSON or XML. curl -d calls JSON a form, so what is called a form is JSON too.
func (c *call) body() (*wire.Tree, error) {
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Now().Add(bodyTimeout)) // where there is no deadline there is a limit
	body := bodyReader{http.MaxBytesReader(c.w, c.r.Body, wire.MaxBody)}
	media := ""
	if header := c.r.Header.Get("Content-Type"); header != "" {
		var err error
		if media, _, err = mime.ParseMediaType(header); err != nil {
			return nil, wire.StatusError(http.StatusUnsupportedMediaType)
		}
	}
	switch {
	case media == "", media == "text/json", media == "application/x-www-form-urlencoded", isMedia(media, "json"):
		return wire.ParseJSON(body)
	case media == "text/xml", isMedia(media, "xml"):
		return wire.ParseXML(body)
	}
	return nil, wire.StatusError(http.StatusUnsupportedMediaType)
}

func isMedia(media, suffix string) bool {
	rest, ok := strings.CutPrefix(media, "application/")
	return ok && (rest == suffix || strings.HasSuffix(rest, "+"+suffix))
}

// href is where an object is, as this client sees the server.
func (c *call) href(kind, id string) string { return c.root() + pathOf(kind, id) }

// root is the address of the server, without a slash at its end.
func (c *call) root() string {
	if c.base != "" {
		return c.base
	}
	scheme := "http://"
	if c.r.TLS != nil {
		scheme = "https://"
	}
	return scheme + c.r.Host
}

func pathOf(kind, id string) string {
	if kind == wire.KindFindings {
		return "/v1/backtraces/" + id + "/findings"
	}
	return "/v1/" + kind + "s/" + id
}

// logger is the server's log with what names this request.
func (c *call) logger() *slog.Logger { return c.log.With("request", c.id, "application", c.app.ID) }
