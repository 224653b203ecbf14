// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"spoor/assets"
	"spoor/engine"
	"spoor/storage"
)

type demoCommand struct {
	Dir string `help:"Empty or new folder for the files (default: a temporary one)." placeholder:"DIR"`
}

// Help is the example.
func (demoCommand) Help() string {
	return "Everything happens in a folder of its own; --home is not used. Exit code 1 if the wrong recipient is named.\n\n" +
		"Example:\n  spoor demo --dir demo"
}

// demoOthers is how many further tags the registry has, so that the odds mean something.
const demoOthers = 9997

// demoEncoder is quicker than what mark does unless told otherwise: a demo must not be a test of patience.
func demoEncoder() []string { return []string{"-c:v", "libx264", "-preset", "veryfast", "-crf", "18"} }

// demo is one showing.
type demo struct {
	a     *app
	e     *engine.Engine
	dir   string
	title engine.Title
	begun time.Time
	leaks []demoLeak
}

// demoLeak is one of the copies, leaked in some way.
type demoLeak struct {
	file  string
	whose string // the recipient whose copy it is
	words string // what happens to it
	how   []string
}

// demoLeaks are a copy cropped, scaled and compressed hard, and another filmed off a screen: perspective, blur, light,
// the noise of a sensor, thirty frames a second.
func demoLeaks() []demoLeak {
	return []demoLeak{
		{
			"leak.mp4", "bob@press.example",
			"cut away 28 % of the picture, scale the rest up, compress it with x264 at crf 33",
			[]string{"-vf", "crop=iw*0.85:ih*0.85:iw*0.07:ih*0.09,scale=1280:720", "-c:v", "libx264", "-preset", "medium", "-crf", "33"},
		},
		{
			"filmed.mp4", "carol@dubbing.example",
			"film it off a screen, from the side: perspective, blur, other light, noise, 30 frames a second, crf 30",
			[]string{
				"-vf", "perspective=x0=W*0.03:y0=H*0.05:x1=W*0.96:y1=H*0.02:x2=W*0.05:y2=H*0.97:x3=W*0.98:y3=H*0.94:sense=destination," +
					"gblur=sigma=1.2,eq=gamma=1.25:contrast=0.9,vignette=PI/5,noise=alls=8:allf=t,fps=30,scale=960:540",
				"-c:v", "libx264", "-preset", "veryfast", "-crf", "30",
			},
		},
	}
}

// demoJSON is the outcome for programs.
type demoJSON struct {
	Folder string               `json:"folder"`
	Leaked string               `json:"leaked"`
	Right  bool                 `json:"right"` // of all leaks
	Trace  engine.TraceResult   `json:"trace"`
	More   []engine.TraceResult `json:"more"` // the other leaks
}

// Run shows the whole way.
func (c *demoCommand) Run(a *app) error {
	dir, err := demoFolder(c.Dir)
	if err != nil {
		return err
	}
	e, err := engine.Open(a.ctx, filepath.Join(dir, "home"), engine.WithProgram(version), engine.WithLogger(a.term.logger()))
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.SetSetting(a.ctx, engine.SettingExaminer, "Spoor demo"); err != nil { // so that the report is signed by somebody
		return err
	}
	d := &demo{a: a, e: e, dir: dir, begun: time.Now(), leaks: demoLeaks()}
	for _, step := range []func() error{d.register, d.mark, d.spill} {
		if err := step(); err != nil {
			return err
		}
		a.term.bar.clear()
	}
	return d.trace()
}

func demoFolder(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "spoor-demo-")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("the folder for the demo cannot be made: %w", err)
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("the folder for the demo cannot be read: %w", err)
	}
	if len(list) > 0 {
		return "", fmt.Errorf("the folder %q is not empty: choose another", dir)
	}
	return filepath.Abs(dir)
}

// register writes the bundled clip and makes it a title.
func (d *demo) register() error {
	clip := filepath.Join(d.dir, assets.DemoClipName)
	if err := os.WriteFile(clip, []byte(assets.DemoClip()), 0o600); err != nil {
		return err
	}
	d.a.say("1. Register the title: %s\n   (%s)", clip, assets.DemoClipAttribution)
	t, err := d.e.AddTitle(d.a.ctx, engine.TitleOptions{File: clip, Progress: d.a.progress()})
	if err != nil {
		return err
	}
	d.title = t
	others := func(yield func(storage.Tag, error) bool) {
		for i := range demoOthers {
			if !yield(storage.Tag{Text: fmt.Sprintf("recipient-%05d@example.org", i+1)}, nil) {
				return
			}
		}
	}
	added, err := d.e.AddTags(d.a.ctx, t.ID, iter.Seq2[storage.Tag, error](others))
	d.a.term.bar.clear()
	d.a.say("   id %s, expected strength %.1f; %s other recipients in its registry", t.ID, t.Expected.Score, grouped(added.Tags))
	return err
}

