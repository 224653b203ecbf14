// SPDX-License-Identifier: AGPL-3.0-or-later

package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"spoor/api/wire"
)

// Query selects backtraces. Zero values are not sent.
type Query struct {
	Start, Limit int64
	Sort         string
	Descending   bool
	Status, Tag  string
	Findings     bool // shown whole; servers other than ours may refuse it with status 400
}

func (q Query) values() url.Values {
	v := url.Values{}
	set := func(key, value string, wanted bool) {
		if wanted {
			v.Set(key, value)
		}
	}
	set("start", strconv.FormatInt(q.Start, 10), q.Start > 0)
	set("limit", strconv.FormatInt(q.Limit, 10), q.Limit > 0)
	set("sort", q.Sort, q.Sort != "")
	set("direction", "-1", q.Descending)
	set("status", q.Status, q.Status != "")
	set("expand", wire.KindFindings, q.Findings)
	set("extracted_data.autograph_tag", q.Tag, q.Tag != "")
	return v
}

// backtraces sends a request below the path under which this server has
// backtraces; where there is nothing, the other path is tried, and remembered.
func (c *Client) backtraces(ctx context.Context, r request, rest string) (answer, error) {
	c.mu.Lock()
	first := c.prefix
	c.mu.Unlock()
	second := longPath
	if first == longPath {
		second = shortPath
	}
	r.path = first + rest
	a, err := c.send(ctx, r)
	if err != nil || !elsewhere(a) {
		return a, err
	}
	r.path = second + rest
	other, err := c.send(ctx, r)
	if err != nil || elsewhere(other) {
		return a, err
	}
	c.mu.Lock()
	c.prefix = second
	c.mu.Unlock()
	return other, nil
}

// elsewhere says that an answer means "no such path", not "no such backtrace".
func elsewhere(a answer) bool {
	if a.status != http.StatusNotFound {
		return false
	}
	if a.tree == nil {
		return true
	}
	code, _ := wire.ReadError(a.tree)
	return code != wire.CodeMissing && code != wire.CodeNoJob
}

// List returns a page of backtraces.
func (c *Client) List(ctx context.Context, q Query) (wire.Listing, error) {
	a, err := c.backtraces(ctx, request{method: http.MethodGet, query: q.values()}, "/")
	if err != nil {
		return wire.Listing{}, err
	}
	if a.status != http.StatusOK || a.tree == nil {
		return wire.Listing{}, a.refusal()
	}
	return wire.ReadListing(a.tree)
}

// Get returns a backtrace, with its findings where the server has them. Error: of status 404 where there is none.
func (c *Client) Get(ctx context.Context, id string) (wire.Backtrace, error) {
	a, err := c.backtraces(ctx, request{method: http.MethodGet}, "/"+url.PathEscape(id))
	if err != nil {
		return wire.Backtrace{}, err
	}
	return a.backtrace(http.StatusOK)
}

// Findings returns what a backtrace rests on. Servers other than ours have none: an error of status 404.
func (c *Client) Findings(ctx context.Context, id string) (wire.Findings, error) {
	a, err := c.backtraces(ctx, request{method: http.MethodGet}, "/"+url.PathEscape(id)+"/findings")
	if err != nil {
		return wire.Findings{}, err
	}
	if a.status != http.StatusOK || a.tree == nil {
		return wire.Findings{}, a.refusal()
	}
	return wire.ReadFindings(a.tree)
}

// Create has an input traced; job may be "". id, of 24 hex digits, is what our server calls the backtrace, so that asking again
// does not have it traced twice; the original service chooses an id itself, and may be asked twice where an answer was lost.
func (c *Client) Create(ctx context.Context, wanted wire.Create, job, id string) (wire.Backtrace, error) {
	body, err := document(wire.One(wire.KindBacktrace, wanted.Object()))
	if err != nil {
		return wire.Backtrace{}, err
	}
	query := url.Values{}
	if job != "" {
		query.Set("job_id", job)
	}
	a, err := c.backtraces(ctx, request{
		method: http.MethodPost, query: query, body: body,
		headers: map[string]string{"Content-Type": "application/json", "Idempotency-Key": id},
	}, "/")
	if err != nil {
		return wire.Backtrace{}, err
	}
	return a.backtrace(http.StatusCreated, http.StatusOK)
}

// ErrConflict says that the server has another version of a result than the one
// that was to be replaced; what it has is returned beside it.
var ErrConflict = errors.New("the server has another version")

// Put stores a finished result; version is the server's that it replaces, 0 for
// one that the server does not have. It returns what the server has now. Errors: [ErrConflict]; one
// of status 404 where version is not 0 and the server has it no more.
func (c *Client) Put(ctx context.Context, b wire.Backtrace, version int64) (wire.Backtrace, error) {
	body, err := document(wire.One(wire.KindBacktrace, b.Object(noLink)))
	if err != nil {
		return wire.Backtrace{}, err
	}
	headers := map[string]string{"Content-Type": "application/json"}
	if version > 0 {
		headers["If-Match"] = strconv.Quote(strconv.FormatInt(version, 10))
	}
	a, err := c.backtraces(ctx, request{method: http.MethodPut, body: body, headers: headers}, "/"+url.PathEscape(b.ID))
	if err != nil {
		return wire.Backtrace{}, err
	}
	if a.status == http.StatusConflict {
		theirs, err := a.backtrace(http.StatusConflict)
		if err != nil {
			return theirs, err
		}
		return theirs, ErrConflict
	}
	return a.backtrace(http.StatusOK, http.StatusCreated)
}

// Delete cancels or erases a backtrace. It is no error if there is none (any more).
func (c *Client) Delete(ctx context.Context, id string) error {
	a, err := c.backtraces(ctx, request{method: http.MethodDelete}, "/"+url.PathEscape(id))
	if err != nil || a.status == http.StatusOK || a.status == http.StatusNoContent {
		return err
	}
	if a.status == http.StatusNotFound && !elsewhere(a) {
		return nil
	}
	return a.refusal()
}

// Pipelines lists the pipelines of the server, as far as it shows them.
func (c *Client) Pipelines(ctx context.Context) ([]wire.Named, error) {
	a, err := c.send(ctx, request{method: http.MethodGet, path: "/v1/pipelines/"})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK || a.tree == nil {
		return nil, a.refusal()
	}
	return wire.ReadNames(a.tree, wire.KindPipeline)
}

// backtrace reads one from an answer of one of the statuses.
func (a answer) backtrace(statuses ...int) (wire.Backtrace, error) {
	for _, status := range statuses {
		if a.status == status && a.tree != nil {
			b, err := wire.ReadBacktrace(a.tree)
			if err != nil {
				return b, fmt.Errorf("the backtrace cannot be read: %w", err)
			}
			if !isID(b.ID) {
				return b, fmt.Errorf("the server answers with a backtrace whose id is %q", b.ID)
			}
			return b, nil
		}
	}
	return wire.Backtrace{}, a.refusal()
}

func isID(text string) bool {
	return len(text) == 24 && strings.Trim(text, "0123456789abcdef") == ""
}

func document(d wire.Document) ([]byte, error) {
	var b bytes.Buffer
	err := wire.Format{}.Write(&b, d)
	return b.Bytes(), err
}

func noLink(string, string) string { return "" }
