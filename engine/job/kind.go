// SPDX-License-Identifier: AGPL-3.0-or-later

package job

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"spoor/engine"
	"spoor/storage"
)

// The kinds of work.
const (
	KindTrace     = "trace"
	KindMark      = "mark"
	KindTitle     = "title"
	KindReference = "reference"
	KindTags      = "tags"
	KindLog       = "log"
	KindSync      = "sync"   // of package api/sync
	KindMirror    = "mirror" // of package api/sync
	KindSubmit    = "submit" // of package api/sync
)

// Trace is what a trace depends on.
type Trace struct {
	Leak     string `json:"leak,omitempty"`     // absolute; "" for an exhibit
	Evidence string `json:"evidence,omitempty"` // id of an exhibit that is traced again
	Case     string `json:"case,omitempty"`     // id; "" is the inbox
	Title    string `json:"title,omitempty"`
	Method   string `json:"method"`
	Full     bool   `json:"full,omitempty"`
	InPlace  bool   `json:"in_place,omitempty"`
}

// Job asks for the trace.
func (t Trace) Job() storage.NewJob {
	return storage.NewJob{Kind: KindTrace, Name: filepath.Base(cmp.Or(t.Leak, t.Evidence)), Args: t, Case: t.Case}
}

func (t Trace) run(ctx context.Context, e *engine.Engine, report func(engine.Progress)) (any, error) {
	o := engine.TraceOptions{
		Leak: t.Leak, Case: t.Case, Title: t.Title, Method: t.Method, Full: t.Full, InPlace: t.InPlace, Progress: report,
		Begun: Tie(ctx, e), Since: Since(ctx),
	}
	if j, ok := Current(ctx); ok && t.Case != "" { // which may have been merged into another meanwhile
		o.Case = cmp.Or(j.Case, t.Case)
	}
	if t.Evidence != "" {
		return e.TraceEvidence(ctx, t.Evidence, o)
	}
	return e.Trace(ctx, o)
}

// Since is [engine.TraceOptions.Since] of a trace that is the work of a job: when the job was asked for, where it was begun before.
func Since(ctx context.Context) time.Time {
	if j, ok := Current(ctx); ok && j.Attempt > 1 {
		return j.Created
	}
	return time.Time{}
}

// Tie is [engine.TraceOptions.Begun] of a trace that is the work of a job: it ties the backtrace to the job, so that both are
// cancelled together. For a context that is for no job it is nil.
func Tie(ctx context.Context, e *engine.Engine) func(backtraceID string) error {
	j, ok := Current(ctx)
	if !ok {
		return nil
	}
	return func(id string) error { return e.Store().TieJob(ctx, j.ID, id) }
}

// Mark is what the making of copies depends on.
type Mark struct {
	Title    string   `json:"title"`
	Orders   []Order  `json:"orders"`
	Strength string   `json:"strength,omitempty"`
	Encoder  []string `json:"encoder,omitempty"`
	Original string   `json:"original,omitempty"` // absolute
	Force    bool     `json:"force,omitempty"`
	Continue bool     `json:"continue,omitempty"`
}

// Order is one of the copies.
type Order struct {
	Tag     string `json:"tag"`
	Name    string `json:"name,omitempty"`
	Company string `json:"company,omitempty"`
	Email   string `json:"email,omitempty"`
	Note    string `json:"note,omitempty"`
	Out     string `json:"out"` // absolute
}

// MarkOf is what an order of copies depends on.
func MarkOf(o *engine.MarkOptions) (Mark, error) {
	m := Mark{Title: o.Title, Strength: o.Strength, Encoder: o.Encoder, Force: o.Force, Continue: o.Continue}
	var err error
	if o.Original != "" {
		if m.Original, err = filepath.Abs(o.Original); err != nil {
			return m, fmt.Errorf("the place of %s: %w", o.Original, err)
		}
	}
	for _, order := range o.Orders {
		out, err := filepath.Abs(order.Out)
		if err != nil {
			return m, fmt.Errorf("the place of %s: %w", order.Out, err)
		}
		t := order.Tag
		m.Orders = append(m.Orders, Order{Tag: t.Text, Name: t.Name, Company: t.Company, Email: t.Email, Note: t.Note, Out: out})
	}
	return m, nil
}

// Job asks for the copies.
func (m Mark) Job() storage.NewJob {
	name := m.Title
	switch len(m.Orders) {
	case 0:
	case 1:
		name += " for " + m.Orders[0].Tag
	default:
		name += fmt.Sprintf(" for %d recipients", len(m.Orders))
	}
	return storage.NewJob{Kind: KindMark, Name: name, Args: m}
}

