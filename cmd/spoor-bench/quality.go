// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

type qualityCommand struct {
	selection
	keeping
	leakMaking
	Strengths []string `name:"strength" help:"Strengths to measure." default:"light,normal,strong" enum:"light,normal,strong"`
	VMAF      string   `name:"vmaf" help:"ffmpeg or ffprobe with libvmaf. Default: on the search path." env:"SPOOR_VMAF" placeholder:"FILE"`
	VMAFEvery int      `name:"vmaf-every" help:"VMAF judges one frame in so many." default:"4"`
	Pictures  string   `help:"Folder for crops of flat ground at 2x: original, marked, difference x32." placeholder:"DIR"`
	Out       string   `help:"The page." default:"docs/measured/quality.md"`
}

// Help shows examples.
func (qualityCommand) Help() string {
	return "A clip takes 2 to 20 times its length for each strength. Names are separated by commas.\n\nExamples:\n" +
		"  spoor-bench quality --keep /tmp/bench --pictures /tmp/look\n" +
		"  spoor-bench quality --clips bbb,hawk --strength normal --out /tmp/quality.md"
}

// impressed is what was measured of one clip at one strength.
type impressed struct {
	clip     clip
	strength string
	impression
	scores map[string]float64 // nil without a leak tool
}

// Run measures and writes the page.
func (q *qualityCommand) Run(ctx context.Context) (err error) {
	if err := benice(); err != nil {
		return err
	}
	w, err := q.workshop(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	clips, err := q.clips(w.dir)
	if err != nil {
		return err
	}
	vmaf, err := findVMAF(ctx, q.VMAF, q.VMAFEvery)
	if err != nil {
		return err
	}
	leaks, noLeaks := q.leakTool(ctx)
	all, err := q.measure(ctx, w, clips, vmaf, leaks)
	if err != nil {
		return err
	}
	p := newPage(ctx, "What a mark costs the picture", "Written by `make bench-quality`; do not edit.", w, clips)
	q.explain(p, vmaf, noLeaks)
	for _, s := range strengthsInOrder(q.Strengths) {
		q.strengthSection(p, s, all)
	}
	q.curveSection(p, all)
	return p.write(q.Out)
}

func (q *qualityCommand) measure(ctx context.Context, w *workshop, clips []clip, vmaf *vmafTool, leaks *leakTool) ([]impressed, error) {
	live := qualityTable()
	live.show(os.Stdout)
	var all []impressed
	strengths := strengthsInOrder(q.Strengths)
	progress := newProgress(len(clips) * len(strengths))
	for _, c := range clips {
		dir, err := w.folder("quality", w.mark+"-"+w.ffmpeg, c.name+"-"+c.sha[:8])
		if err != nil {
			return nil, err
		}
		for _, s := range strengths {
			one, fresh, err := q.one(ctx, w, c, s, dir, vmaf, leaks)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", c.name, s, err)
			}
			all = append(all, one)
			live.add(one.cells()...)
			progress.step(c.name+", "+s, fresh)
			if err := removeIfThere(filepath.Join(dir, s+".mkv")); err != nil {
				return nil, err
			}
		}
		if err := removeIfThere(filepath.Join(dir, "plain.mkv")); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (q *qualityCommand) one(
	ctx context.Context, w *workshop, c clip, strength, dir string, vmaf *vmafTool, leaks *leakTool,
) (impressed, bool, error) {
	one := impressed{clip: c, strength: strength}
	key := fmt.Sprintf("quality 3 %s %s mark %s ffmpeg %s", c.sha, strength, w.mark, w.ffmpeg)
	if vmaf != nil {
		key += fmt.Sprintf(" vmaf every %d", vmaf.every)
	}
	if q.Pictures != "" { // which a kept result does not have
		key += " pictures in " + q.Pictures
	}
	fresh := !w.ledger.has(key)
	var err error
	one.impression, err = once(w.ledger, key, func() (impression, error) { return w.impress(ctx, c, strength, dir, q.Pictures, vmaf) })
	if err != nil || leaks == nil {
		return one, fresh, err
	}
	key = w.ledger.withEngine(fmt.Sprintf("curve %s %s mark %s ffmpeg %s leak %s", c.sha, strength, w.mark, w.ffmpeg, leaks.print))
	fresh = fresh || !w.ledger.has(key)
	one.scores, err = once(w.ledger, key, func() (map[string]float64, error) { return w.scores(ctx, c, strength, dir, leaks) })
	return one, fresh, err
}

func (q *qualityCommand) explain(p *page, vmaf *vmafTool, noLeaks error) {
	p.line("Each clip is marked with a fixed test key and compared frame by frame with what it was, before any encoder; " +
		"only for the bit rate, both are then encoded in the same way (x264 medium, crf 18).")
	t := newTable("column", "meaning")
	t.add("PSNR-Y", "of luma over all frames together, dB; in brackets the worst frame")
	t.add("SSIM", "of luma, windows of 8x8 samples, mean over frames; in brackets the worst frame")
	t.add("flat", "share of the picture in blocks of 16x16 whose standard deviation in the original is below 2.5 grey levels")
	t.add("rms there", "of the mark on that flat ground, grey levels")
	t.add("flicker", "mean change of the mark from one frame to the next on flat ground, grey levels: "+
		"within 0.25 s of a slot's border / elsewhere = ratio")
	t.add("worst", "the same for the worst frame (of those with at least 1 % flat) and its time; in brackets the worst that is not the "+
		"first after a cut, where flat ground changes by more than 10 grey levels")
	t.add("bit rate", "what the mark adds to the size of the picture track at the same crf")
	t.add("VMAF, NEG", "models vmaf_v0.6.1 and vmaf_v0.6.1neg, mean; in brackets that of the original against itself")
	p.table(t)
	if vmaf == nil {
		p.line("VMAF was **not measured**: no ffmpeg or ffprobe with libvmaf was found (`--vmaf`).")
	} else {
		p.line(fmt.Sprintf("VMAF judged one frame in %d.", vmaf.every))
	}
	if noLeaks != nil {
		p.line("The scores of the trade-off were **not measured**: " + noLeaks.Error() + ".")
	}
}

func qualityTable() *table {
	return newTable("clip", "half", "strength", "PSNR-Y", "SSIM", "flat", "rms there", "flicker", "worst", "bit rate", "VMAF", "NEG")
}

func (i *impressed) cells() []string {
	vmaf, neg := "-", "-"
	if i.VMAF.VMAF > 0 {
		vmaf = fmt.Sprintf("%.2f (%.2f)", i.VMAF.VMAF, i.Self.VMAF)
		neg = fmt.Sprintf("%.2f (%.2f)", i.VMAF.NEG, i.Self.NEG)
	}
	return []string{
		i.clip.name, i.clip.half, i.strength,
		fmt.Sprintf("%.2f (%.2f)", i.PSNR, i.WorstPSNR), fmt.Sprintf("%.4f (%.4f)", i.SSIM, i.WorstSSIM),
		fmt.Sprintf("%.3f", i.Flat.Share), fmt.Sprintf("%.2f", i.Flat.RMS),
		fmt.Sprintf("%.3f / %.3f = %.2f", i.Flat.Border, i.Flat.Inside, i.Flat.ratio()),
		fmt.Sprintf("%.3f at %.2f s (%.3f)", i.Flat.Worst, i.Flat.WorstAt.Seconds(), i.Flat.Steady),
		fmt.Sprintf("%+.2f %%", 100*i.cost()), vmaf, neg,
	}
}

// qualityTarget is something that must hold for every clip at normal strength.
type qualityTarget struct {
	words string
	value func(*impressed) (string, bool) // the figure and whether it will do; "" where there is none
}

func qualityTargets() []qualityTarget {
	figure := func(format string, v float64, met bool) (string, bool) { return fmt.Sprintf(format, v), met }
	return []qualityTarget{
		{"PSNR-Y at least 48 dB", func(i *impressed) (string, bool) { return figure("%.2f dB", i.PSNR, i.PSNR >= 48) }},
		{"SSIM at least 0.997, mean", func(i *impressed) (string, bool) { return figure("%.4f", i.SSIM, i.SSIM >= 0.997) }},
		{"flicker at slot borders at most twice that inside", func(i *impressed) (string, bool) {
			if i.Flat.ratio() == 0 {
				return "", false
			}
			return figure("%.2f times", i.Flat.ratio(), i.Flat.ratio() <= 2)
		}},
		{"flicker of the worst frame at most 0.08 grey levels", func(i *impressed) (string, bool) {
			return figure("%.3f", i.Flat.Worst, i.Flat.Worst <= 0.08)
		}},
		{"- the same but for the first frames after cuts", func(i *impressed) (string, bool) {
			return figure("%.3f", i.Flat.Steady, i.Flat.Steady <= 0.08)
		}},
		{"bit rate at most 6 % more", func(i *impressed) (string, bool) { return figure("%+.2f %%", 100*i.cost(), i.cost() <= 0.06) }},
		{"VMAF at least 96", func(i *impressed) (string, bool) {
			if i.VMAF.VMAF == 0 {
				return "", false
			}
			return figure("%.2f", i.VMAF.VMAF, i.VMAF.VMAF >= 96)
		}},
		{"VMAF-NEG at least 94", func(i *impressed) (string, bool) {
			if i.VMAF.VMAF == 0 {
				return "", false
			}
			return figure("%.2f", i.VMAF.NEG, i.VMAF.NEG >= 94)
		}},
	}
}

func (q *qualityCommand) strengthSection(p *page, strength string, all []impressed) {
	p.heading("Strength " + strength)
	t := qualityTable()
	for i := range all {
		if all[i].strength == strength {
			t.add(all[i].cells()...)
		}
	}
	p.table(t)
	if strength != "normal" {
		return
	}
	p.line("What must hold at this strength:")
	targets := newTable("must", "clips of the measuring half", "all clips", "misses")
	for _, target := range qualityTargets() {
		targets.add(target.row(strength, all)...)
	}
	p.table(targets)
}

// row tells how many clips meet the target, and names those that do not.
func (t qualityTarget) row(strength string, all []impressed) []string {
	var met, n, metBlind, blind int
	var misses []string
	for i := range all {
		one := &all[i]
		if one.strength != strength {
			continue
		}
		figure, ok := t.value(one)
		if figure == "" {
			continue
		}
		n++
		if one.clip.half == measuring {
			blind++
		}
		if !ok {
			misses = append(misses, one.clip.name+" "+figure)
			continue
		}
		met++
		if one.clip.half == measuring {
			metBlind++
		}
	}
	none := "none"
	if n == 0 {
		none = "not measured"
	}
	return []string{t.words, shareOf(metBlind, blind), shareOf(met, n), orElse(strings.Join(misses, ", "), none)}
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func (q *qualityCommand) curveSection(p *page, all []impressed) {
	p.heading("Visibility against strength")
	p.line("The same for every strength, with the score z of the right tag after hard damage, read blind from ten seconds, " +
		"the place of the picture being known (`leak` of the name, `--vary 0`). A tag among a million is certain from about z = 8.4 on.")
	head := []string{"clip", "half", "strength", "PSNR-Y", "VMAF", "NEG", "bit rate"}
	for _, name := range curveLeaks() {
		head = append(head, "z "+name)
	}
	t := newTable(head...)
	for i := range all {
		one := &all[i]
		cells := one.cells()
		row := []string{one.clip.name, one.clip.half, one.strength, fmt.Sprintf("%.2f", one.PSNR), cells[10], cells[11], cells[9]}
		for _, name := range curveLeaks() {
			if z, ok := one.scores[name]; ok {
				row = append(row, fmt.Sprintf("%.1f", z))
			} else {
				row = append(row, "-")
			}
		}
		t.add(row...)
	}
	p.table(t)
}
