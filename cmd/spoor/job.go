// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"spoor/api/sync"
	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

type jobCommand struct {
	List   jobList   `cmd:"" help:"List long work: what runs, waits, is paused or has ended."`
	Show   jobShow   `cmd:"" help:"Show a job: what it is about, how far it is, why it failed."`
	Pause  jobPause  `cmd:"" help:"Stop jobs until they are resumed; what is done is kept."`
	Resume jobResume `cmd:"" help:"Let paused jobs go on."`
	Cancel jobCancel `cmd:"" help:"End jobs for good."`
	Retry  jobRetry  `cmd:"" help:"Try jobs again that failed or were cancelled."`
	Run    jobRun    `cmd:"" help:"Do what waits, here, until nothing does."`
}

// Help says what a job is.
func (jobCommand) Help() string {
	return "Traces, copies, titles, imports and syncs are jobs of the home, whichever program asked for them: commands do theirs\n" +
		"at once, spoor serve and the window also do those that wait. What a program that was killed left goes on with the next."
}

// queue is the queue of the home, with all kinds of work.
func (a *app) queue(e *engine.Engine) *job.Queue { return a.queueWith(e, a.term.logger()) }

func (a *app) queueWith(e *engine.Engine, log *slog.Logger) *job.Queue {
	q := job.New(e, job.WithLogger(log))
	sync.Handle(q, e)
	return q
}

// stopped is why work ended that can be gone on with, nil where that is not why.
func stopped(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case err == nil:
		return nil
	case cause != nil:
		return cause
	case errors.Is(err, job.ErrPaused), errors.Is(err, job.ErrCancelled):
		return err
	}
	return nil
}

// jobJSON is a job as programs get it.
type jobJSON struct {
	ID        int64                `json:"id"`
	Kind      string               `json:"kind"`
	Name      string               `json:"name"`
	State     string               `json:"state"`
	Asked     string               `json:"asked,omitempty"` // of its holder: pause or cancel
	Priority  int                  `json:"priority"`
	Attempts  int                  `json:"attempts"`
	Holder    string               `json:"holder"` // the program that works on it, or did last
	Progress  storage.JobProgress  `json:"progress"`
	Reason    string               `json:"reason"` // why it failed the last time
	CreatedAt time.Time            `json:"created_at"`
	BegunAt   *time.Time           `json:"begun_at"`
	EndedAt   *time.Time           `json:"ended_at"`
	Backtrace string               `json:"backtrace,omitempty"` // that a trace works on, or did last
	Args      json.RawMessage      `json:"args,omitempty"`
	Failures  []storage.JobFailure `json:"failures,omitempty"`
	Output    json.RawMessage      `json:"output,omitempty"`
}

func jobOut(j storage.Job) jobJSON {
	return jobJSON{
		ID: j.ID, Kind: j.Kind, Name: j.Name, State: string(j.State), Asked: j.Asked, Priority: j.Priority, Attempts: j.Attempt,
		Holder: j.Holder, Progress: j.Progress, Reason: j.Reason(), CreatedAt: j.Created, BegunAt: j.Begun, EndedAt: j.Ended,
		Backtrace: j.Backtrace,
	}
}

// howFar is the progress of a job in words.
func howFar(j *storage.Job) string {
	p := j.Progress
	switch {
	case j.State == storage.JobFailed:
		return j.Reason()
	case j.State.Ended() || p.Stage == "":
		return ""
	case p.Total <= 0:
		return p.Stage
	}
	text := fmt.Sprintf("%s: %d %%", p.Stage, 100*p.Done/p.Total)
	if p.LeftMS > 0 && j.State == storage.JobRunning {
		text += ", " + left(time.Duration(p.LeftMS)*time.Millisecond) + " left"
	}
	return text
}

func stateWords(j *storage.Job) string {
	if j.Asked != "" {
		return string(j.State) + ", " + j.Asked + " asked for"
	}
	return string(j.State)
}

type jobList struct {
	All   bool `help:"Also those that have ended."`
	Limit int  `default:"100" help:"At most so many, the newest."`
}

// Help is the example.
func (jobList) Help() string {
	return "Jobs that ended are forgotten after 30 days.\n\nExamples:\n  spoor job list\n  spoor job list --all --json"
}

// Run lists jobs.
func (c *jobList) Run(a *app, e *engine.Engine) error {
	if _, err := e.Store().FreeJobs(a.ctx); err != nil { // so that none is shown as running that is not
		return err
	}
	list, err := e.Store().Jobs(a.ctx, storage.JobList{Open: !c.All, Limit: c.Limit})
	if err != nil {
		return err
	}
	out := []jobJSON{}
	var rows table
	rows.add("JOB", "WHAT", "STATE", "ADDED", "ABOUT", "HOW FAR")
	for i := range list {
		j := &list[i]
		out = append(out, jobOut(*j))
		rows.add(strconv.FormatInt(j.ID, 10), j.Kind, stateWords(j), day(j.Created), j.Name, howFar(j))
	}
	switch {
	case len(list) == 0 && !c.All:
		a.say("No job is running or waiting. spoor job list --all shows those that ended.")
	case len(list) == 0:
		a.say("There is no job yet.")
	case !a.json:
		rows.write(a.term.out)
	}
	return a.print(out)
}

