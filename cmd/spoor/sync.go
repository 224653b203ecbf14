// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"errors"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"spoor/api/client"
	"spoor/api/keep"
	"spoor/api/sync"
	"spoor/api/wire"
	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

type syncCommand struct {
	Remote string `arg:"" optional:"" help:"Id or name (default: the only one)."`
	Ours   string `help:"Decide a conflict: the server gets what is here." placeholder:"BACKTRACE"`
	Theirs string `help:"Decide a conflict: what the server has stays there." placeholder:"BACKTRACE"`
}

// Help is the example.
func (syncCommand) Help() string {
	return "Sends the results of this home to a server, and copies what the server has. No evidence leaves this machine: for\n" +
		"that there is spoor submit. Where both sides changed a result both are kept and shown here, until --ours or\n" +
		"--theirs decides. Exit code 1 while there are conflicts.\n\n" +
		"Examples:\n  spoor sync\n  spoor sync team.example --ours 552b87a814eab3a29d1b3d90"
}

// syncJSON is what a sync did.
type syncJSON struct {
	Remote    string         `json:"remote"`
	Pushed    sync.Pushed    `json:"pushed"`
	Mirrored  sync.Mirrored  `json:"mirrored"`
	Conflicts []conflictJSON `json:"conflicts"`
}

// conflictJSON is a result that both sides have changed.
type conflictJSON struct {
	Backtrace string          `json:"backtrace"`
	Version   int64           `json:"version"` // there
	Ours      []string        `json:"ours"`    // tags
	Theirs    json.RawMessage `json:"theirs"`
}

// Run sends and copies.
func (c *syncCommand) Run(a *app) error {
	return a.withRemote(c.Remote, func(e *engine.Engine, r *sync.Remote) error { return c.run(a, e, r) })
}

// run settles a conflict, if asked to, and then sends and copies.
func (c *syncCommand) run(a *app, e *engine.Engine, r *sync.Remote) error {
	if c.Ours != "" && c.Theirs != "" {
		return usageError("--ours and --theirs decide one conflict each: use one of them")
	}
	if id := c.Ours + c.Theirs; id != "" {
		entry, err := sync.Resolve(a.ctx, r, id, c.Ours != "")
		if err != nil {
			return err
		}
		if entry.State == storage.OutboxConflict {
			return errors.New("the server has changed it once more: look at it again")
		}
	}
	out := syncJSON{Remote: r.Name, Conflicts: []conflictJSON{}}
	both, err := job.Do(a.ctx, a.queue(e), r.Job(), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) (sync.Both, error) {
			return sync.PushAndMirror(ctx, r, report)
		})
	if err != nil {
		return unreached(r, err)
	}
	out.Pushed, out.Mirrored = both.Pushed, both.Mirrored
	if out.Conflicts, err = conflicts(a, r); err != nil {
		return err
	}
	a.say("sent %d, copied %d of %s, removed %d", out.Pushed.Sent, out.Mirrored.Changed, grouped(out.Mirrored.Total), out.Mirrored.Removed)
	if out.Pushed.Refused > 0 {
		a.warn("%d results are not taken by %s", out.Pushed.Refused, r.Name)
	}
	for _, x := range out.Conflicts {
		a.say("conflict %s: here %s, there (version %d) %s", x.Backtrace, strings.Join(x.Ours, ", "), x.Version, theirTags(x.Theirs))
	}
	if err := a.print(out); err != nil || len(out.Conflicts) == 0 {
		return err
	}
	a.hint("spoor sync --ours ID or --theirs ID decides; both are kept here")
	return saidError(exitFailed)
}

// unreached says what a failure in between means.
func unreached(r *sync.Remote, err error) error {
	if client.StatusOf(err) != 0 {
		return errors.Join(errors.New("the server "+r.Name+" refuses"), err)
	}
	return err
}

// conflicts lists what has to be decided.
func conflicts(a *app, r *sync.Remote) ([]conflictJSON, error) {
	list, err := r.Store.OutboxByState(a.ctx, r.ID, storage.OutboxConflict)
	out := []conflictJSON{}
	for _, entry := range list {
		x := conflictJSON{Backtrace: entry.BacktraceID, Version: entry.Version, Ours: []string{}, Theirs: entry.Theirs}
		found, err := r.Store.Findings(a.ctx, entry.BacktraceID)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			x.Ours = append(x.Ours, f.TagText)
		}
		out = append(out, x)
	}
	return out, err
}

func theirTags(raw json.RawMessage) string {
	t, err := wire.ParseJSON(strings.NewReader(string(raw)))
	if err != nil {
		return ""
	}
	b, err := wire.ReadBacktrace(t)
	if err != nil {
		return ""
	}
	var tags []string
	for _, e := range b.Extracted {
		tags = append(tags, e.Tag)
	}
	return strings.Join(tags, ", ")
}

type mirrorCommand struct {
	Remote string `arg:"" optional:"" help:"Id or name (default: the only one)."`
	All    bool   `help:"Look at everything, also for what was erased there; happens once a day by itself."`
	List   bool   `help:"Show what was copied, without asking the server."`
	Tag    string `help:"With --list: only those with a tag that contains this." placeholder:"TEXT"`
	Limit  int64  `default:"100" help:"With --list: at most so many."`
}

