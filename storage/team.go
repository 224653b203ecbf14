// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// TeamBacktrace is a backtrace as the API shows it: asked for by an application
// and worked out here, sent by a desktop, or copied from another server.
type TeamBacktrace struct {
	Origin        string // "": served here; else the id of the remote it is a copy from
	ID            string
	InputName     string
	PipelineID    string
	FileID        string
	ApplicationID string
	UserID        string
	JobID         string // title; "" until it is known
	Status        Status
	Percentage    int
	ErrorMsg      string
	ErrorCode     string
	Tags          []string        // that were found; for searching
	Extracted     json.RawMessage // tags and accesses as the API shows them; nil before there is a result
	Findings      json.RawMessage // what it rests on, as the API shows it
	EngineID      string          // the backtrace of the engine that it was worked out by
	CreatedAt     time.Time
	UpdatedAt     time.Time
	FinishedAt    time.Time // zero before
	Version       int64     // from 1, one more with every change
}

const teamColumns = `origin, id, input_name, pipeline_id, file_id, application_id, user_id, job_id, status, percentage, error_msg,
	error_code, extracted, findings, lower_tags, engine_id, created_at, updated_at, finished_at, version`

func scanTeam(b *TeamBacktrace, scan func(...any) error) error {
	var extracted, findings, tags string
	var created, updated, finished int64
	err := scan(&b.Origin, &b.ID, &b.InputName, &b.PipelineID, &b.FileID, &b.ApplicationID, &b.UserID, &b.JobID, &b.Status, &b.Percentage,
		&b.ErrorMsg, &b.ErrorCode, &extracted, &findings, &tags, &b.EngineID, &created, &updated, &finished, &b.Version)
	b.Extracted, b.Findings = rawJSON(extracted), rawJSON(findings)
	if tags != "" {
		b.Tags = strings.Split(tags, "\n")
	}
	b.CreatedAt, b.UpdatedAt, b.FinishedAt = fromMillis(created), fromMillis(updated), fromMillisOrZero(finished)
	return err
}

func (b *TeamBacktrace) values() []any {
	return []any{
		b.Origin, b.ID, b.InputName, b.PipelineID, b.FileID, b.ApplicationID, b.UserID, b.JobID, string(b.Status), b.Percentage, b.ErrorMsg,
		b.ErrorCode, string(b.Extracted), string(b.Findings), strings.ToLower(strings.Join(b.Tags, "\n")), b.EngineID,
		b.CreatedAt.UnixMilli(), b.UpdatedAt.UnixMilli(), millisOrZero(b.FinishedAt), b.Version,
	}
}

func fromMillisOrZero(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMillis(ms)
}

func millisOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func (b *TeamBacktrace) check() error {
	if !IsID(b.ID) {
		return errorf(Invalid, "%q is no id of a backtrace", b.ID)
	}
	switch b.Status {
	case Queued, Processing, Success, Failure, Cancelled:
	default:
		return errorf(Invalid, "%q is not a status", string(b.Status))
	}
	if b.Percentage < 0 || b.Percentage > 100 {
		return errorf(Invalid, "%d is not a percentage", b.Percentage)
	}
	for _, tag := range b.Tags {
		if err := checkLine("tag", tag, maxName); err != nil {
			return err
		}
	}
	return cmp.Or(
		checkText("input name", b.InputName, maxPath),
		checkText("error message", b.ErrorMsg, maxNote),
		checkLine("error code", b.ErrorCode, maxName),
		checkJSON("extracted data", b.Extracted),
		checkJSON("findings", b.Findings),
	)
}

// AddTeamBacktrace records a backtrace. ID and CreatedAt are set where they are
// empty; UpdatedAt is set for what is served here, and kept for a copy. Error: Exists.
func (s *Store) AddTeamBacktrace(ctx context.Context, b *TeamBacktrace) error {
	added := *b
	at := now()
	added.ID, added.Version = cmp.Or(b.ID, NewID()), max(b.Version, 1)
	if added.CreatedAt.IsZero() {
		added.CreatedAt = at
	}
	if added.Origin == "" || added.UpdatedAt.IsZero() {
		added.UpdatedAt = at
	}
	if err := added.check(); err != nil {
		return err
	}
	err := s.change(ctx, "recording a backtrace", func(tx *sql.Tx) (err error) {
		if b.ID == "" {
			if added.ID, err = s.nextID(ctx, tx, "team_backtraces where origin = ''"); err != nil {
				return err
			}
		}
		if _, err := getTeam(ctx, tx, added.Origin, added.ID); CodeOf(err) != NotFound {
			return cmp.Or(err, errorf(Exists, "there is a backtrace %q already", added.ID))
		}
		if err := countTeam(ctx, tx, &added, 1); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, insertInto("team_backtraces", teamColumns), added.values()...)
		return err
	})
	if err == nil {
		*b = added
	}
	return err
}