type jobShow struct {
	Job int64 `arg:"" help:"Number of the job."`
}

// Help is the example.
func (jobShow) Help() string { return "Example:\n  spoor job show 12" }

// Run shows a job.
func (c *jobShow) Run(a *app, e *engine.Engine) error {
	j, err := e.Store().Job(a.ctx, c.Job)
	if err != nil {
		return err
	}
	out := jobOut(j)
	out.Args, out.Failures, out.Output = j.Args, j.Failures, j.Output
	a.say("job %d: %s of %s, %s", j.ID, j.Kind, safe(j.Name), stateWords(&j))
	if far := howFar(&j); far != "" {
		a.say("    %s", safe(far))
	}
	a.say("    asked for %s, begun %d times, priority %d", utc(j.Created.UnixMilli()), j.Attempt, j.Priority)
	for _, f := range j.Failures {
		a.say("    attempt %d, %s: %s", f.Attempt, utc(f.At.UnixMilli()), safe(f.Reason))
	}
	a.say("    with %s", safe(string(j.Args)))
	return a.print(out)
}

type (
	jobPause struct {
		Jobs []int64 `arg:"" name:"job" help:"Numbers of jobs."`
	}
	jobResume struct {
		Jobs []int64 `arg:"" name:"job" help:"Numbers of jobs."`
	}
	jobCancel struct {
		Jobs []int64 `arg:"" name:"job" help:"Numbers of jobs."`
	}
	jobRetry struct {
		Jobs []int64 `arg:"" name:"job" help:"Numbers of jobs."`
	}
)

// Help is the example.
func (jobPause) Help() string {
	return "A job that runs stops within seconds, whichever program is at it.\n\nExample:\n  spoor job pause 12"
}

// Help is the example.
func (jobResume) Help() string {
	return "It goes on when spoor serve or the window runs, with spoor job run, or with the command that began it.\n\n" +
		"Example:\n  spoor job resume 12"
}

// Help is the example.
func (jobCancel) Help() string { return "Example:\n  spoor job cancel 12 13" }

// Help is the example.
func (jobRetry) Help() string {
	return "It waits then as after spoor job resume; spoor job show says why it failed.\n\nExample:\n  spoor job retry 12"
}

// Run pauses.
func (c *jobPause) Run(a *app, e *engine.Engine) error {
	return a.turnJobs(e, c.Jobs, (*storage.Store).PauseJob)
}

// Run resumes.
func (c *jobResume) Run(a *app, e *engine.Engine) error {
	return a.turnJobs(e, c.Jobs, (*storage.Store).ResumeJob)
}

// Run cancels.
func (c *jobCancel) Run(a *app, e *engine.Engine) error {
	return a.turnJobs(e, c.Jobs, (*storage.Store).CancelJob)
}

// Run tries again.
func (c *jobRetry) Run(a *app, e *engine.Engine) error {
	return a.turnJobs(e, c.Jobs, (*storage.Store).RetryJob)
}

// turnJobs changes jobs one after the other, and shows what they are then.
func (a *app) turnJobs(e *engine.Engine, ids []int64, turn func(*storage.Store, context.Context, int64) (storage.Job, error)) error {
	if _, err := e.Store().FreeJobs(a.ctx); err != nil {
		return err
	}
	out := []jobJSON{}
	for _, id := range ids {
		j, err := turn(e.Store(), a.ctx, id)
		if err != nil {
			return errors.Join(err, a.print(out))
		}
		a.say("job %d, %s of %s: %s", j.ID, j.Kind, safe(j.Name), stateWords(&j))
		out = append(out, jobOut(j))
	}
	return a.print(out)
}

type jobRun struct{}

// Help is the example.
func (jobRun) Help() string {
	return "Exit code 1 if a job failed. Stopped, the job that was running waits for the next program.\n\nExample:\n  spoor job run"
}

// Run does what waits.
func (jobRun) Run(a *app, e *engine.Engine) error {
	out, failed := []jobJSON{}, false
	begun := func(j storage.Job) { a.hint("job %d: %s of %s", j.ID, j.Kind, safe(j.Name)) }
	n, err := a.queue(e).WorkOff(a.ctx, begun, a.progress(), func(j storage.Job) {
		a.term.bar.clear()
		a.say("job %d, %s of %s: %s", j.ID, j.Kind, safe(j.Name), stateWords(&j))
		if j.State == storage.JobFailed {
			failed = true
			fmt.Fprintln(a.term.err, "spoor: job "+strconv.FormatInt(j.ID, 10)+": "+safe(j.Reason()))
		}
		out = append(out, jobOut(j))
	})
	if err != nil {
		return errors.Join(err, a.print(out))
	}
	if n == 0 {
		a.say("Nothing waits.")
	}
	if err := a.print(out); err != nil || !failed {
		return err
	}
	return saidError(exitFailed)
}
