// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"spoor/engine"
)

// exam is one leak that is traced with the title given.
type exam struct {
	clip     clip
	strength string // of the copy; "": the original itself
	leak     string // name of the damage, or "mix ..."
	vary     int
	how      string // of a mix
	mixed    int    // copies in a mix, 0 for no mix
	title    clip   // whose title is given; another than clip for a wrong key
	method   string // of tracing; "": blind
}

// referencesOnly is the method of tracing as where only references were handed out.
const referencesOnly = "references"

func (x exam) String() string {
	parts := []string{x.clip.name, orElse(x.strength, "unmarked"), x.leak}
	if x.mixed == 0 {
		parts = append(parts, fmt.Sprintf("vary %d", x.vary))
	}
	if x.title.name != x.clip.name {
		parts = append(parts, "as "+x.title.name)
	}
	if x.method != "" {
		parts = append(parts, x.method)
	}
	return strings.Join(parts, ", ")
}

// guilty tells whether a tag was in the leak.
func (x exam) guilty(tag string) bool {
	if x.strength == "" || x.title.name != x.clip.name {
		return false
	}
	for n := 1; n <= max(x.mixed, 1); n++ {
		if tag == recipient(n) {
			return true
		}
	}
	return false
}

// outcome is what a trace answered.
type outcome struct {
	Verdict string     `json:"verdict"`
	Error   string     `json:"error,omitempty"`  // of the trace
	Unmade  string     `json:"unmade,omitempty"` // why the leak could not be made
	Named   []namedTag `json:"named,omitempty"`
	Score   float64    `json:"score"` // best of all tags
	Sync    float64    `json:"sync"`
	Frames  int        `json:"frames"`
	Looks   int        `json:"looks"`
	Seconds float64    `json:"seconds"`
	Flat    float64    `json:"flat,omitempty"` // of a single picture: share that is flat
	Engine  string     `json:"engine"`
}

type namedTag struct {
	Tag    string  `json:"tag"`
	Log10P float64 `json:"log10_p"`
	Score  float64 `json:"score"`
	Weight float64 `json:"weight"`
}

// answered is an exam with its outcome.
type answered struct {
	exam
	outcome
}

// right counts the tags that were named and are in the leak, wrong those that are not.
func (a *answered) right() (n int) {
	for _, t := range a.Named {
		if a.guilty(t.Tag) {
			n++
		}
	}
	return n
}

func (a *answered) wrong() int { return len(a.Named) - a.right() }

// clearest is the named tag of the leak with the highest score.
func (a *answered) clearest() (namedTag, bool) {
	var best namedTag
	for _, t := range a.Named {
		if a.guilty(t.Tag) && t.Score > best.Score {
			best = t
		}
	}
	return best, best.Tag != ""
}

func (a *answered) still() bool { return strings.HasPrefix(a.leak, "frame-") }

// examine makes the leak and traces it, unless the answer is known.
func (o *office) examine(ctx context.Context, x exam) (outcome, bool, error) {
	t, err := o.title(ctx, x.title)
	if err != nil {
		return outcome{}, false, err
	}
	key := o.w.ledger.withEngine(fmt.Sprintf("trace %s with title %s, leak %s ffmpeg %s", x, t.ID, o.leaks.print, o.w.ffmpeg))
	fresh := !o.w.ledger.has(key)
	result, err := once(o.w.ledger, key, func() (outcome, error) { return o.answer(ctx, x, t) })
	return result, fresh, err
}

