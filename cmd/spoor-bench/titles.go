// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"spoor/engine"
	"spoor/engine/reference"
	"spoor/storage"
)

type titlesCommand struct {
	selection
	keeping
	leakMaking
	Leaks   []string `help:"Names of leaks, as the leak tool lists them (default: all)." placeholder:"NAME"`
	Vary    []int    `help:"Variants of each leak, see the leak tool." default:"0"`
	Others  int      `help:"Generated titles that no leak is of." default:"50"`
	Seconds int      `help:"Length of each of them." default:"150"`
	Out     string   `help:"The page." default:"docs/measured/titles.md"`
}

// Help shows examples.
func (titlesCommand) Help() string {
	return "Every clip and the generated titles are registered; then leaks of the unmarked clips are looked up among all of them,\n" +
		"and once more with the clip's own title taken out, when nothing may be found.\n\nExamples:\n" +
		"  spoor-bench titles --keep /tmp/bench --set measuring\n" +
		"  spoor-bench titles --clips hawk --leaks crop-50,camcorder --others 5 --out /tmp/try.md"
}

// lookedUp is how one leak was answered.
type lookedUp struct {
	clip, kind string
	vary       int
	right      bool    // its title is the clearest that was found
	wrong      string  // another title that was found
	log10P     float64 // best of all titles
	without    float64 // the same with its own title taken out; a false find from reference.Certain down
	took       time.Duration
}

