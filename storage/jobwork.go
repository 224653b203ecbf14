// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"encoding/json"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// ClaimJob makes this program the holder of a job that waits or is paused. ok is false where it is running, here or
// elsewhere, or has ended.
func (s *Store) ClaimJob(ctx context.Context, id int64) (job Job, ok bool, err error) {
	me, err := s.hold(ctx)
	if err != nil {
		return Job{}, false, err
	}
	err = s.changeJobs(ctx, "beginning a job", func(q riverdriver.Executor) error {
		row, err := jobRow(ctx, q, id)
		if err != nil {
			return err
		}
		if state := jobState(row.State); state != JobWaiting && state != JobPaused {
			job, err = jobFrom(row)
			return err
		}
		begun := now()
		if err := mergeMetadata(ctx, q, id, map[string]any{"asked": ""}); err != nil {
			return err
		}
		row, err = q.JobUpdateFull(ctx, &riverdriver.JobUpdateFullParams{
			ID: id, StateDoUpdate: true, State: rivertype.JobStateRunning, AttemptDoUpdate: true, Attempt: row.Attempt + 1,
			AttemptedAtDoUpdate: true, AttemptedAt: &begun, AttemptedByDoUpdate: true,
			AttemptedBy: lastOf(append(row.AttemptedBy, me), jobHistory), MaxAttemptsDoUpdate: true, MaxAttempts: row.Attempt + 1,
		})
		if err == nil {
			job, err = jobFrom(row)
			ok = true
		}
		return err
	})
	return job, ok, err
}

func lastOf[T any](list []T, n int) []T { return list[max(len(list)-n, 0):] }

// NextJob makes this program the holder of the waiting job of one of the kinds that comes first: by priority, then by
// number. ok is false where none waits.
func (s *Store) NextJob(ctx context.Context, kinds []string) (job Job, ok bool, err error) {
	waiting, err := s.waiting(ctx)
	if err != nil || !waiting {
		return Job{}, false, err
	}
	me, err := s.hold(ctx)
	if err != nil {
		return Job{}, false, err
	}
	begun := now()
	err = s.changeJobs(ctx, "beginning a job", func(q riverdriver.Executor) error {
		got, err := q.JobGetAvailable(ctx, &riverdriver.JobGetAvailableParams{
			ClientID: me, Kind: kinds, MaxAttemptedBy: jobHistory, MaxToLock: 1, Now: &begun, Queue: jobQueue,
		})
		if err != nil || len(got.Jobs) == 0 {
			return err
		}
		job, err = jobFrom(got.Jobs[0])
		ok = err == nil
		return err
	})
	return job, ok, err
}

// waiting looks, without keeping others from writing, whether there is a job at all.
func (s *Store) waiting(ctx context.Context) (some bool, err error) {
	err = s.classify("looking for work", s.read.QueryRowContext(ctx,
		`select exists (select 1 from river_job where state = 'available')`).Scan(&some))
	return some, err
}

// JobWish is what somebody asks of the holder of a job.
type JobWish int

// The wishes.
const (
	JobGoOn   JobWish = iota
	JobPause          // stop, and keep what was done
	JobCancel         // stop for good
	JobLost           // it is not this program's any more
)

// KeepJob stores how far a job of this program is, where progress is not nil, and says what is asked of it.
func (s *Store) KeepJob(ctx context.Context, id int64, progress *JobProgress) (wish JobWish, err error) {
	look := func(q riverdriver.Executor) error {
		row, err := jobRow(ctx, q, id)
		if CodeOf(err) == NotFound { // forgotten with its case
			wish = JobLost
			return nil
		}
		if err == nil {
			wish = s.wish(row)
		}
		return err
	}
	if progress == nil {
		return wish, s.readJobs(ctx, "looking after a job", look)
	}
	return wish, s.changeJobs(ctx, "keeping the progress of a job", func(q riverdriver.Executor) error {
		if err := look(q); err != nil || wish == JobLost {
			return err
		}
		return mergeMetadata(ctx, q, id, map[string]any{"progress": progress})
	})
}

func (s *Store) wish(row *rivertype.JobRow) JobWish {
	if row.State != rivertype.JobStateRunning || holderOf(row) != s.holder.id() {
		return JobLost
	}
	var m jobMetadata
	_ = json.Unmarshal(row.Metadata, &m) // what cannot be read asks for nothing
	switch m.Asked {
	case askPause:
		return JobPause
	case askCancel:
		return JobCancel
	}
	return JobGoOn
}

