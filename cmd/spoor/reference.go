// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/engine/reference"
)

// referenceJSON is the reference of a title as programs get it.
type referenceJSON struct {
	Title    string `json:"title"`
	Name     string `json:"name"`
	Version  int    `json:"version"`
	Pictures int    `json:"pictures"`
	Points   int64  `json:"keypoints"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	File     string `json:"file,omitempty"`
}

func referenceOut(f reference.Facts, file string) referenceJSON {
	return referenceJSON{
		Title: f.TitleID, Name: f.Name, Version: reference.Version, Pictures: f.Pictures, Points: f.Points,
		Width: f.Width, Height: f.Height, File: file,
	}
}

// referenceWords says what the reference of a title holds, or what to do where there is none.
func referenceWords(e *engine.Engine, titleID string) string {
	f, err := e.ReferenceFacts(titleID)
	switch kind := reference.KindOf(err); {
	case err == nil:
		return fmt.Sprintf("%s pictures of %dx%d, %s keypoints", grouped(int64(f.Pictures)), f.Width, f.Height, grouped(f.Points))
	case kind == reference.Missing:
		return "none; build it from the original: spoor title reference " + titleID
	}
	return safe(err.Error())
}

type titleReference struct {
	Title    string `arg:"" help:"Id or unique name."`
	Original string `help:"Where the original is now (default: where it was)." placeholder:"FILE"`
}

// Help is the example.
func (titleReference) Help() string {
	return "The reference is built when a title is added. This builds it again: for titles of older versions, or where it was\n" +
		"damaged. The file must be the very one that was registered.\n\nExample:\n  spoor title reference film"
}

// Run builds a reference.
func (c *titleReference) Run(a *app, e *engine.Engine) error {
	args := job.Reference{Title: c.Title}
	if c.Original != "" {
		path, err := filepath.Abs(c.Original)
		if err != nil {
			return err
		}
		args.Original = path
	}
	f, err := job.Do(a.ctx, a.queue(e), args.Job(), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) (reference.Facts, error) {
			return e.BuildReference(ctx, c.Title, c.Original, report)
		})
	if err != nil {
		return err
	}
	a.term.bar.clear()
	a.say("Built the reference of %s: %s.", safe(f.Name), referenceWords(e, f.TitleID))
	return a.print(referenceOut(f, ""))
}

type titleExport struct {
	Title string `arg:"" help:"Id or unique name."`
	Out   string `short:"o" required:"" help:"The file to write." placeholder:"FILE"`
	Force bool   `help:"Replace the file if it is there."`
}

// Help is the example.
func (titleExport) Help() string {
	return "Writes the reference of a title: small gray pictures and keypoints, no key, no tags. With it another home that has\n" +
		"the title can trace leaks without its original.\n\nExample:\n  spoor title export film -o film.ref"
}

// Run exports a reference.
func (c *titleExport) Run(a *app, e *engine.Engine) error {
	f, err := e.ExportReference(a.ctx, c.Title, c.Out, c.Force)
	if err != nil {
		return err
	}
	a.say("Wrote the reference of %s to %s.", safe(f.Name), safe(c.Out))
	return a.print(referenceOut(f, c.Out))
}

type titleImport struct {
	File string `arg:"" help:"What title export wrote."`
}

// Help is the example.
func (titleImport) Help() string {
	return "Takes over the reference of a title that is registered here. It is checked completely first.\n\n" +
		"Example:\n  spoor title import film.ref"
}

// Run imports a reference.
func (c *titleImport) Run(a *app, e *engine.Engine) error {
	f, err := e.ImportReference(a.ctx, c.File)
	if err != nil {
		return err
	}
	a.say("The title %s has this reference now: %s.", safe(f.Name), referenceWords(e, f.TitleID))
	return a.print(referenceOut(f, c.File))
}

type titleFind struct {
	Leak string `arg:"" help:"A video or picture."`
	Full bool   `help:"Look at all of a long file, not at a few stretches."`
}

// Help is the example.
func (titleFind) Help() string {
	return "Tells which of the titles a file shows, by their pictures; marks are not looked at. Several are told where the file\n" +
		"shows several. Exit code 0: found, 3: it is none of them, as far as can be told.\n\nExample:\n  spoor title find leak.mp4"
}

// Run finds the titles of a file.
func (c *titleFind) Run(a *app, e *engine.Engine) error {
	r, err := e.FindTitles(a.ctx, c.Leak, engine.FindOptions{Full: c.Full, Progress: a.progress()})
	if err != nil {
		return err
	}
	a.term.bar.clear()
	ms := func(n int64) string { return clock(time.Duration(n) * time.Millisecond) }
	for _, t := range r.Titles {
		how := ""
		if t.Mirror {
			how = ", mirrored"
		}
		a.say("%s (%s): at %s the file shows %s of the title%s; %d places agree, log10 of the probability %.0f",
			safe(t.Name), t.ID, ms(t.LeakMS), ms(t.TitleMS), how, t.Points, t.Log10P)
	}
	for _, s := range r.Spans {
		if s.ToMS > s.FromMS {
			a.say("  %s - %s of the file is %s - %s of %s, at %.3f of its speed",
				ms(s.FromMS), ms(s.ToMS), ms(s.TitleFromMS), ms(s.TitleToMS),
				safe(s.Name), s.Speed)
		}
	}
	if len(r.Titles) == 0 {
		a.sayNoTitle(r.Search)
	}
	for id, why := range r.Missing {
		a.warn("the title %s was not compared: %s", id, safe(why))
	}
	if err := a.print(r); err != nil {
		return err
	}
	if len(r.Titles) == 0 {
		return saidError(exitUncertain)
	}
	return nil
}

// sayNoTitle says what it rests on that a file shows none of the titles.
func (a *app) sayNoTitle(s *engine.TitleSearch) {
	a.say("None of %d titles: %d frames of the file with %d keypoints were compared with %d of theirs.",
		s.Titles, s.Frames, s.Points, s.Against)
	for _, r := range s.Nearest {
		a.say("  %s (%s) comes nearest at %s, where %d places agree (%.1f votes): log10 of the probability %.1f, where %.0f is needed",
			safe(r.Name), r.ID, clock(time.Duration(r.LeakMS)*time.Millisecond), r.Places, r.Votes, r.Log10P, s.Threshold)
	}
}
