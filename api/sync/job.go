// SPDX-License-Identifier: AGPL-3.0-or-later

package sync

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"spoor/api/client"
	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

// Open makes the link to a remote of a home, by id or name.
func Open(ctx context.Context, e *engine.Engine, idOrName string) (*Remote, error) {
	r, err := e.Store().Remote(ctx, idOrName)
	if err != nil {
		return nil, err
	}
	secret, err := e.Store().RemoteSecret(r.ID)
	if err != nil {
		return nil, err
	}
	speaks, err := client.New(client.Config{URL: r.URL, ID: r.ClientID, Secret: secret})
	if err != nil {
		return nil, err
	}
	known := func(ctx context.Context, tag, titleID string) ([]wire.AccessStat, error) {
		got, err := e.Accesses(ctx, tag, titleID)
		return keep.Accesses(got.AccessStats), err
	}
	return &Remote{Remote: r, Store: e.Store(), Client: speaks, Accesses: known}, nil
}

// Both is what sending and copying did.
type Both struct {
	Pushed   Pushed   `json:"pushed"`
	Mirrored Mirrored `json:"mirrored"`
}

// PushAndMirror sends what was found here, then copies what the remote has.
func PushAndMirror(ctx context.Context, r *Remote, report func(engine.Progress)) (both Both, err error) {
	tell := counting(report, "sending results")
	if both.Pushed, err = Push(ctx, r, func(done int64) { tell(done, 0) }); err != nil {
		return both, err
	}
	both.Mirrored, err = MirrorWith(ctx, r, false, report)
	return both, err
}

// MirrorWith is [Mirror] with progress in the engine's words.
func MirrorWith(ctx context.Context, r *Remote, all bool, report func(engine.Progress)) (Mirrored, error) {
	return Mirror(ctx, r, all, counting(report, "copying what "+r.Name+" has"))
}

func counting(report func(engine.Progress), stage string) func(done, total int64) {
	return func(done, total int64) { report(engine.Progress{Stage: stage, Done: done, Total: total}) }
}

// Answer is what a server said of a leak that was submitted.
type Answer struct {
	Backtrace string   `json:"backtrace"`
	Status    string   `json:"status"`
	Error     *string  `json:"error"`
	Tags      []string `json:"tags"`
	Verdict   string   `json:"verdict"`
}

// SubmitWith is [Submit] with progress in the engine's words, and the answer in short. As the work of a job it goes on with what
// was begun before, and into the case that the job is about now, which may have taken in the one that it was asked for.
func SubmitWith(ctx context.Context, r *Remote, s Submission, report func(engine.Progress)) (Answer, error) {
	if j, ok := job.Current(ctx); ok {
		s.CaseID = cmp.Or(j.Case, s.CaseID)
		if j.Attempt > 1 {
			s.Since = j.Created
		}
	}
	s.Progress = func(stage string, done, total int64) {
		report(engine.Progress{Stage: stage, Done: done, Total: total})
	}
	b, err := Submit(ctx, r, s)
	if err != nil {
		return Answer{}, err
	}
	out := Answer{Backtrace: b.ID, Status: b.Status, Tags: []string{}}
	for _, x := range b.Extracted {
		out.Tags = append(out.Tags, x.Tag)
	}
	if b.Findings != nil {
		out.Verdict = b.Findings.Verdict
	}
	if b.ErrorMessage != "" {
		out.Error = &b.ErrorMessage
	}
	return out, nil
}

// jobArgs is what the work of a job with a remote depends on.
type jobArgs struct {
	Remote string `json:"remote"` // id
	All    bool   `json:"all,omitempty"`

	Submit *submitArgs `json:"submit,omitempty"`
}

// submitArgs is what the submission of a leak depends on.
type submitArgs struct {
	Leak     string `json:"leak"` // absolute
	Case     string `json:"case"` // id
	Title    string `json:"title,omitempty"`
	Pipeline string `json:"pipeline,omitempty"`
	Author   string `json:"author,omitempty"`
}

// Job asks for [PushAndMirror].
func (r *Remote) Job() storage.NewJob {
	return storage.NewJob{Kind: job.KindSync, Name: r.Name, Args: jobArgs{Remote: r.ID}}
}

// MirrorJob asks for [Mirror].
func (r *Remote) MirrorJob(all bool) storage.NewJob {
	return storage.NewJob{Kind: job.KindMirror, Name: r.Name, Args: jobArgs{Remote: r.ID, All: all}}
}

// SubmitJob asks for [SubmitWith].
func (r *Remote) SubmitJob(s Submission) storage.NewJob {
	args := jobArgs{Remote: r.ID, Submit: &submitArgs{s.Path, s.CaseID, s.Job, s.Pipeline, s.Author}}
	return storage.NewJob{Kind: job.KindSubmit, Name: filepath.Base(s.Path), Args: args, Case: s.CaseID}
}

// Handle has a queue do the jobs with remotes.
func Handle(q *job.Queue, e *engine.Engine) {
	q.Handle(job.KindSync, with(e, func(ctx context.Context, r *Remote, _ jobArgs, report func(engine.Progress)) (any, error) {
		return PushAndMirror(ctx, r, report)
	}))
	q.Handle(job.KindMirror, with(e, func(ctx context.Context, r *Remote, a jobArgs, report func(engine.Progress)) (any, error) {
		return MirrorWith(ctx, r, a.All, report)
	}))
	q.Handle(job.KindSubmit, with(e, func(ctx context.Context, r *Remote, a jobArgs, report func(engine.Progress)) (any, error) {
		if a.Submit == nil {
			return nil, fmt.Errorf("the job does not say what to send")
		}
		s := Submission{
			Path: a.Submit.Leak, CaseID: a.Submit.Case, Job: a.Submit.Title, Pipeline: a.Submit.Pipeline, Author: a.Submit.Author,
		}
		return SubmitWith(ctx, r, s, report)
	}))
}

func with(e *engine.Engine, do func(context.Context, *Remote, jobArgs, func(engine.Progress)) (any, error)) job.Run {
	return func(ctx context.Context, args json.RawMessage, report func(engine.Progress)) (any, error) {
		var a jobArgs
		if err := json.Unmarshal(args, &a); err != nil {
			return nil, fmt.Errorf("what the job was asked for with: %w", err)
		}
		r, err := Open(ctx, e, a.Remote)
		if err != nil {
			return nil, err
		}
		return do(ctx, r, a, report)
	}
}