func (o *office) answer(ctx context.Context, x exam, t engine.Title) (outcome, error) {
	path, err := o.make(ctx, x)
	if ctx.Err() != nil {
		return outcome{}, ctx.Err()
	}
	if err != nil {
		return outcome{Verdict: "unmade", Unmade: err.Error(), Engine: o.w.engine}, nil //nolint:nilerr // it is the outcome
	}
	begun := time.Now()
	options := engine.TraceOptions{Leak: path, Title: t.ID, Method: orElse(x.method, "blind"), Full: x.mixed > 0}
	if x.method == referencesOnly {
		options.Method, options.ReferencesOnly = "informed", true
	}
	r, err := o.e.Trace(ctx, options)
	if ctx.Err() != nil {
		return outcome{}, ctx.Err()
	}
	result := outcome{
		Verdict: r.Verdict, Score: r.BestScore, Sync: r.SyncClarity, Frames: r.FramesUsed, Looks: r.Looks,
		Seconds: math.Round(1000*time.Since(begun).Seconds()) / 1000, Engine: o.w.engine,
	}
	if err != nil {
		result.Error = err.Error()
	}
	for _, f := range r.Findings {
		result.Named = append(result.Named, namedTag{f.Tag, f.Log10P, f.Score, f.Weight})
	}
	if one := (answered{x, result}); one.still() {
		result.Flat, err = flatShare(ctx, o.w.tools, path)
	} else {
		err = nil
	}
	return result, err
}

func (o *office) make(ctx context.Context, x exam) (string, error) {
	if x.mixed > 0 {
		return o.mixed(ctx, x.clip, x.strength, x.how, x.mixed)
	}
	kind, ok := o.leaks.kind(x.leak)
	if !ok {
		return "", fmt.Errorf("the leak tool knows no %s", x.leak)
	}
	return o.leak(ctx, x.clip, x.strength, kind, x.vary)
}

// leakExams are all leaks of all clips.
func (e *evidenceCommand) leakExams(clips []clip, kinds []leakKind) []exam {
	var list []exam
	for _, s := range strengthsInOrder(e.Strengths) {
		for _, c := range clips {
			for _, k := range kinds {
				for _, v := range e.Vary {
					list = append(list, exam{clip: c, strength: s, leak: k.name, vary: v, title: c})
				}
			}
		}
	}
	return list
}

// frameExams are single frames at several places of each clip, which --vary chooses.
func (e *evidenceCommand) frameExams(clips []clip) []exam {
	var list []exam
	for _, s := range strengthsInOrder(e.Strengths) {
		for _, c := range clips {
			for v := range e.Frames {
				for _, name := range []string{"frame-jpg", "frame-png"} {
					list = append(list, exam{clip: c, strength: s, leak: name, vary: v, title: c})
				}
			}
		}
	}
	return list
}

type mixKind struct {
	how       string
	colluders int
}

func mixKinds() []mixKind {
	return []mixKind{{"average", 2}, {"average", 3}, {"average", 5}, {"median", 3}, {"minmax", 2}, {"blocks", 2}, {"time", 2}}
}

func (e *evidenceCommand) mixExams(clips []clip) []exam {
	var list []exam
	for _, s := range strengthsInOrder(e.Strengths) {
		for _, c := range clips {
			for _, m := range mixKinds() {
				list = append(list, exam{
					clip: c, strength: s, title: c, how: m.how, mixed: m.colluders, leak: fmt.Sprintf("mix %s of %d", m.how, m.colluders),
				})
			}
		}
	}
	return list
}

// innocentExams are files that carry no mark of the title they are compared with, in turns: leaks of originals, and
// leaks of other titles' copies. The kinds of damage go round, so that all are met.
func (e *evidenceCommand) innocentExams(clips []clip, kinds []leakKind) []exam {
	strengths := strengthsInOrder(e.Strengths)
	var list []exam
	for i := 0; len(list) < e.Innocent && i < 100*e.Innocent; i++ {
		c := clips[i%len(clips)]
		x := exam{clip: c, title: c, leak: kinds[i%len(kinds)].name, vary: i / len(kinds) % 4}
		if i/len(clips)%2 == 1 && len(clips) > 1 { // else there is nothing to take for another
			x.strength = strengths[len(strengths)-1]
			x.title = clips[(i+1+i/len(clips)/2%(len(clips)-1))%len(clips)]
		}
		if !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	return list
}
