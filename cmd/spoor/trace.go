// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

type traceCommand struct {
	Leaks   []string `arg:"" optional:"" name:"leak" help:"Suspect videos, pictures or PDFs, or folders of them."`
	Case    string   `help:"Case that they belong to, id or name (default: inbox)." placeholder:"C"`
	Title   string   `help:"Try this title only, id or name (default: all)." placeholder:"T"`
	Method  string   `enum:"auto,blind,informed" default:"auto" help:"informed: against the original; blind: without it; auto: both."`
	Full    bool     `help:"Read all of it, instead of stopping when the answer is certain."`
	InPlace bool     `help:"Leave the leaks where they lie instead of copying them into the vault."`

	Evidence []string `help:"Trace evidence again that came in before, by its id." placeholder:"ID"`

	caseID string // of Case
}

// Help is the example.
func (traceCommand) Help() string {
	return "The files are only read. A tag is named if the probability of a coincidence, after all corrections, is at\n" +
		"most 1 in 10^9; else nobody is named. The method auto finds the title and compares the leak with its reference,\n" +
		"which reads the most damaged leaks; where that does not settle it, it works from the mark alone (blind).\n" +
		"A folder means all files in it and below, without hidden files and links.\n" +
		"Exit code 0: something found, 1: failed, 3: nothing certain found.\n\nExamples:\n" +
		"  spoor trace leak.mp4\n  spoor trace evidence/ --case \"Festival leak\" --json"
}

func (c *traceCommand) check(*app) error {
	if len(c.Leaks)+len(c.Evidence) == 0 {
		return usageError("name the leaks to trace, or evidence with --evidence")
	}
	return nil
}

// Run traces leaks.
func (c *traceCommand) Run(a *app, e *engine.Engine) error {
	if err := c.known(a, e); err != nil {
		return err
	}
	a.term.registered = func(title, tag string) (storage.Tag, error) { return e.Tag(a.ctx, title, tag) }
	leaks, unread := engine.FindLeaks(c.Leaks)
	run := tracing{a: a, results: []engine.TraceResult{}, tally: map[string]int{}}
	for _, u := range unread {
		run.add(c.failed(u.Path, u.Err))
	}
	q := a.queue(e)
	for _, id := range c.Evidence {
		r, err := c.outcome(id)(c.evidence(a, e, q, id))
		if cause := stopped(a.ctx, err); cause != nil {
			return errors.Join(cause, a.print(run.results))
		}
		run.add(r)
	}
	for _, leak := range leaks {
		r, err := c.outcome(leak.Path)(c.leak(a, e, q, leak.Path))
		if cause := stopped(a.ctx, err); cause != nil {
			return errors.Join(cause, a.print(run.results))
		}
		if err != nil && leak.Foreign(err) {
			a.term.bar.clear()
			fmt.Fprintln(a.term.err, "spoor: passed over "+safe(leak.Path)+": "+safe(words(err)))
			continue
		}
		run.add(r)
	}
	a.stamped(e)
	return run.end()
}

// tracing collects the results of a run.
type tracing struct {
	a       *app
	results []engine.TraceResult
	tally   map[string]int // verdicts
}

// add takes in a result, and shows it to people.
func (t *tracing) add(r engine.TraceResult) {
	t.tally[r.Verdict]++
	t.results = append(t.results, r)
	t.a.term.bar.clear()
	if r.Error != nil {
		fmt.Fprintln(t.a.term.err, "spoor: "+safe(r.Leak)+": "+safe(*r.Error))
	}
	if t.a.json {
		return
	}
	if len(t.results) > 1 {
		t.a.say("")
	}
	showResult(t.a.term.out, t.a.term, &r)
}

// end prints the results for programs and gives the exit code.
func (t *tracing) end() error {
	if err := t.a.print(t.results); err != nil {
		return err
	}
	switch {
	case len(t.results) == 0:
		return errors.New("nothing to trace was found: no video, picture or PDF")
	case t.tally["found"] > 0:
		return nil
	case t.tally["failed"] > 0:
		return saidError(exitFailed)
	}
	return saidError(exitUncertain)
}

// leak traces a file or folder.
func (c *traceCommand) leak(a *app, e *engine.Engine, q *job.Queue, leak string) (engine.TraceResult, error) {
	path, err := filepath.Abs(leak)
	if err != nil {
		return engine.TraceResult{}, err
	}
	args := job.Trace{Leak: path, Case: c.caseID, Title: c.Title, Method: c.Method, Full: c.Full, InPlace: c.InPlace}
	r, err := job.Do(a.ctx, q, args.Job(), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) (engine.TraceResult, error) {
			return e.Trace(ctx, c.options(ctx, e, report, leak))
		})
	if r.Leak == path { // another program was at it
		r.Leak = leak
	}
	return r, err
}

// evidence traces an exhibit again.
func (c *traceCommand) evidence(a *app, e *engine.Engine, q *job.Queue, id string) (engine.TraceResult, error) {
	args := job.Trace{Evidence: id, Title: c.Title, Method: c.Method, Full: c.Full}
	if x, err := e.Exhibit(a.ctx, id); err == nil { // else the trace says what is wrong
		args.Case = x.CaseID
	}
	return job.Do(a.ctx, q, args.Job(), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) (engine.TraceResult, error) {
			return e.TraceEvidence(ctx, id, c.options(ctx, e, report))
		})
}

// known refuses names that do not exist before the first leak is taken in.
func (c *traceCommand) known(a *app, e *engine.Engine) error {
	into, err := e.Case(a.ctx, cmp.Or(c.Case, storage.Inbox))
	if err != nil {
		return err
	}
	c.caseID = into.ID
	if c.Title != "" {
		if _, err := e.Title(a.ctx, c.Title); err != nil {
			return err
		}
	}
	return nil
}

// options are those of the command line, for a leak.
func (c *traceCommand) options(ctx context.Context, e *engine.Engine, report func(engine.Progress), leak ...string) engine.TraceOptions {
	o := engine.TraceOptions{
		Case: c.Case, Title: c.Title, Method: c.Method, Full: c.Full, InPlace: c.InPlace, Progress: report,
		Begun: job.Tie(ctx, e), Since: job.Since(ctx),
	}
	if len(leak) > 0 {
		o.Leak = leak[0]
	}
	return o
}

// outcome makes what is wrong with a leak part of its result.
func (c *traceCommand) outcome(leak string) func(engine.TraceResult, error) (engine.TraceResult, error) {
	return func(r engine.TraceResult, err error) (engine.TraceResult, error) {
		if err == nil {
			return r, nil
		}
		failed := c.failed(leak, err)
		if r.Findings == nil {
			return failed, err
		}
		r.Leak, r.Verdict, r.Error = leak, failed.Verdict, failed.Error
		return r, err
	}
}

// failed is the result of what could not be read.
func (*traceCommand) failed(path string, err error) engine.TraceResult {
	text := words(err)
	return engine.TraceResult{
		Leak: path, Verdict: "failed", Error: &text, Findings: []engine.TraceFinding{}, Tried: []string{},
		ThresholdLog10P: engine.ThresholdLog10P,
	}
}