func mergeMetadata(ctx context.Context, q riverdriver.Executor, id int64, what map[string]any) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	_, err = q.JobUpdate(ctx, &riverdriver.JobUpdateParams{ID: id, MetadataDoMerge: true, Metadata: text})
	return err
}

// TieJob says which backtrace a job of this program works on now. Error: Conflict where the job is not its any more.
func (s *Store) TieJob(ctx context.Context, id int64, backtrace string) error {
	return s.changeJobs(ctx, "tying a backtrace to a job", func(q riverdriver.Executor) error {
		row, err := jobRow(ctx, q, id)
		if err != nil {
			return err
		}
		if s.wish(row) == JobLost {
			return errorf(Conflict, "the job %d was taken over by another program", id)
		}
		return mergeMetadata(ctx, q, id, map[string]any{"backtrace": backtrace})
	})
}

// JobEnd is how the work on a job ended.
type JobEnd struct {
	State  JobState // JobWaiting gives it back to whoever takes it next
	Output any      // of one that is done
	Reason string   // of one that failed, in words
}

// EndJob ends this program's work on a job. A job that is not its any more is left as it is.
func (s *Store) EndJob(ctx context.Context, id int64, end JobEnd) error {
	return s.changeJobs(ctx, "ending a job", func(q riverdriver.Executor) error {
		row, err := jobRow(ctx, q, id)
		if CodeOf(err) == NotFound {
			return nil // forgotten with its case
		}
		if err != nil || s.wish(row) == JobLost {
			return err
		}
		if end.State == JobDone {
			if err := mergeMetadata(ctx, q, id, map[string]any{"output": end.Output}); err != nil {
				return err
			}
		}
		return setJobState(ctx, q, row, end.State, end.Reason)
	})
}

// setJobState moves a job to another state, with the reason why its last attempt ended where there is one.
func setJobState(ctx context.Context, q riverdriver.Executor, row *rivertype.JobRow, to JobState, reason string) error {
	p := riverdriver.JobUpdateFullParams{ID: row.ID, StateDoUpdate: true, State: riverState(to), FinalizedAtDoUpdate: true}
	if to.Ended() {
		ended := now()
		p.FinalizedAt = &ended
	}
	if reason != "" {
		list := make([][]byte, 0, len(row.Errors)+1)
		for _, e := range append(row.Errors, rivertype.AttemptError{At: now(), Attempt: max(row.Attempt, 1), Error: reason}) {
			text, err := json.Marshal(e)
			if err != nil {
				return err
			}
			list = append(list, text)
		}
		p.ErrorsDoUpdate, p.Errors = true, lastOf(list, jobHistory)
	}
	_, err := q.JobUpdateFull(ctx, &p)
	return err
}

// PauseJob lets a job wait until it is resumed. Its holder, if it has one, stops within a second and keeps what was done.
// Errors: NotFound; Conflict for one that has ended.
func (s *Store) PauseJob(ctx context.Context, id int64) (Job, error) {
	return s.ask(ctx, "pausing a job", id, JobPaused, askPause)
}

// CancelJob ends a job for good, and the backtrace that it works on. What it has done so far stays where it is. Errors as of
// PauseJob.
func (s *Store) CancelJob(ctx context.Context, id int64) (Job, error) {
	j, err := s.Job(ctx, id)
	if err != nil || j.Backtrace == "" || (j.State != JobWaiting && j.State != JobPaused) {
		return s.ask(ctx, "cancelling a job", id, JobCancelled, askCancel)
	}
	// Its backtrace goes first, and this program holds the job meanwhile: if it is killed, the next one cancels the rest.
	if _, ok, err := s.ClaimJob(ctx, id); err != nil {
		return j, err
	} else if !ok {
		return j, errorf(Conflict, "the job %d was begun by another program just now: cancel it once more", id)
	}
	if j, err = s.ask(ctx, "cancelling a job", id, JobCancelled, askCancel); err != nil {
		return j, err
	}
	if err := s.CancelBacktrace(ctx, j.Backtrace); err != nil {
		return j, err
	}
	if err := s.EndJob(ctx, id, JobEnd{State: JobCancelled}); err != nil {
		return j, err
	}
	return s.Job(ctx, id)
}

func (s *Store) ask(ctx context.Context, doing string, id int64, to JobState, wish string) (Job, error) {
	return s.turn(ctx, doing, id, func(q riverdriver.Executor, row *rivertype.JobRow) error {
		switch state := jobState(row.State); {
		case state.Ended():
			return errorf(Conflict, "the job %d has ended: it is %s", id, state)
		case state == JobRunning:
			return mergeMetadata(ctx, q, id, map[string]any{"asked": wish})
		}
		return setJobState(ctx, q, row, to, "")
	})
}

