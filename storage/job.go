// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivershared/uniquestates"
	"github.com/riverqueue/river/rivertype"
)

// Long work is a job in River's table river_job of the same database. A job is worked on by one program at a time, the
// holder, which has a lock that the system lets go when the program dies: see jobholder.go. River itself knows no holder,
// so what is asked of its drivers here is what its own client asks of them: to insert, claim, list and update jobs. Jobs are
// no matter of record: what they do is, and that the audit log answers for.

// JobState says how far a job is.
type JobState string

// The states of a job.
const (
	JobWaiting   JobState = "waiting" // for a program that works on it
	JobRunning   JobState = "running"
	JobPaused    JobState = "paused" // until somebody resumes it, or asks for the same once more
	JobDone      JobState = "done"
	JobFailed    JobState = "failed"
	JobCancelled JobState = "cancelled"
)

// Ended says whether nothing comes after this state by itself.
func (s JobState) Ended() bool { return s == JobDone || s == JobFailed || s == JobCancelled }

// River's word for each state.
func riverState(s JobState) rivertype.JobState {
	switch s {
	case JobRunning:
		return rivertype.JobStateRunning
	case JobPaused:
		return rivertype.JobStatePending
	case JobDone:
		return rivertype.JobStateCompleted
	case JobFailed:
		return rivertype.JobStateDiscarded
	case JobCancelled:
		return rivertype.JobStateCancelled
	default:
		return rivertype.JobStateAvailable
	}
}

func jobState(s rivertype.JobState) JobState {
	switch s {
	case rivertype.JobStateRunning:
		return JobRunning
	case rivertype.JobStatePending:
		return JobPaused
	case rivertype.JobStateCompleted:
		return JobDone
	case rivertype.JobStateDiscarded:
		return JobFailed
	case rivertype.JobStateCancelled:
		return JobCancelled
	case rivertype.JobStateAvailable, rivertype.JobStateRetryable, rivertype.JobStateScheduled:
	}
	return JobWaiting
}

// Priorities of jobs: those of a smaller number come first.
const (
	PriorityUrgent = 1
	PriorityNormal = 2
	PriorityLow    = 3
	PriorityLowest = 4
)

const (
	jobQueue      = "default"           // River's name for its only queue
	jobsKept      = 30 * 24 * time.Hour // ended ones
	jobsForgotten = 1000                // at most at once
	jobHistory    = 20                  // holders and failures of one job that are listed
)

// NewJob is a job to be done.
type NewJob struct {
	Kind     string // what is done, such as trace
	Name     string // to what, in words, such as the file's name
	Args     any    // everything that the work depends on, a JSON object; two with the same are one job until it has ended
	Case     string // id of the case that it is about, "" for none: it is forgotten with the case
	Priority int    // 0 is PriorityNormal
}

// JobProgress is how far a job is.
type JobProgress struct {
	Stage  string `json:"stage"` // what is being done, in words
	Done   int64  `json:"done"`  // in a unit of the stage's own
	Total  int64  `json:"total"` // in the same unit; 0 if it is not known
	LeftMS int64  `json:"left_ms"`
}

// JobFailure is why an attempt at a job ended.
type JobFailure struct {
	At      time.Time `json:"at"`
	Attempt int       `json:"attempt"`
	Reason  string    `json:"reason"`
}

// Job is a piece of long work.
type Job struct {
	ID       int64
	Kind     string
	Name     string
	Case     string // id of the case that it is about, "" for none; after a merge the one that took in the case it was asked for
	Args     json.RawMessage
	State    JobState
	Priority int
	Attempt  int    // times that it was begun
	Holder   string // the program that works on it, or did last
	Asked    string // of a running one: pause or cancel, which its holder heeds within a second
	Progress JobProgress
	// Backtrace is the one that a trace works on, or did last; it is cancelled with the job.
	Backtrace string
	Failures  []JobFailure    // the newest last
	Output    json.RawMessage // of one that is done; nil in lists
	Created   time.Time
	Begun     *time.Time
	Ended     *time.Time
}

