// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"spoor/engine/code"
)

type evidenceCommand struct {
	selection
	keeping
	leakMaking
	Leaks     []string `help:"Names of leaks, as the leak tool lists them (default: all)." placeholder:"NAME"`
	Vary      []int    `help:"Variants of each leak, see the leak tool." default:"0"`
	Strengths []string `name:"strength" help:"Of the copies." default:"normal" enum:"light,normal,strong"`
	Method    string   `help:"How to trace: ${enum}. Each is kept apart; references has no originals." default:"blind" enum:"${methods}"`
	Tags      int      `help:"Innocent tags in each registry." default:"1000000"`
	Parts     []string `help:"What to measure: leaks, frames, mixes, innocent, tail." enum:"${parts}" default:"${parts}"`
	Frames    int      `help:"Single frames of each clip, as JPEG and as PNG." default:"8"`
	Innocent  int      `help:"Files without a mark of the title they are compared with." default:"216"`
	TailFiles int      `help:"How many of these are also read with keys of nobody." default:"54"`
	TailKeys  int      `help:"Keys of nobody for each." default:"40"`
	Jobs      int      `help:"Leaks that are worked on at once." default:"1"`
	AnyEngine bool     `help:"Take kept results of other versions of the engine too. The page says how many."`
	Out       string   `help:"The page." default:"docs/measured/evidence.md"`
}

// evidenceParts are what can be measured apart.
func evidenceParts() []string { return []string{"leaks", "frames", "mixes", "innocent", "tail"} }

// Help shows examples.
func (evidenceCommand) Help() string {
	return "Everything takes hours. With --keep it can be done in pieces: a last call that asks for all of them writes the page\n" +
		"from what was kept. Names are separated by commas.\n\nExamples:\n" +
		"  spoor-bench evidence --keep /tmp/bench --set measuring --parts leaks,frames\n" +
		"  spoor-bench evidence --keep /tmp/bench --strength strong --parts leaks\n" +
		"  spoor-bench evidence --keep /tmp/bench --method informed --parts leaks,frames --out docs/measured/informed.md\n" +
		"  spoor-bench evidence --keep /tmp/bench --strength normal,strong --vary 0,1\n" +
		"  spoor-bench evidence --clips hawk --leaks crop-50,x264-38 --tags 10000 --parts leaks --out /tmp/try.md"
}

// measured is everything that the page is made of.
type measured struct {
	leaks, frames, mixes, innocent []answered
	tails                          tails
	tailFiles                      int
	tailFaults                     []string
}

// Run measures and writes the page.
func (e *evidenceCommand) Run(ctx context.Context) (err error) {
	if err := benice(); err != nil {
		return err
	}
	leaks, err := e.leakTool(ctx)
	if err != nil {
		return err
	}
	w, err := e.workshop(ctx, e.AnyEngine)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	clips, err := e.clips(w.dir)
	if err != nil {
		return err
	}
	kinds, err := e.kinds(leaks)
	if err != nil {
		return err
	}
	if e.Method == "blind" {
		e.Method = "" // as it is kept
	}
	o, err := w.office(ctx, leaks, e.Tags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	m, err := e.measure(ctx, o, clips, kinds)
	if err != nil {
		return err
	}
	return e.page(ctx, w, clips, kinds, m).write(e.Out)
}

// kinds are the leaks that were asked for.
func (e *evidenceCommand) kinds(leaks *leakTool) ([]leakKind, error) {
	if len(e.Leaks) == 0 {
		return leaks.kinds, nil
	}
	var list []leakKind
	for _, name := range e.Leaks {
		k, ok := leaks.kind(name)
		if !ok {
			return nil, fmt.Errorf("the leak tool knows no %q", name)
		}
		list = append(list, k)
	}
	return list, nil
}

func (e *evidenceCommand) part(name string) bool { return slices.Contains(e.Parts, name) }

func (e *evidenceCommand) measure(ctx context.Context, o *office, clips []clip, kinds []leakKind) (*measured, error) {
	m := &measured{}
	innocent := e.innocentExams(clips, kinds)
	parts := []struct {
		name  string
		exams []exam
		into  *[]answered
	}{
		{"leaks", e.leakExams(clips, kinds), &m.leaks},
		{"frames", e.frameExams(clips), &m.frames},
		{"mixes", e.mixExams(clips), &m.mixes},
		{"innocent", innocent, &m.innocent},
	}
	all := 0
	for _, p := range parts {
		if e.part(p.name) {
			all += len(p.exams)
		}
	}
	tail := innocent[:min(e.TailFiles, len(innocent))]
	if e.part("tail") {
		all += len(tail)
	}
	progress := newProgress(all)
	live := newTable("clip", "strength", "leak", "vary", "title", "verdict", "right", "wrong", "z", "log10 p", "frames", "seconds")
	live.show(os.Stdout)
	for _, p := range parts {
		if !e.part(p.name) {
			continue
		}
		var err error
		if *p.into, err = e.answer(ctx, o, p.exams, live, progress); err != nil {
			return nil, err
		}
	}
	if !e.part("tail") {
		return m, nil
	}
	return m, e.countTail(ctx, o, tail, m, progress)
}

// answer traces leaks, several at once, and returns the answers in their order.
func (e *evidenceCommand) answer(ctx context.Context, o *office, exams []exam, live *table, progress *progress) ([]answered, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := make([]answered, len(exams))
	next := make(chan int)
	var group sync.WaitGroup
	var mu sync.Mutex // of live
	for range max(e.Jobs, 1) {
		group.Go(func() {
			for i := range next {
				x := exams[i]
				x.method = e.Method
				result, fresh, err := o.examine(ctx, x)
				if err != nil {
					cancel(fmt.Errorf("%s: %w", x, err))
					continue
				}
				out[i] = answered{x, result}
				mu.Lock()
				live.add(out[i].cells()...)
				mu.Unlock()
				progress.step(exams[i].String(), fresh)
			}
		})
	}
	for i := range exams {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	group.Wait()
	return out, context.Cause(ctx)
}

func (a *answered) cells() []string {
	z, p := fmt.Sprintf("(%.1f)", a.Score), "-"
	if t, ok := a.clearest(); ok {
		z, p = fmt.Sprintf("%.1f", t.Score), fmt.Sprintf("%.0f", t.Log10P)
	}
	return []string{
		a.clip.name, orElse(a.strength, "unmarked"), a.leak, fmt.Sprint(a.vary), a.title.name, a.Verdict,
		fmt.Sprint(a.right()), fmt.Sprint(a.wrong()), z, p, fmt.Sprint(a.outcome.Frames), fmt.Sprintf("%.1f", a.Seconds),
	}
}

// countTail reads innocent files with keys of nobody.
func (e *evidenceCommand) countTail(ctx context.Context, o *office, exams []exam, m *measured, progress *progress) error {
	registry := sync.OnceValues(func() (*code.Registry, error) {
		_, words := testKey(1)
		r := code.NewRegistry(words)
		return r, r.Append(ctx, nobody(e.Tags))
	})
	for _, x := range exams {
		x.title = x.clip // whose sync set is shared
		t, fresh, err := o.tail(ctx, x, e.TailKeys, registry)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		progress.step("innocent scores of "+x.String(), fresh)
		if err != nil {
			m.tailFaults = append(m.tailFaults, fmt.Sprintf("%s: %v", x, err))
			continue
		}
		m.tailFiles++
		m.tails.SameSync.add(t.SameSync)
		m.tails.Foreign.add(t.Foreign)
	}
	return nil
}
