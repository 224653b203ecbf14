// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"context"
	"errors"

	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/engine"
	"spoor/engine/job"
	"spoor/engine/media"
	"spoor/storage"
)

// EngineTracer has jobs worked out by the engine. What it finds is kept in the inbox.
type EngineTracer struct {
	Engine *engine.Engine
}

// Trace works a job out.
func (t EngineTracer) Trace(ctx context.Context, work Job) (Outcome, error) {
	percent := 0
	report := func(p engine.Progress) {
		if p.Total > 0 && work.Progress != nil {
			percent = max(percent, int(100*p.Done/p.Total))
			work.Progress(percent)
		}
	}
	r, err := t.Engine.Trace(ctx, engine.TraceOptions{
		Leak: work.Path, Title: work.Title, Progress: report, Begun: job.Tie(ctx, t.Engine), Since: job.Since(ctx),
	})
	if err != nil {
		if ctx.Err() != nil {
			return Outcome{}, ctx.Err()
		}
		return Outcome{}, &JobError{EngineID: r.Backtrace, Code: failureCode(err), Message: err.Error()}
	}
	return outcomeOf(&r), nil
}

// Accesses tells who fetched copies with a tag.
func (t EngineTracer) Accesses(ctx context.Context, tag, title string) ([]wire.AccessStat, error) {
	got, err := t.Engine.Accesses(ctx, tag, title)
	return keep.Accesses(got.AccessStats), err
}

func failureCode(err error) string {
	if media.KindOf(err) != "" {
		return CodeInput
	}
	if e, ok := errors.AsType[*storage.Error](err); ok && (e.Code == storage.NotFound || e.Code == storage.Invalid) {
		return CodeSetup
	}
	return CodeFault
}

func outcomeOf(r *engine.TraceResult) Outcome {
	o := Outcome{EngineID: r.Backtrace, Warning: r.Damage, Findings: wire.Findings{
		Verdict: r.Verdict, Threshold: r.ThresholdLog10P, BestScore: r.BestScore,
	}}
	if r.Title != nil {
		o.Title = r.Title.ID
		o.Findings.Title, o.Findings.TitleName = r.Title.ID, r.Title.Name
	}
	for _, f := range r.Findings {
		o.Extracted = append(o.Extracted, wire.Extracted{Tag: f.Tag, Accesses: keep.Accesses(f.AccessStats)})
		if len(f.AccessStats) > keep.MaxAccesses {
			o.Warning = "not all accesses are shown"
		}
		tag := wire.FindingTag{Tag: f.Tag, Log10P: f.Log10P, Score: f.Score, Weight: f.Weight, Method: f.Method}
		for _, s := range f.Spans {
			tag.Spans = append(tag.Spans, wire.Span{From: s.FromMS, To: s.ToMS, TitleFrom: s.TitleFromMS, TitleTo: s.TitleToMS})
		}
		o.Findings.Tags = append(o.Findings.Tags, tag)
	}
	return o
}
