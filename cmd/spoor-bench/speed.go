// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

type speedCommand struct {
	keeping
	Media   string   `help:"Folder of clips; without it the demo clip is used." default:"../shared/media/open"`
	Clip    string   `help:"The clip to measure with, a part of its name." default:"bbb_anim"`
	Parts   []string `help:"What to measure (default: all)." enum:"${speed_parts}" default:"${speed_parts}"`
	Times   int      `help:"Runs of each side, in turns; half as many for those that encode." default:"5"`
	Tags    int      `help:"Tags in the registry." default:"1000000"`
	Others  int      `help:"Generated titles that no leak is of, for informed traces." default:"50"`
	Seconds int      `help:"Length of each of them." default:"150"`
	Long    int      `help:"Seconds of the long leak that is traced in full." default:"310"`
	Spoor   string   `help:"The program whose memory is measured; see make build." default:"bin/spoor"`
	Out     string   `help:"The page." default:"docs/measured/speed.md"`
}

// speedParts are what can be measured apart.
func speedParts() []string {
	return []string{"marking", "encode", "scan", "trace", "informed", "memory"}
}

// Help shows examples.
func (speedCommand) Help() string {
	return "Other work on the machine spoils the figures: it should be quiet. Names are separated by commas.\n\nExamples:\n" +
		"  spoor-bench speed\n  spoor-bench speed --parts marking,scan --out /tmp/speed.md"
}

// race is one measurement of speed.
type race struct {
	what     string
	ours     string // what was measured, in its own unit
	baseline string
	contest
	byWork bool    // the requirement is about processor time
	faster bool    // the requirement is about speed, not time: ours over baseline in frames a second
	must   float64 // 0: nothing is required
	note   string
}

// track is where races are held.
type track struct {
	*speedCommand
	w     *workshop
	clip  clip
	dir   string
	races []race
	live  *table
	notes []string // what could not be measured, and why
	sizes []memoryRow

	growths []growth
}

// Run measures and writes the page.
func (s *speedCommand) Run(ctx context.Context) (err error) {
	w, err := s.workshop(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	t := &track{speedCommand: s, w: w, live: raceTable()}
	clips, err := (&selection{Media: s.Media, Set: "all", Clips: []string{s.Clip}}).clips(w.dir)
	if err != nil {
		return err
	}
	t.clip = clips[0]
	if t.dir, err = w.folder("speed", t.clip.name+"-"+t.clip.sha[:8]); err != nil {
		return err
	}
	t.live.show(os.Stdout)
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"marking", t.marking},
		{"encode", t.encoding},
		{"scan", t.scan},
		{"trace", t.trace},
		{"informed", t.informed},
		{"memory", t.memory},
	} {
		if !slices.Contains(s.Parts, part.name) {
			continue
		}
		begun := time.Now()
		if err := part.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s took %s\n", part.name, time.Since(begun).Round(time.Second))
	}
	return t.page(ctx).write(s.Out)
}

// encodeTimes is how often what takes long is run.
func (s *speedCommand) encodeTimes() int { return max((s.Times+1)/2, 1) }

// sized returns the clip with so many lines.
func (t *track) sized(ctx context.Context, lines int) (string, error) {
	info, err := t.w.tools.Probe(ctx, t.clip.path)
	if err != nil || info.Height == lines {
		return t.clip.path, err
	}
	path := filepath.Join(t.dir, fmt.Sprintf("%d.mp4", lines))
	return path, made(path, func(to string) error {
		_, err := ffmpeg(ctx, "-i", t.clip.path, "-map", "0:v:0", "-map", "0:a?",
			"-vf", fmt.Sprintf("scale=-2:%d", lines), "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-c:a", "copy", to)
		return err
	})
}

func (t *track) add(r race) {
	t.races = append(t.races, r)
	t.live.add(r.cells()...)
}

func raceTable() *table {
	return newTable("what", "measured", "baseline", "ratio, best", "ratio, medians", "ratio, processor time", "must", "met")
}

// value is a ratio as the requirement has it.
func (r *race) value(ratio float64) float64 {
	if r.faster && ratio > 0 {
		return 1 / ratio
	}
	return ratio
}

func (r *race) cells() []string {
	must, met := "", ""
	best := r.value(r.best())
	judged := best
	if r.byWork {
		judged = r.value(r.work())
	}
	switch {
	case r.must > 0 && r.faster:
		must, met = fmt.Sprintf("at least %.2f", r.must), verdictOn(judged >= r.must)
	case r.must > 0:
		must, met = fmt.Sprintf("at most %.2f", r.must), verdictOn(judged <= r.must)
	}
	if r.note != "" {
		met += " (" + r.note + ")"
	}
	work := "-"
	if r.work() > 0 {
		work = ratioWords(r.value(r.work()))
	}
	return []string{r.what, r.ours, r.baseline, ratioWords(best), ratioWords(r.value(r.middle())), work, must, met}
}

// ratioWords shows small ratios to a hundredth of a percent.
func ratioWords(v float64) string {
	if v < 0.1 {
		return fmt.Sprintf("%.4f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func (t *track) page(ctx context.Context) *page {
	p := newPage(ctx, "How fast, and how much memory", "Written by `make bench-speed`; do not edit.", t.w, []clip{t.clip})
	p.line(fmt.Sprintf("Times are ratios to a baseline that was run in turns with ours: of the quickest of %d runs each (%d for those "+
		"that encode), of the medians, and of the processor time of all threads and processes (the least of the runs), which says most "+
		"where others use the machine. For marking, ratios are of frames a second on one core: more is better. Elsewhere they are of "+
		"time: less is better. \"Met\" is judged on the quickest runs, on processor time where the row says so.",
		t.Times, t.encodeTimes()))
	if len(t.races) > 0 {
		table := raceTable()
		for i := range t.races {
			table.add(t.races[i].cells()...)
		}
		p.table(table)
	}
	t.memorySection(p)
	if len(t.notes) > 0 {
		p.heading("Not measured")
		p.list(t.notes, "")
	}
	return p
}