// Run measures and writes the page.
func (c *titlesCommand) Run(ctx context.Context) (err error) {
	if err := benice(); err != nil {
		return err
	}
	leaks, err := c.leakTool(ctx)
	if err != nil {
		return err
	}
	w, err := c.workshop(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	clips, err := c.clips(w.dir)
	if err != nil {
		return err
	}
	kinds, err := (&evidenceCommand{Leaks: c.Leaks}).kinds(leaks)
	if err != nil {
		return err
	}
	home, err := w.folder("titles")
	if err != nil {
		return err
	}
	e, err := engine.Open(ctx, home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	own, err := c.register(ctx, w, e, clips)
	if err != nil {
		return err
	}
	answers, err := c.lookUp(ctx, w, e, leaks, clips, kinds, own)
	if err != nil {
		return err
	}
	size, err := indexOf(ctx, e, home)
	if err != nil {
		return err
	}
	return c.page(ctx, w, clips, answers, size).write(c.Out)
}

// register makes titles of all clips, whose ids it returns by name, and of the generated ones.
func (c *titlesCommand) register(ctx context.Context, w *workshop, e *engine.Engine, clips []clip) (map[string]string, error) {
	own := map[string]string{}
	progress := newProgress(len(clips) + c.Others)
	for _, clip := range clips {
		t, err := titleOf(ctx, e, clip.name, clip.path)
		if err != nil {
			return nil, err
		}
		own[clip.name] = t.ID
		progress.step("registering "+clip.name, true)
	}
	err := others{c.Others, c.Seconds}.register(ctx, w, e, clips, func(name string) { progress.step("registering "+name, true) })
	return own, err
}

func (c *titlesCommand) lookUp(ctx context.Context, w *workshop, e *engine.Engine, leaks *leakTool, clips []clip, kinds []leakKind,
	own map[string]string,
) (list []lookedUp, err error) {
	progress := newProgress(len(clips) * len(kinds) * len(c.Vary))
	for _, clip := range clips {
		for _, kind := range kinds {
			for _, vary := range c.Vary {
				path := filepath.Join(w.dir, "unmarked", fmt.Sprintf("%s.%s.%d.%s", clip.name, kind.name, vary, kind.suffix))
				err := made(path, func(to string) error { return leaks.make(ctx, kind.name, clip.path, to, vary) })
				if err != nil {
					return nil, err
				}
				a, err := lookUp(ctx, e, path, own[clip.name])
				if err != nil {
					return nil, err
				}
				a.clip, a.kind, a.vary = clip.name, kind.name, vary
				list = append(list, a)
				progress.step(fmt.Sprintf("%s %s: log10 p %.0f, without its title %.1f", clip.name, kind.name, a.log10P, a.without), true)
			}
		}
	}
	return list, nil
}

// lookUp looks a leak up with and without its own title.
func lookUp(ctx context.Context, e *engine.Engine, path, own string) (lookedUp, error) {
	begun := time.Now()
	with, err := e.FindTitles(ctx, path, engine.FindOptions{})
	if err != nil {
		return lookedUp{}, err
	}
	a := lookedUp{log10P: with.BestLog10P, took: time.Since(begun)}
	for i, t := range with.Titles {
		if t.ID != own {
			a.wrong = t.Name
		}
		a.right = a.right || i == 0 && t.ID == own
	}
	without, err := e.FindTitles(ctx, path, engine.FindOptions{Except: []string{own}})
	a.without = without.BestLog10P
	return a, err
}

// indexSize is how much the index over all titles takes.
type indexSize struct {
	hours         float64 // of titles
	points, bytes int64
}

func indexOf(ctx context.Context, e *engine.Engine, home string) (size indexSize, err error) {
	titles, err := e.Titles(ctx, storage.Page{Limit: 1000})
	if err != nil {
		return size, err
	}
	for _, t := range titles {
		size.hours += t.Duration.Hours()
	}
	x, err := reference.OpenIndex(filepath.Join(home, "cache", "index"))
	if err != nil {
		return size, fmt.Errorf("index: %w", err)
	}
	size.points, size.bytes = x.Size()
	return size, x.Close()
}

func (c *titlesCommand) page(ctx context.Context, w *workshop, clips []clip, answers []lookedUp, size indexSize) *page {
	p := newPage(ctx, "Titles found", "Leaks of unmarked clips, looked up among all clips and generated titles by `title find`.", w, clips)
	right, counted, wrong, falsely, clearest := 0, 0, 0, 0, 0.0
	var took []time.Duration
	misses := newTable("clip", "leak", "variant", "log10 of the probability", "instead")
	for _, a := range answers {
		took = append(took, a.took)
		if a.wrong != "" {
			wrong++
		}
		clearest = min(clearest, a.without)
		if a.without <= reference.Certain {
			falsely++
		}
		if a.kind != "small-144-38" {
			counted++
			if a.right {
				right++
			}
		}
		if !a.right || a.wrong != "" {
			misses.add("`"+a.clip+"`", a.kind, strconv.Itoa(a.vary), fmt.Sprintf("%.1f", a.log10P), a.wrong)
		}
	}
	t := newTable("what", "must", "measured", "met")
	t.add(fmt.Sprintf("title found among %d titles, of which %d generated ones of %d s, any leak but small-144-38",
		len(clips)+c.Others, c.Others, c.Seconds), "98 %",
		shareOf(right, counted), verdictOn(100*right >= 98*counted))
	t.add("leaks in which another title was named", "0", strconv.Itoa(wrong), verdictOn(wrong == 0))
	t.add("leaks in which a title was named though theirs was taken out",
		"0", fmt.Sprintf("%d of %d", falsely, len(answers)), verdictOn(falsely == 0))
	t.add(fmt.Sprintf("clearest wrong agreement (a title is named from %.0f down)", reference.Certain),
		"-", fmt.Sprintf("%.1f", clearest), "-")
	t.add("time of a look-up, the leak's decoding included: median", "-", median(took).Round(time.Millisecond).String(), "-")
	t.add(fmt.Sprintf("index of these titles (%.2f hours, %d keypoints), per hour of title", size.hours, size.points), "-",
		fmt.Sprintf("%.1f MB", float64(size.bytes)/size.hours/1e6), "-")
	t.add("reckoned from that: index of 1,000 titles of two hours", "-",
		fmt.Sprintf("%.0f GB", float64(size.bytes)/size.hours*2000/1e9), "-")
	p.table(t)
	p.heading("Misses")
	p.table(misses)
	return p
}