// mark makes the copies.
func (d *demo) mark() error {
	var orders []engine.Order
	for _, who := range []string{"alice@studio.example", "bob@press.example", "carol@dubbing.example"} {
		orders = append(orders, engine.Order{Tag: storage.Tag{Text: who}, Out: filepath.Join(d.dir, engine.FileNameFor(who, ".mp4"))})
	}
	d.a.say("\n2. Make a marked copy for each of three recipients")
	made, err := d.e.Mark(d.a.ctx, engine.MarkOptions{Title: d.title.ID, Orders: orders, Encoder: demoEncoder(), Progress: d.a.progress()})
	d.a.term.bar.clear()
	for _, m := range made {
		d.a.say("   %-24s %s  (PSNR-Y %.1f dB, SSIM %.4f)", m.Tag, filepath.Base(m.File), m.PSNR, m.SSIM)
	}
	return err
}

// spill makes the leaks.
func (d *demo) spill() error {
	d.a.say("\n3. Leak two of them")
	for _, l := range d.leaks {
		source := filepath.Join(d.dir, engine.FileNameFor(l.whose, ".mp4"))
		args := append([]string{"-v", "error", "-nostdin", "-i", "file:" + source}, l.how...)
		args = append(args, "-c:a", "copy", "file:"+filepath.Join(d.dir, l.file))
		command := exec.CommandContext(d.a.ctx, "ffmpeg", args...) //nolint:gosec // our own files and words
		if out, err := command.CombinedOutput(); err != nil {
			if cause := context.Cause(d.a.ctx); cause != nil {
				return cause
			}
			return fmt.Errorf("ffmpeg could not make the leak: %w: %s", err, out)
		}
		st, err := os.Stat(filepath.Join(d.dir, l.file))
		if err != nil {
			return err
		}
		d.a.say("   %-12s %6s kB  %s", l.file, grouped(st.Size()/1000), l.words)
	}
	return nil
}

// trace asks whose copies they were, and checks the answers.
func (d *demo) trace() error {
	out := demoJSON{Folder: d.dir, Leaked: d.leaks[0].whose, Right: true}
	var wrong error
	for i, l := range d.leaks {
		d.a.say("\n%d. Trace %s: which title is it, and whose copy was it?\n", 4+i, l.file)
		r, err := d.e.Trace(d.a.ctx, engine.TraceOptions{Leak: filepath.Join(d.dir, l.file), Progress: d.a.progress()})
		if err != nil {
			return err
		}
		d.a.term.bar.clear()
		if !d.a.json {
			showResult(d.a.term.out, d.a.term, &r)
		}
		if len(r.Findings) != 1 || r.Findings[0].Tag != l.whose {
			out.Right = false
			wrong = errors.Join(wrong, fmt.Errorf("%s was the copy of %s, and that is not what was found", l.file, l.whose))
		}
		if i == 0 {
			out.Trace = r
		} else {
			out.More = append(out.More, r)
		}
	}
	if err := d.a.print(out); err != nil {
		return err
	}
	if wrong != nil {
		return fmt.Errorf("the demo failed: %w", wrong)
	}
	if err := d.report(); err != nil {
		return err
	}
	d.a.say("\nBoth are right. It took %.0f s. The files are in %s", time.Since(d.begun).Seconds(), d.dir)
	d.a.say("Look at the copies: can you tell them from the original? Then leak one in a way of your own, and try:")
	d.a.say("  spoor --home %s trace YOUR-LEAK.mp4", filepath.Join(d.dir, "home"))
	d.a.say("On your own video:\n  spoor title add film.mp4\n" +
		"  spoor mark film --tag \"Alice, Acme Ltd\" -o alice.mp4\n  spoor trace leak.mp4")
	return nil
}

// report writes what was found as a document.
func (d *demo) report() error {
	d.a.say("\n%d. Write what was found as a signed report\n", 4+len(d.leaks))
	c := reportCommand{Case: storage.Inbox, Out: filepath.Join(d.dir, "report.pdf"), Format: "pdf", Kind: "expert", Lang: "en", Paper: "a4"}
	_, err := c.write(d.a, d.e)
	return err
}
