// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Submission is a leak that a remote traces for us.
type Submission struct {
	ID          string
	RemoteID    string
	CaseID      string
	Path        string
	SHA256      string
	PipelineID  string
	JobID       string // title there; "" for whichever it is
	Location    string // of the upload; "" before it has begun
	ObjectKey   string // how the remote calls the upload
	BacktraceID string // there; "" before it was asked for
	Done        bool
	CreatedAt   time.Time
}

const submissionColumns = "id, remote_id, case_id, path, sha256, pipeline_id, job_id, location, object_key, backtrace_id, done, created_at"

func scanSubmission(u *Submission, scan func(...any) error) error {
	var created int64
	err := scan(&u.ID, &u.RemoteID, &u.CaseID, &u.Path, &u.SHA256, &u.PipelineID, &u.JobID, &u.Location, &u.ObjectKey, &u.BacktraceID,
		&u.Done, &created)
	u.CreatedAt = fromMillis(created)
	return err
}

// OpenSubmission returns the submission of the same file for the same question
// that is not done yet, or records it. It sets ID and CreatedAt.
func (s *Store) OpenSubmission(ctx context.Context, u *Submission) error {
	return s.change(ctx, "submitting a leak", func(tx *sql.Tx) error {
		var open Submission
		err := scanSubmission(&open, tx.QueryRowContext(ctx, `select `+submissionColumns+` from submissions where remote_id = $1 and
			sha256 = $2 and pipeline_id = $3 and job_id = $4 and case_id = $5 and done = 0 order by id limit 1`,
			u.RemoteID, u.SHA256, u.PipelineID, u.JobID, u.CaseID).Scan)
		if err == nil {
			*u = open
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		added := *u
		added.CreatedAt = now()
		if added.ID, err = s.nextID(ctx, tx, "submissions"); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, insertInto("submissions", submissionColumns), added.ID, added.RemoteID, added.CaseID, added.Path,
			added.SHA256, added.PipelineID, added.JobID, added.Location, added.ObjectKey, added.BacktraceID, 0, added.CreatedAt.UnixMilli())
		if err == nil {
			*u = added
		}
		return err
	})
}

// SaveSubmission stores how far a submission has come.
func (s *Store) SaveSubmission(ctx context.Context, u Submission) error {
	return s.change(ctx, "submitting a leak", func(tx *sql.Tx) error {
		done := 0
		if u.Done {
			done = 1
		}
		result, err := tx.ExecContext(ctx, `update submissions set location = $1, object_key = $2, backtrace_id = $3, done = $4
			where id = $5`,
			u.Location, u.ObjectKey, u.BacktraceID, done, u.ID)
		return exactlyOne(result, err, "the submission %s was removed meanwhile", u.ID)
	})
}
