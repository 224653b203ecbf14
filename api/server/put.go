// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"bytes"
	"errors"
	"net/http"

	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/storage"
)

// errConflict leaves a backtrace as it is because somebody else changed it.
var errConflict = errors.New("version conflict")

// putBacktrace is PUT /v1/backtraces/ID: a desktop brings a finished result. Bringing it again changes nothing.
func (c *call) putBacktrace() error {
	id := c.r.PathValue("id")
	if !storage.IsID(id) {
		return wire.Invalid("id", "it must be 24 lower-case hex digits")
	}
	version, err := matches(c.r.Header.Get("If-Match"))
	if err != nil {
		return err
	}
	brought, err := c.brought(id)
	if err != nil {
		return err
	}
	if version == 0 {
		err := c.store.AddTeamBacktrace(c.ctx(), &brought)
		if err == nil {
			c.w.Header().Set("Location", c.href(wire.KindBacktrace, id))
			return c.answerBacktrace(http.StatusCreated, &brought)
		}
		if storage.CodeOf(err) != storage.Exists {
			return err
		}
	}
	if _, err := c.requested(); err != nil {
		return err // one of somebody else, too
	}
	current, err := c.store.ChangeTeamBacktrace(c.ctx(), "", id, func(b *storage.TeamBacktrace) (bool, error) {
		switch {
		case sameResult(b, &brought):
			return false, nil
		case version != b.Version || !b.Status.Final():
			return false, errConflict
		}
		replaceResult(b, &brought)
		return true, nil
	})
	switch {
	case errors.Is(err, errConflict):
		return c.answerBacktrace(http.StatusConflict, &current)
	case storage.CodeOf(err) == storage.NotFound:
		return wire.NotFound(wire.KindBacktrace)
	case err != nil:
		return err
	}
	return c.answerBacktrace(http.StatusOK, &current)
}

// brought reads the result that a desktop sends.
func (c *call) brought(id string) (storage.TeamBacktrace, error) {
	t, err := c.body()
	if err != nil {
		return storage.TeamBacktrace{}, err
	}
	b, err := wire.ReadBacktrace(t)
	switch {
	case err != nil:
		return storage.TeamBacktrace{}, err
	case b.ID != "" && b.ID != id:
		return storage.TeamBacktrace{}, wire.Invalid("id", "it is another than that of the path")
	case !wire.Final(b.Status):
		return storage.TeamBacktrace{}, wire.Invalid("status", "only what is finished can be stored")
	case b.Percentage < 0 || b.Percentage > 100:
		return storage.TeamBacktrace{}, wire.Invalid("percentage_completed", "it must be from 0 to 100")
	case b.Job != "" && !storage.IsID(b.Job):
		return storage.TeamBacktrace{}, wire.Invalid("job.id", "it must be 24 lower-case hex digits")
	case b.CreatedAt < 0 || b.FinishedAt < 0:
		return storage.TeamBacktrace{}, wire.Invalid("created_at", "it must not be negative")
	}
	out := storage.TeamBacktrace{
		ID: id, InputName: b.InputName, ApplicationID: c.app.ID, UserID: c.app.UserID, JobID: b.Job, Status: storage.Status(b.Status),
		Percentage: int(b.Percentage), ErrorMsg: b.ErrorMessage, ErrorCode: b.ErrorCode,
		CreatedAt: keep.Time(b.CreatedAt), FinishedAt: keep.Time(b.FinishedAt),
	}
	return out, keep.Result(&out, b.Extracted, b.Findings)
}

func sameResult(a, b *storage.TeamBacktrace) bool {
	return a.InputName == b.InputName && a.JobID == b.JobID && a.Status == b.Status && a.Percentage == b.Percentage &&
		a.ErrorMsg == b.ErrorMsg && a.ErrorCode == b.ErrorCode && a.FinishedAt.Equal(b.FinishedAt) &&
		bytes.Equal(a.Extracted, b.Extracted) && bytes.Equal(a.Findings, b.Findings)
}

func replaceResult(b, with *storage.TeamBacktrace) {
	b.InputName, b.JobID, b.Status, b.Percentage = with.InputName, with.JobID, with.Status, with.Percentage
	b.ErrorMsg, b.ErrorCode, b.FinishedAt = with.ErrorMsg, with.ErrorCode, with.FinishedAt
	b.Tags, b.Extracted, b.Findings = with.Tags, with.Extracted, with.Findings
}