// countTeam keeps the number of backtraces up to date.
func countTeam(ctx context.Context, tx *sql.Tx, b *TeamBacktrace, delta int) error {
	_, err := tx.ExecContext(ctx, insertInto("team_counts", "origin, user_id, status, n")+
		` on conflict (origin, user_id, status) do update set n = team_counts.n + excluded.n`, b.Origin, b.UserID, string(b.Status), delta)
	return err
}

// TeamBacktrace returns a backtrace. Error: NotFound.
func (s *Store) TeamBacktrace(ctx context.Context, origin, id string) (TeamBacktrace, error) {
	b, err := getTeam(ctx, s.read, origin, id)
	return b, s.classify("looking for a backtrace", err)
}

func getTeam(ctx context.Context, db querier, origin, id string) (TeamBacktrace, error) {
	var b TeamBacktrace
	row := db.QueryRowContext(ctx, `select `+teamColumns+` from team_backtraces where origin = $1 and id = $2`, origin, id)
	err := scanTeam(&b, row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return TeamBacktrace{}, errorf(NotFound, "there is no backtrace %q", id)
	}
	return b, err
}

// ChangeTeamBacktrace lets change alter a backtrace, all in one transaction. Where it reports
// that it altered something the version grows by one, and UpdatedAt too for what is served here.
// It returns the backtrace as it is now, also beside an error of change, which is
// returned as it is. What tell returns for what has changed is stored with the change, so that it is told in any case. Error: NotFound.
func (s *Store) ChangeTeamBacktrace(
	ctx context.Context, origin, id string, change func(*TeamBacktrace) (bool, error), tell ...func(*TeamBacktrace) []Ping,
) (TeamBacktrace, error) {
	var current TeamBacktrace
	var refused error
	err := s.change(ctx, "changing a backtrace", func(tx *sql.Tx) error {
		old, err := getTeam(ctx, tx, origin, id)
		if err != nil {
			return err
		}
		current = old
		changed := old
		altered, err := change(&changed)
		if err != nil || !altered {
			refused = err
			return nil //nolint:nilerr // the caller's error is handed back as it is, below
		}
		changed.Origin, changed.ID = old.Origin, old.ID
		if origin == "" {
			changed.Version = old.Version + 1
			if changed.UpdatedAt = now(); changed.UpdatedAt.Before(old.UpdatedAt) { // the clock was set back
				changed.UpdatedAt = old.UpdatedAt
			}
		}
		if err := changed.check(); err != nil {
			return err
		}
		if err := replaceTeam(ctx, tx, &old, &changed); err != nil {
			return err
		}
		for _, pings := range tell {
			if err := addPings(ctx, tx, pings(&changed)); err != nil {
				return err
			}
		}
		current = changed
		return nil
	})
	return current, cmp.Or(err, refused)
}

func replaceTeam(ctx context.Context, tx *sql.Tx, old, changed *TeamBacktrace) error {
	if old.Status != changed.Status || old.UserID != changed.UserID {
		if err := cmp.Or(countTeam(ctx, tx, old, -1), countTeam(ctx, tx, changed, 1)); err != nil {
			return err
		}
	}
	// SQLite counts parameters as they appear, so the key comes last.
	_, err := tx.ExecContext(ctx, `update team_backtraces set input_name = $1, pipeline_id = $2, file_id = $3, application_id = $4,
		user_id = $5, job_id = $6, status = $7, percentage = $8, error_msg = $9, error_code = $10, extracted = $11, findings = $12,
		lower_tags = $13, engine_id = $14, created_at = $15, updated_at = $16, finished_at = $17, version = $18
		where origin = $19 and id = $20`, append(changed.values()[2:], changed.Origin, changed.ID)...)
	return err
}

// EraseTeamBacktrace deletes a backtrace for good, and with it what the engine
// found for it: its findings and the tag in them. It is no error if there is
// none. Error: Conflict where its evidence lies in a case under legal hold.
func (s *Store) EraseTeamBacktrace(ctx context.Context, origin, id string) error {
	return s.change(ctx, "erasing a backtrace", func(tx *sql.Tx) error {
		b, err := getTeam(ctx, tx, origin, id)
		if CodeOf(err) == NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		var held int64
		err = tx.QueryRowContext(ctx, `select count(*) from backtraces b join evidence e on e.id = b.evidence_id
			join cases c on c.id = e.case_id where b.id = $1 and c.on_hold <> 0`, b.EngineID).Scan(&held)
		if err != nil || held > 0 {
			return cmp.Or(err, errorf(Conflict, "the backtrace %s is under legal hold", id))
		}
		if err := countTeam(ctx, tx, &b, -1); err != nil {
			return err
		}
		for _, statement := range []string{
			`delete from findings where backtrace_id = $1`,
			`delete from checkpoints where backtrace_id = $1`,
			`delete from backtraces where id = $1`,
		} {
			if b.EngineID == "" {
				break
			}
			if _, err := tx.ExecContext(ctx, statement, b.EngineID); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `delete from team_backtraces where origin = $1 and id = $2`, origin, id)
		return err
	})
}
