// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"
)

// Status says how far a backtrace has come, in the API's words.
type Status string

// The statuses. The last three are final.
const (
	Queued     Status = "QUEUED"
	Processing Status = "PROCESSING"
	Success    Status = "SUCCESS"
	Failure    Status = "FAILURE"
	Cancelled  Status = "CANCELLED"
)

// Final says whether nothing comes after this status.
func (s Status) Final() bool { return s == Success || s == Failure || s == Cancelled }

// Verdict is the answer of a backtrace.
type Verdict string

// The verdicts; NoVerdict before there is one.
const (
	NoVerdict    Verdict = ""
	Found        Verdict = "found"        // tags named
	Marked       Verdict = "marked"       // a mark of ours, recipient unreadable
	Inconclusive Verdict = "inconclusive" // traces, under the threshold
	None         Verdict = "none"         // no mark with these keys
	Failed       Verdict = "failed"       // could not be traced
)

// Backtrace is one run of the engine over one piece of evidence.
type Backtrace struct {
	ID         string
	EvidenceID string
	TitleID    string // "" until a title is known
	Method     string
	Status     Status
	Verdict    Verdict
	Percentage int // done, 0..100
	ErrorMsg   string
	ErrorCode  string
	Params     json.RawMessage // what it was started with
	ParamsHash string          // set by AddBacktrace: HashParams(Params)
	Versions   json.RawMessage // of the program and all it used
	BestScore  float64         // of all tags, named or not
	FramesUsed int64
	VideoMS    int64 // length of the leak
	ElapsedMS  int64
	Threshold  float64 // log10 of the probability under which a tag is named
	CreatedAt  time.Time
	UpdatedAt  time.Time
	FinishedAt *time.Time      // nil before
	Version    int64           // from 1, one more with every change
	Record     json.RawMessage // all that came out; only FinishBacktrace writes it and only [Store.Record] reads it
}

// HashParams returns the SHA-256 of parameters, in hex: equal for equal bytes.
func HashParams(params json.RawMessage) string {
	sum := sha256.Sum256(params)
	return hex.EncodeToString(sum[:])
}

const backtraceColumns = `id, evidence_id, title_id, method, status, verdict, percentage, error_msg, error_code, params, params_hash,
	versions, best_score, frames_used, video_ms, elapsed_ms, threshold, created_at, updated_at, finished_at, version`

const selectBacktraces = `select ` + backtraceColumns + ` from backtraces where `

func scanBacktrace(b *Backtrace, scan func(...any) error) error {
	var params, versions string
	var created, updated int64
	var finished sql.NullInt64
	err := scan(&b.ID, &b.EvidenceID, &b.TitleID, &b.Method, &b.Status, &b.Verdict, &b.Percentage, &b.ErrorMsg, &b.ErrorCode,
		&params, &b.ParamsHash,
		&versions, &b.BestScore, &b.FramesUsed, &b.VideoMS, &b.ElapsedMS, &b.Threshold, &created, &updated, &finished, &b.Version)
	b.Params, b.Versions = rawJSON(params), rawJSON(versions)
	b.CreatedAt, b.UpdatedAt, b.FinishedAt = fromMillis(created), fromMillis(updated), fromMillisOrNil(finished)
	return err
}

func (b *Backtrace) check() error {
	if b.Percentage < 0 || b.Percentage > 100 {
		return errorf(Invalid, "%d is not a percentage", b.Percentage)
	}
	switch b.Verdict {
	case NoVerdict, Found, Marked, Inconclusive, None, Failed:
	default:
		return errorf(Invalid, "%q is not a verdict", string(b.Verdict))
	}
	return cmp.Or(
		checkLine("method", b.Method, maxName),
		checkText("error message", b.ErrorMsg, maxNote),
		checkLine("error code", b.ErrorCode, maxName),
		checkJSON("parameters", b.Params),
		checkJSON("versions", b.Versions),
		checkNumbers("backtrace", b.BestScore, b.Threshold),
	)
}

