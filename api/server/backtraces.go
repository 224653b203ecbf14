// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/storage"
)

// own returns a backtrace of the client's user. What belongs to others does not exist.
func (c *call) own(id string) (storage.TeamBacktrace, error) {
	if !storage.IsID(id) {
		return storage.TeamBacktrace{}, missing(wire.KindBacktrace, id)
	}
	b, err := c.store.TeamBacktrace(c.ctx(), "", id)
	if err == nil && b.UserID != c.app.UserID {
		err = missing(wire.KindBacktrace, id)
	}
	return b, err
}

// requested is the backtrace that the path names.
func (c *call) requested() (storage.TeamBacktrace, error) {
	b, err := c.own(c.r.PathValue("id"))
	if storage.CodeOf(err) == storage.NotFound {
		err = wire.NotFound(wire.KindBacktrace)
	}
	return b, err
}

func (c *call) answerBacktrace(status int, b *storage.TeamBacktrace) error {
	out, err := keep.View(b)
	if err != nil {
		return err
	}
	c.w.Header().Set("ETag", strconv.Quote(strconv.FormatInt(b.Version, 10)))
	return c.one(status, wire.KindBacktrace, b.ID, out.Object(c.href))
}

// getBacktrace is GET /v1/backtraces/ID.
func (c *call) getBacktrace() error {
	b, err := c.requested()
	if err != nil {
		return err
	}
	return c.answerBacktrace(http.StatusOK, &b)
}

// getFindings is GET /v1/backtraces/ID/findings.
func (c *call) getFindings() error {
	b, err := c.requested()
	if err != nil {
		return err
	}
	f, err := keep.Findings(&b)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.One(wire.KindFindings, f.Object(c.href)))
}

// listBacktraces is GET /v1/backtraces.
func (c *call) listBacktraces() error {
	query := c.query
	part, err := slice(query)
	if err != nil {
		return err
	}
	q := storage.TeamQuery{
		UserID: c.app.UserID, Status: query.Get("status"), Tag: query.Get("extracted_data.autograph_tag"),
		Sort: query.Get("sort"), Slice: part,
	}
	if !storage.IsTeamSort(q.Sort) {
		return wire.Invalid("sort", "a backtrace has no such key")
	}
	switch query.Get("direction") {
	case "", "1":
	case "-1":
		q.Descending = true
	default:
		return wire.Invalid("direction", "it must be 1 or -1")
	}
	switch q.Status {
	case "", wire.Queued, wire.Processing, wire.Success, wire.Failure, wire.Cancelled:
	default:
		return wire.Invalid("status", "there is no such status")
	}
	if _, err := c.expansion(); err != nil {
		return err
	}
	list, total, err := c.store.TeamBacktraces(c.ctx(), q)
	if err != nil {
		return err
	}
	objects := make([]wire.Object, len(list))
	for i := range list {
		b, err := keep.View(&list[i])
		if err != nil {
			return err
		}
		objects[i] = b.Object(c.href)
	}
	return c.page(wire.KindBacktrace, objects, total, part)
}

// createBacktrace is POST /v1/backtraces.
func (c *call) createBacktrace() error {
	if _, err := c.expansion(); err != nil {
		return err
	}
	job := c.query.Get("job_id")
	if job != "" {
		if _, err := c.job(job); storage.CodeOf(err) == storage.NotFound || !storage.IsID(job) {
			return wire.NotFound(wire.KindJob)
		} else if err != nil {
			return err
		}
	}
	t, err := c.body()
	if err != nil {
		return err
	}
	wanted, err := wire.ReadCreate(t)
	if err != nil {
		return err
	}
	p, err := c.store.Pipeline(c.ctx(), wanted.Pipeline)
	if storage.CodeOf(err) == storage.NotFound || !storage.IsID(wanted.Pipeline) {
		return wire.Invalid("pipeline_id", "there is no such pipeline")
	}
	if err != nil {
		return err
	}
	in, err := c.findInput(c.ctx(), p, wanted.InputName, c.app.UserID)
	if err != nil {
		return err
	}
	b := storage.TeamBacktrace{
		InputName: wanted.InputName, PipelineID: p.ID, FileID: in.file, ApplicationID: c.app.ID, UserID: c.app.UserID, JobID: job,
		Status: storage.Queued,
	}
	status := http.StatusCreated
	if key := c.r.Header.Get(idempotencyKey); storage.IsID(key) {
		b.ID = key
	}
	err = c.store.AddTeamBacktrace(c.ctx(), &b)
	if storage.CodeOf(err) == storage.Exists {
		status = http.StatusOK
		b, err = c.askedBefore(&b)
	}
	if err != nil {
		return err
	}
	if status == http.StatusCreated {
		c.runner.add(b.ID)
	}
	c.w.Header().Set("Location", c.href(wire.KindBacktrace, b.ID))
	return c.answerBacktrace(status, &b)
}

// idempotencyKey is a header with the id that the backtrace is to have, so that a client that does not know whether it was heard can ask
// again without having it traced twice.
const idempotencyKey = "Idempotency-Key"

// askedBefore is the backtrace that the same client asked for with the same words.
func (c *call) askedBefore(again *storage.TeamBacktrace) (storage.TeamBacktrace, error) {
	b, err := c.own(again.ID)
	same := b.InputName == again.InputName && b.PipelineID == again.PipelineID && (again.JobID == "" || b.JobID == again.JobID)
	if storage.CodeOf(err) == storage.NotFound || (err == nil && !same) {
		e := wire.StatusError(http.StatusConflict)
		e.Message = "Conflict: the " + idempotencyKey + " was used for something else"
		return b, e
	}
	return b, err
}

// deleteBacktrace is DELETE /v1/backtraces/ID: what is not finished is cancelled, what is is erased.
func (c *call) deleteBacktrace() error {
	b, err := c.requested()
	if err != nil {
		return err
	}
	cancelled := false
	_, err = c.store.ChangeTeamBacktrace(c.ctx(), "", b.ID, func(b *storage.TeamBacktrace) (bool, error) {
		if cancelled = !b.Status.Final(); cancelled {
			b.Status, b.FinishedAt = storage.Cancelled, time.Now()
			b.Tags, b.Extracted, b.Findings = nil, nil, nil
		}
		return cancelled, nil
	})
	switch {
	case storage.CodeOf(err) == storage.NotFound: // somebody else was faster
		return wire.NotFound(wire.KindBacktrace)
	case err != nil:
		return err
	case cancelled:
		c.runner.cancel(b.ID)
	default:
		err := c.store.EraseTeamBacktrace(c.ctx(), "", b.ID)
		if storage.CodeOf(err) == storage.Conflict {
			return wire.Held()
		}
		if err != nil {
			return err
		}
	}
	c.logger().Info("a backtrace was deleted", "backtrace", b.ID, "cancelled", cancelled)
	return c.answer(http.StatusOK, wire.Deleted())
}

// matches reads the header If-Match: the version, 0 where any will do.
func matches(header string) (int64, error) {
	text := strings.TrimSpace(header)
	if text == "" || text == "*" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(text, "W/"), `"`), 10, 64)
	if err != nil || n < 1 {
		return 0, wire.Invalid("If-Match", "it must be a version in quotes")
	}
	return n, nil
}