// Help is the example.
func (mirrorCommand) Help() string {
	return "Copies what a server has, ours or the original service, to be read and searched here. Nothing is changed there, and\n" +
		"the copies are never changed here.\n\nExamples:\n  spoor mirror\n  spoor mirror --list --tag alice"
}

// mirroredJSON is a copy as programs get it.
type mirroredJSON struct {
	ID        string   `json:"id"`
	Remote    string   `json:"remote"`
	InputName string   `json:"input_name"`
	Status    string   `json:"status"`
	Tags      []string `json:"tags"`
	Verdict   string   `json:"verdict"`
	CreatedAt int64    `json:"created_at"`
	UpdatedAt int64    `json:"updated_at"`
	Version   int64    `json:"version"`
}

// Run copies, or shows copies.
func (c *mirrorCommand) Run(a *app) error {
	return a.withRemote(c.Remote, func(e *engine.Engine, r *sync.Remote) error { return c.run(a, e, r) })
}

// run copies from one server, or shows what was copied from it.
func (c *mirrorCommand) run(a *app, e *engine.Engine, r *sync.Remote) error {
	if c.List {
		return c.show(a, r)
	}
	m, err := job.Do(a.ctx, a.queue(e), r.MirrorJob(c.All), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) (sync.Mirrored, error) {
			return sync.MirrorWith(ctx, r, c.All, report)
		})
	if err != nil {
		return unreached(r, err)
	}
	a.say("copied %d of %s, removed %d", m.Changed, grouped(m.Total), m.Removed)
	return a.print(m)
}

// show lists what was copied, newest first.
func (c *mirrorCommand) show(a *app, r *sync.Remote) error {
	list, total, err := r.Store.TeamBacktraces(a.ctx, storage.TeamQuery{
		Origin: r.ID, Tag: c.Tag, Sort: "created_at", Descending: true, Slice: storage.Slice{Limit: max(c.Limit, 1)},
	})
	if err != nil {
		return err
	}
	all := []mirroredJSON{}
	var rows table
	rows.add("ID", "INPUT", "STATUS", "TAGS", "MADE")
	for i := range list {
		b, err := keep.View(&list[i])
		if err != nil {
			return err
		}
		f, err := keep.Findings(&list[i])
		if err != nil {
			return err
		}
		tags := []string{}
		for _, x := range b.Extracted {
			tags = append(tags, x.Tag)
		}
		all = append(all, mirroredJSON{b.ID, r.Name, b.InputName, b.Status, tags, f.Verdict, b.CreatedAt, b.UpdatedAt, b.Version})
		rows.add(b.ID, b.InputName, b.Status, strings.Join(tags, ", "), day(list[i].CreatedAt))
	}
	if !a.json {
		rows.write(a.term.out)
	}
	if left := total - int64(len(list)); left > 0 {
		a.hint("%s more: --limit shows more of them", grouped(left))
	}
	return a.print(all)
}

type submitCommand struct {
	Leak     string `arg:"" help:"The file to send."`
	Remote   string `help:"Id or name of the server (default: the only one)." placeholder:"R"`
	Case     string `help:"Case that the answer is written into, id or name (default: inbox)." placeholder:"C"`
	Job      string `help:"Id of the title there (default: whichever it is)." placeholder:"ID"`
	Pipeline string `help:"Name or id of the pipeline there (default: the one for uploads)." placeholder:"P"`
}

// Help is the example.
func (submitCommand) Help() string {
	return "Sends a file to a server to be traced there with the server's titles and keys, waits for the answer, and writes it into\n" +
		"a case. This is the only command that sends evidence away. Stopped, the same command goes on where it stopped.\n" +
		"Exit codes are those of trace.\n\nExample:\n  spoor submit leak.mp4 --case \"Festival leak\""
}

// submitJSON is the answer of a server.
type submitJSON struct {
	Remote string `json:"remote"`
	sync.Answer
}

// Run submits a leak.
func (c *submitCommand) Run(a *app) error {
	return a.withRemote(c.Remote, func(e *engine.Engine, r *sync.Remote) error { return c.run(a, e, r) })
}

// run sends the leak to one server and waits for its answer.
func (c *submitCommand) run(a *app, e *engine.Engine, r *sync.Remote) error {
	if c.Case == "" {
		c.Case = storage.Inbox
	}
	into, err := e.Case(a.ctx, c.Case)
	if err != nil {
		return err
	}
	path, err := filepath.Abs(c.Leak)
	if err != nil {
		return err
	}
	author := ""
	if u, err := user.Current(); err == nil {
		author = u.Username
	}
	work := sync.Submission{Path: path, CaseID: into.ID, Job: c.Job, Pipeline: c.Pipeline, Author: author}
	out := submitJSON{Remote: r.Name}
	out.Answer, err = job.Do(a.ctx, a.queue(e), r.SubmitJob(work), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) (sync.Answer, error) {
			return sync.SubmitWith(ctx, r, work, report)
		})
	if err != nil {
		return unreached(r, err)
	}
	a.term.bar.clear()
	words := out.Tags
	if out.Error != nil {
		words = append(slices.Clone(words), *out.Error)
	}
	a.say("%s says: %s %s", r.Name, out.Status, strings.Join(words, ", "))
	if err := a.print(out); err != nil {
		return err
	}
	switch {
	case out.Status != wire.Success:
		return saidError(exitFailed)
	case len(out.Tags) == 0:
		return saidError(exitUncertain)
	}
	return nil
}