// AddBacktrace records a backtrace that is to be run. It sets ID, Status (Queued
// unless it is Processing), ParamsHash, the times and Version.
func (s *Store) AddBacktrace(ctx context.Context, b *Backtrace) error {
	added := *b
	added.Status, added.ParamsHash = cmp.Or(b.Status, Queued), HashParams(b.Params)
	added.CreatedAt, added.FinishedAt, added.Version = now(), nil, 1
	added.UpdatedAt = added.CreatedAt
	if err := cmp.Or(added.check(), added.checkOpen()); err != nil {
		return err
	}
	err := s.change(ctx, "recording a backtrace", func(tx *sql.Tx) error {
		e, err := getEvidence(ctx, tx, added.EvidenceID)
		if err != nil {
			return err
		}
		if err := touchCase(ctx, tx, e.CaseID, added.CreatedAt); err != nil {
			return err
		}
		if added.ID, err = s.nextID(ctx, tx, "backtraces"); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, insertInto("backtraces", backtraceColumns),
			added.ID, added.EvidenceID, added.TitleID, added.Method, string(added.Status), string(added.Verdict), added.Percentage,
			added.ErrorMsg, added.ErrorCode, string(added.Params), added.ParamsHash, string(added.Versions), added.BestScore,
			added.FramesUsed, added.VideoMS, added.ElapsedMS, added.Threshold, added.CreatedAt.UnixMilli(), added.UpdatedAt.UnixMilli(),
			millisOrNull(added.FinishedAt), added.Version)
		return err
	})
	if err == nil {
		*b = added
	}
	return err
}

func (b *Backtrace) checkOpen() error {
	if b.Status != Queued && b.Status != Processing {
		return errorf(Invalid, "a backtrace cannot be %q before it is finished", string(b.Status))
	}
	return nil
}

// UpdateBacktrace stores a changed backtrace that is not finished (Queued or
// Processing). b.Version must be what was read last: where another program has changed it meanwhile, or it is
// finished, the error is Conflict, and who gets it stops working on it. It
// sets UpdatedAt and Version. EvidenceID, Params and CreatedAt never change.
func (s *Store) UpdateBacktrace(ctx context.Context, b *Backtrace) error {
	if err := cmp.Or(b.check(), b.checkOpen()); err != nil {
		return err
	}
	changed := *b
	changed.FinishedAt = nil
	err := s.change(ctx, "storing a backtrace", func(tx *sql.Tx) error { return updateBacktrace(ctx, tx, &changed) })
	if err == nil {
		*b = changed
	}
	return err
}

// FinishBacktrace stores the outcome, with b.Status Success, Failure or
// Cancelled, and the findings, and deletes the checkpoint, all in one. It sets
// UpdatedAt, FinishedAt and Version. Conflict as in [Store.UpdateBacktrace].
func (s *Store) FinishBacktrace(ctx context.Context, b *Backtrace, findings []Finding) error {
	if !b.Status.Final() {
		return errorf(Invalid, "a backtrace cannot be %q when it is finished", string(b.Status))
	}
	if len(findings) > 0 && b.Status != Success {
		return errorf(Invalid, "a backtrace that is %q cannot have findings", string(b.Status))
	}
	err := cmp.Or(b.check(), checkJSON("record of a backtrace", b.Record))
	for i := range findings {
		err = cmp.Or(err, findings[i].check())
	}
	if err != nil {
		return err
	}
	changed := *b
	err = s.change(ctx, "storing the outcome of a backtrace", func(tx *sql.Tx) error {
		return finishBacktrace(ctx, tx, &changed, findings)
	})
	if err == nil {
		*b = changed
	}
	return err
}

func finishBacktrace(ctx context.Context, tx *sql.Tx, b *Backtrace, findings []Finding) error {
	at := now()
	b.FinishedAt = &at
	if err := updateBacktrace(ctx, tx, b); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `delete from checkpoints where backtrace_id = $1`, b.ID); err != nil {
		return err
	}
	if err := insertFindings(ctx, tx, b.ID, findings); err != nil {
		return err
	}
	if err := insertRecord(ctx, tx, b.ID, b.Record); err != nil {
		return err
	}
	e, err := getEvidence(ctx, tx, b.EvidenceID)
	if err != nil {
		return err
	}
	return touchCase(ctx, tx, e.CaseID, at)
}