// Reason is why the last attempt failed, "" if none did.
func (j *Job) Reason() string {
	if len(j.Failures) == 0 {
		return ""
	}
	return j.Failures[len(j.Failures)-1].Reason
}

// jobMetadata is what River keeps for us beside a job.
type jobMetadata struct {
	Name      string          `json:"name"`
	Progress  JobProgress     `json:"progress"`
	Asked     string          `json:"asked"`
	Backtrace string          `json:"backtrace,omitempty"`
	Output    json.RawMessage `json:"output,omitempty"`
}

// What can be asked of the holder of a job.
const (
	askPause  = "pause"
	askCancel = "cancel"
)

func jobFrom(row *rivertype.JobRow) (Job, error) {
	var m jobMetadata
	if err := json.Unmarshal(row.Metadata, &m); err != nil {
		return Job{}, errorf(Damaged, "the job %d cannot be read", row.ID)
	}
	j := Job{
		ID: row.ID, Kind: row.Kind, Name: m.Name, Args: row.EncodedArgs, State: jobState(row.State), Priority: row.Priority,
		Attempt: row.Attempt, Progress: m.Progress, Output: m.Output, Created: row.CreatedAt.UTC(), Ended: row.FinalizedAt,
		Begun: row.AttemptedAt, Holder: holderOf(row), Backtrace: m.Backtrace,
	}
	if len(row.Tags) > 0 {
		j.Case = row.Tags[0]
	}
	if j.State == JobRunning {
		j.Asked = m.Asked
	}
	for _, e := range row.Errors {
		j.Failures = append(j.Failures, JobFailure{At: e.At.UTC(), Attempt: e.Attempt, Reason: e.Error})
	}
	return j, nil
}

// holderOf is the program that worked on a job last.
func holderOf(row *rivertype.JobRow) string {
	if n := len(row.AttemptedBy); n > 0 {
		return row.AttemptedBy[n-1]
	}
	return ""
}

// jobKey is equal for equal work. Args that are equal are written as equal JSON.
func jobKey(kind string, args []byte) []byte {
	sum := sha256.New()
	sum.Write([]byte(kind))
	sum.Write([]byte{0})
	sum.Write(args)
	return sum.Sum(nil)
}

// AddJob asks for work, and returns the job that does it: one that was asked for earlier, and has not ended, if there is one,
// and then added is false.
func (s *Store) AddJob(ctx context.Context, n NewJob) (job Job, added bool, err error) {
	args, err := json.Marshal(n.Args)
	if err != nil {
		return Job{}, false, s.classify("writing down a job", err)
	}
	metadata, err := json.Marshal(jobMetadata{Name: n.Name})
	if err != nil {
		return Job{}, false, s.classify("writing down a job", err)
	}
	if n.Priority = cmp.Or(n.Priority, PriorityNormal); n.Priority < PriorityUrgent || n.Priority > PriorityLowest {
		return Job{}, false, errorf(Invalid, "there is no priority %d: %d comes first, %d last", n.Priority, PriorityUrgent, PriorityLowest)
	}
	tags := []string{}
	if n.Case != "" {
		tags = append(tags, n.Case)
	}
	created, due := now(), jobDue()
	err = s.changeJobs(ctx, "asking for work", func(q riverdriver.Executor) error {
		if err := forgetOldJobs(ctx, q); err != nil {
			return err
		}
		rows, err := q.JobInsertFastMany(ctx, &riverdriver.JobInsertFastManyParams{Jobs: []*riverdriver.JobInsertFastParams{{
			Kind: n.Kind, EncodedArgs: args, Metadata: metadata, Priority: n.Priority, Queue: jobQueue, Tags: tags, MaxAttempts: 1,
			CreatedAt: &created, ScheduledAt: &due, State: rivertype.JobStateAvailable, UniqueKey: jobKey(n.Kind, args),
			UniqueStates: uniquestates.UniqueStatesToBitmask([]rivertype.JobState{
				rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning,
				rivertype.JobStateScheduled,
			}),
		}}})
		if err != nil {
			return err
		}
		added = !rows[0].UniqueSkippedAsDuplicate
		job, err = jobFrom(rows[0].Job)
		return err
	})
	return job, added, err
}

