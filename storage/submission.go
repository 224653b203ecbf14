// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
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

// AnsweredSubmission returns the submission of the same file for the same question that was begun since a time and has been
// answered; ok is false where there is none.
func (s *Store) AnsweredSubmission(ctx context.Context, u *Submission, since time.Time) (answered Submission, ok bool, err error) {
	err = scanSubmission(&answered, s.read.QueryRowContext(ctx, `select `+submissionColumns+` from submissions where remote_id = $1 and
		sha256 = $2 and pipeline_id = $3 and job_id = $4 and case_id = $5 and done = 1 and created_at >= $6 order by id desc limit 1`,
		u.RemoteID, u.SHA256, u.PipelineID, u.JobID, u.CaseID, since.UnixMilli()).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Submission{}, false, nil
	}
	return answered, err == nil, s.classify("looking for an answer", err)
}

// EndSubmission ends a submission and writes the answer into its case as a note, both or neither. One that has ended already is left
// as it is.
func (s *Store) EndSubmission(ctx context.Context, id, author, answer string) error {
	if err := cmp.Or(checkText("answer", answer, maxNote), checkLine("author", author, maxName)); err != nil {
		return err
	}
	return s.change(ctx, "ending a submission", func(tx *sql.Tx) error {
		var u Submission
		err := scanSubmission(&u, tx.QueryRowContext(ctx, `select `+submissionColumns+` from submissions where id = $1`, id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return errorf(Conflict, "the submission %s was removed meanwhile", id)
		}
		if err != nil || u.Done {
			return err
		}
		if _, err := s.addNote(ctx, tx, Note{CaseID: u.CaseID, Author: author, Text: answer, CreatedAt: now()}); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update submissions set done = 1 where id = $1`, id)
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