// Make makes the copies. As the work of a job that was begun before, it takes for done what was done then: whoever worked on
// it may have died just before he could say so.
func (m Mark) Make(ctx context.Context, e *engine.Engine, report func(engine.Progress)) ([]engine.MarkedCopy, error) {
	o := engine.MarkOptions{
		Title: m.Title, Strength: m.Strength, Encoder: m.Encoder, Original: m.Original, Force: m.Force, Continue: m.Continue,
		Progress: report,
	}
	if j, ok := Current(ctx); ok && j.Attempt > 1 {
		o.Continue = true
		if m.Force { // a copy of before is not the one that was asked for
			o.Since = j.Created
		}
	}
	for _, order := range m.Orders {
		o.Orders = append(o.Orders, engine.Order{Out: order.Out, Tag: storage.Tag{
			Text: order.Tag, Name: order.Name, Company: order.Company, Email: order.Email, Note: order.Note,
		}})
	}
	return e.Mark(ctx, o)
}

func (m Mark) run(ctx context.Context, e *engine.Engine, report func(engine.Progress)) (any, error) {
	return m.Make(ctx, e, report)
}

// Title is what the registration of an original depends on.
type Title struct {
	File string `json:"file"` // absolute
	Name string `json:"name,omitempty"`
}

// Job asks for the registration.
func (t Title) Job() storage.NewJob {
	return storage.NewJob{Kind: KindTitle, Name: filepath.Base(t.File), Args: t}
}

func (t Title) run(ctx context.Context, e *engine.Engine, report func(engine.Progress)) (any, error) {
	return e.AddTitle(ctx, engine.TitleOptions{File: t.File, Name: t.Name, Progress: report})
}

// Reference is what the making of a reference depends on.
type Reference struct {
	Title    string `json:"title"`
	Original string `json:"original,omitempty"` // absolute
}

// Job asks for the reference.
func (r Reference) Job() storage.NewJob {
	return storage.NewJob{Kind: KindReference, Name: r.Title, Args: r}
}

func (r Reference) run(ctx context.Context, e *engine.Engine, report func(engine.Progress)) (any, error) {
	return e.BuildReference(ctx, r.Title, r.Original, report)
}

// Tags is what an import of tags depends on.
type Tags struct {
	Title string `json:"title"`
	File  string `json:"file"` // absolute
}

// Job asks for the import.
func (t Tags) Job() storage.NewJob {
	return storage.NewJob{Kind: KindTags, Name: filepath.Base(t.File), Args: t}
}

func (t Tags) run(ctx context.Context, e *engine.Engine, report func(engine.Progress)) (any, error) {
	return e.ImportTags(ctx, t.Title, t.File, report)
}

// Log is what an import of an access log depends on. The keys of tokens are not written down: an import that needs them is
// done by the command that was given them.
type Log struct {
	File    string            `json:"file"` // absolute
	Mapping engine.LogMapping `json:"mapping"`
	Again   bool              `json:"again,omitempty"`
	InPlace bool              `json:"in_place,omitempty"`
	Tokens  int               `json:"tokens,omitempty"` // keys of tokens that go with it
}

// Job asks for the import.
func (l Log) Job() storage.NewJob {
	return storage.NewJob{Kind: KindLog, Name: filepath.Base(l.File), Args: l}
}

func (l Log) run(ctx context.Context, e *engine.Engine, report func(engine.Progress)) (any, error) {
	if l.Tokens > 0 {
		return nil, fmt.Errorf("the keys of its tokens are not here: give the same command with them again")
	}
	return e.ImportLog(ctx, engine.LogImport{Path: l.File, Mapping: l.Mapping, Again: l.Again, InPlace: l.InPlace, Report: report})
}

// handleEngine says what does the work of each kind of the engine.
func (q *Queue) handleEngine(e *engine.Engine) {
	q.Handle(KindTrace, with[Trace](e))
	q.Handle(KindMark, with[Mark](e))
	q.Handle(KindTitle, with[Title](e))
	q.Handle(KindReference, with[Reference](e))
	q.Handle(KindTags, with[Tags](e))
	q.Handle(KindLog, with[Log](e))
}

// with reads the args of a kind and does its work.
func with[A interface {
	run(ctx context.Context, e *engine.Engine, report func(engine.Progress)) (any, error)
}](e *engine.Engine) Run {
	return func(ctx context.Context, args json.RawMessage, report func(engine.Progress)) (any, error) {
		var a A
		if err := json.Unmarshal(args, &a); err != nil {
			return nil, fmt.Errorf("what the job was asked for with: %w", err)
		}
		return a.run(ctx, e, report)
	}
}