// jobDue is a time that is over by every clock: a job may be begun at once, even if the clock is set back.
func jobDue() time.Time { return time.Unix(0, 0).UTC() }

// forgetOldJobs deletes jobs that ended long ago.
func forgetOldJobs(ctx context.Context, q riverdriver.Executor) error {
	horizon := now().Add(-jobsKept)
	_, err := q.JobDeleteBefore(ctx, &riverdriver.JobDeleteBeforeParams{
		CancelledDoDelete: true, CancelledFinalizedAtHorizon: horizon, CompletedDoDelete: true, CompletedFinalizedAtHorizon: horizon,
		DiscardedDoDelete: true, DiscardedFinalizedAtHorizon: horizon, Max: jobsForgotten,
	})
	return err
}

// Job returns a job.
func (s *Store) Job(ctx context.Context, id int64) (job Job, err error) {
	err = s.readJobs(ctx, "reading a job", func(q riverdriver.Executor) error {
		row, err := jobRow(ctx, q, id)
		if err == nil {
			job, err = jobFrom(row)
		}
		return err
	})
	return job, err
}

func jobRow(ctx context.Context, q riverdriver.Executor, id int64) (*rivertype.JobRow, error) {
	row, err := q.JobGetByID(ctx, &riverdriver.JobGetByIDParams{ID: id})
	if errors.Is(err, rivertype.ErrNotFound) {
		return nil, errorf(NotFound, "there is no job %d", id)
	}
	return row, err
}

// JobList says which jobs are wanted.
type JobList struct {
	Open    bool  // those only that have not ended
	Running bool  // those only that a program works on
	Before  int64 // those with a smaller number; 0: from the newest on
	Limit   int   // as in Page
}

// Jobs lists jobs, the newest first.
func (s *Store) Jobs(ctx context.Context, l JobList) (list []Job, err error) {
	where, named := "true", map[string]any{}
	if l.Open {
		where = `state not in ('completed', 'cancelled', 'discarded')`
	}
	if l.Running {
		where = `state = 'running'`
	}
	if l.Before > 0 {
		where += ` and id < @before`
		named["before"] = l.Before
	}
	err = s.readJobs(ctx, "listing jobs", func(q riverdriver.Executor) error {
		list, err = listJobs(ctx, q, where, named, Page{Limit: l.Limit}.limit())
		return err
	})
	return list, err
}

// WaitingJobs counts the jobs that wait to be begun.
func (s *Store) WaitingJobs(ctx context.Context) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `select count(*) from river_job where state = 'available'`).Scan(&n)
	return n, s.classify("counting jobs", err)
}

func listJobs(ctx context.Context, q riverdriver.Executor, where string, named map[string]any, limit int) ([]Job, error) {
	rows, err := q.JobList(ctx, &riverdriver.JobListParams{
		Max: int32(limit), NamedArgs: named, OrderByClause: "id desc", WhereClause: where,
	})
	if err != nil {
		return nil, err
	}
	list := make([]Job, 0, len(rows))
	for _, row := range rows {
		j, err := jobFrom(row)
		if err != nil {
			return nil, err
		}
		j.Output = nil
		list = append(list, j)
	}
	return list, nil
}

// changeJobs runs one change of jobs as one transaction, the only one in all programs.
func (s *Store) changeJobs(ctx context.Context, doing string, f func(riverdriver.Executor) error) error {
	return s.classify(doing, s.db.jobs(ctx, s.write, f))
}

// readJobs looks at jobs.
func (s *Store) readJobs(ctx context.Context, doing string, f func(riverdriver.Executor) error) error {
	return s.classify(doing, s.db.readJobs(ctx, s.read, f))
}