// CancelBacktrace ends a backtrace that is not finished, whoever works on it. One that is finished, or was removed, is left
// as it is.
func (s *Store) CancelBacktrace(ctx context.Context, id string) error {
	return s.change(ctx, "cancelling a backtrace", func(tx *sql.Tx) error {
		b, err := getBacktrace(ctx, tx, id)
		if CodeOf(err) == NotFound || b.Status.Final() {
			return nil
		}
		if err != nil {
			return err
		}
		b.Status = Cancelled
		return finishBacktrace(ctx, tx, &b, nil)
	})
}

func updateBacktrace(ctx context.Context, tx *sql.Tx, b *Backtrace) error {
	old, err := getBacktrace(ctx, tx, b.ID)
	if err != nil {
		return err
	}
	switch {
	case old.Status.Final():
		return errorf(Conflict, "the backtrace %s is finished (%s)", b.ID, old.Status)
	case old.Version != b.Version:
		return errorf(Conflict, "the backtrace %s was changed by another program (version %d, here %d)", b.ID, old.Version, b.Version)
	}
	b.EvidenceID, b.Params, b.ParamsHash, b.CreatedAt = old.EvidenceID, old.Params, old.ParamsHash, old.CreatedAt
	b.Version++
	if b.UpdatedAt = now(); b.UpdatedAt.Before(old.UpdatedAt) { // the clock was set back
		b.UpdatedAt = old.UpdatedAt
	}
	_, err = tx.ExecContext(ctx, `update backtraces set title_id = $1, method = $2, status = $3, verdict = $4, percentage = $5,
		error_msg = $6, error_code = $7, versions = $8, best_score = $9, frames_used = $10, video_ms = $11, elapsed_ms = $12,
		threshold = $13, updated_at = $14, finished_at = $15, version = $16 where id = $17`,
		b.TitleID, b.Method, string(b.Status), string(b.Verdict), b.Percentage, b.ErrorMsg, b.ErrorCode, string(b.Versions), b.BestScore,
		b.FramesUsed, b.VideoMS, b.ElapsedMS, b.Threshold, b.UpdatedAt.UnixMilli(), millisOrNull(b.FinishedAt), b.Version, b.ID)
	return err
}

// Backtrace returns a backtrace by its id. Error: NotFound.
func (s *Store) Backtrace(ctx context.Context, id string) (Backtrace, error) {
	b, err := getBacktrace(ctx, s.read, id)
	return b, s.classify("looking for a backtrace", err)
}

func getBacktrace(ctx context.Context, db querier, id string) (Backtrace, error) {
	var b Backtrace
	err := scanBacktrace(&b, db.QueryRowContext(ctx, selectBacktraces+`id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Backtrace{}, errorf(NotFound, "there is no backtrace %q", id)
	}
	return b, err
}

// Backtraces lists all backtraces.
func (s *Store) Backtraces(ctx context.Context, p Page) ([]Backtrace, error) {
	return s.backtraces(ctx, `id > $1 order by id limit $2`, p.After, p.limit())
}

// BacktracesOfEvidence lists the backtraces of an exhibit.
func (s *Store) BacktracesOfEvidence(ctx context.Context, evidenceID string, p Page) ([]Backtrace, error) {
	return s.backtraces(ctx, `evidence_id = $1 and id > $2 order by id limit $3`, evidenceID, p.After, p.limit())
}

// BacktracesOfCase lists the backtraces of all evidence in a case.
func (s *Store) BacktracesOfCase(ctx context.Context, caseID string, p Page) ([]Backtrace, error) {
	return s.backtraces(ctx, `evidence_id in (select id from evidence where case_id = $1) and id > $2 order by id limit $3`,
		caseID, p.After, p.limit())
}

// BacktracesByStatus lists the backtraces that have a status.
func (s *Store) BacktracesByStatus(ctx context.Context, status Status, p Page) ([]Backtrace, error) {
	return s.backtraces(ctx, `status = $1 and id > $2 order by id limit $3`, string(status), p.After, p.limit())
}

func (s *Store) backtraces(ctx context.Context, where string, args ...any) ([]Backtrace, error) {
	list, err := collect(ctx, s.read, scanBacktrace, selectBacktraces+``+where, args...)
	return list, s.classify("listing backtraces", err)
}