// ResumeJob lets a paused job go on: it waits for a program that takes it. Errors: NotFound; Conflict for one that is not
// paused.
func (s *Store) ResumeJob(ctx context.Context, id int64) (Job, error) {
	return s.turn(ctx, "resuming a job", id, func(q riverdriver.Executor, row *rivertype.JobRow) error {
		switch state := jobState(row.State); state {
		case JobPaused:
			return setJobState(ctx, q, row, JobWaiting, "")
		case JobRunning: // what was asked of it is taken back
			return mergeMetadata(ctx, q, id, map[string]any{"asked": ""})
		case JobWaiting:
			return nil
		default:
			return errorf(Conflict, "the job %d has ended: it is %s; retry it instead", id, state)
		}
	})
}

// RetryJob lets a job that failed or was cancelled wait for a program once more; what it had done it keeps. Errors: NotFound;
// Conflict for one that is done or has not ended; Exists where the same was asked for anew meanwhile.
func (s *Store) RetryJob(ctx context.Context, id int64) (Job, error) {
	return s.turn(ctx, "trying a job again", id, func(q riverdriver.Executor, row *rivertype.JobRow) error {
		if state := jobState(row.State); state != JobFailed && state != JobCancelled {
			return errorf(Conflict, "the job %d is %s: those that failed or were cancelled can be tried again", id, state)
		}
		return setJobState(ctx, q, row, JobWaiting, "")
	})
}

// turn changes one job and returns it as it is then.
func (s *Store) turn(
	ctx context.Context, doing string, id int64, f func(riverdriver.Executor, *rivertype.JobRow) error,
) (job Job, err error) {
	err = s.changeJobs(ctx, doing, func(q riverdriver.Executor) error {
		row, err := jobRow(ctx, q, id)
		if err != nil {
			return err
		}
		if err := f(q, row); err != nil {
			return err
		}
		if row, err = jobRow(ctx, q, id); err == nil {
			job, err = jobFrom(row)
		}
		return err
	})
	return job, err
}

// forgetJobs deletes the jobs about a case.
func (s *Store) forgetJobs(ctx context.Context, caseID string) error {
	return s.classify("forgetting the jobs of a case", s.db.forgetJobs(ctx, s.write, caseID))
}

const leftAlone = "the program that worked on it ended without a word"

// FreeJobs lets jobs wait again whose holder is dead, and says how many there were. Whoever is about to work calls it first.
func (s *Store) FreeJobs(ctx context.Context) (freed int, err error) {
	dead, left, err := s.deadHolders(ctx)
	if err != nil || len(dead) == 0 {
		return 0, err
	}
	settled, err := s.cancelLeft(ctx, left)
	if err != nil {
		return 0, err
	}
	err = s.changeJobs(ctx, "taking up the jobs of a program that ended", func(q riverdriver.Executor) error {
		freed = 0
		rows, err := q.JobList(ctx, &riverdriver.JobListParams{Max: maxLimit, OrderByClause: "id", WhereClause: `state = 'running'`})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if !dead[holderOf(row)] {
				continue
			}
			then := afterDeath(row)
			if then == JobCancelled && !settled[row.ID] {
				continue // that was asked for just now; the next time
			}
			if err := setJobState(ctx, q, row, then, leftAlone); err != nil {
				return err
			}
			freed++
		}
		return nil
	})
	if err == nil {
		s.forgetHolders(dead)
	}
	return freed, err
}

// cancelLeft cancels the backtraces of jobs that were to be cancelled when their holder died, and says of which jobs.
func (s *Store) cancelLeft(ctx context.Context, left []Job) (settled map[int64]bool, err error) {
	settled = map[int64]bool{}
	for _, j := range left {
		if j.Asked != askCancel {
			continue
		}
		if j.Backtrace != "" {
			if err := s.CancelBacktrace(ctx, j.Backtrace); err != nil {
				return nil, err
			}
		}
		settled[j.ID] = true
	}
	return settled, nil
}

// afterDeath is what becomes of a job whose holder died: what was asked for, else it waits.
func afterDeath(row *rivertype.JobRow) JobState {
	var m jobMetadata
	_ = json.Unmarshal(row.Metadata, &m) // what cannot be read asks for nothing
	switch m.Asked {
	case askPause:
		return JobPaused
	case askCancel:
		return JobCancelled
	}
	return JobWaiting
}
