// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

type titleCommand struct {
	Add    titleAdd    `cmd:"" help:"Register an original: it is checked and gets a key."`
	List   titleList   `cmd:"" help:"List all titles."`
	Show   titleShow   `cmd:"" help:"Show a title."`
	Remove titleRemove `cmd:"" help:"Forget a title, its registry and its key, for ever."`

	Find      titleFind      `cmd:"" help:"Tell which titles a video or picture shows."`
	Reference titleReference `cmd:"" help:"Build the reference of a title again, from its original."`
	Export    titleExport    `cmd:"" help:"Write the reference of a title as one file."`
	Import    titleImport    `cmd:"" help:"Take over a reference that was built elsewhere."`
}

// titleJSON is a title as programs get it.
type titleJSON struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	DurationMS int64           `json:"duration_ms"`
	Width      int             `json:"width"`
	Height     int             `json:"height"`
	FrameRate  string          `json:"frame_rate"`
	File       string          `json:"file"`
	SHA256     string          `json:"sha256"`
	Size       int64           `json:"size"`
	KeyID      string          `json:"key_id"`
	Expected   engine.Capacity `json:"expected_strength"`
	Tags       int64           `json:"tags"`
	Issued     int64           `json:"issued"`
	CreatedAt  time.Time       `json:"created_at"`
}

func titleOut(t engine.Title) titleJSON {
	file := t.Original.Path
	if file == "" {
		file = t.FileName
	}
	return titleJSON{
		ID: t.ID, Name: t.Name, DurationMS: t.Duration.Milliseconds(), Width: t.Width, Height: t.Height, FrameRate: t.FrameRate,
		File: file, SHA256: t.SHA256, Size: t.Size, KeyID: t.KeyID, Expected: t.Expected,
		Tags: t.Tags, Issued: t.Issued, CreatedAt: t.CreatedAt,
	}
}

type titleAdd struct {
	Original string `arg:"" help:"The original video."`
	Name     string `help:"Name of the title (default: that of the file)."`
}

// Help is the example.
func (titleAdd) Help() string {
	return "The file stays where it is; it is needed again to make copies. A title that is too short, too small or too\n" +
		"flat to carry a mark is refused.\n\nExample:\n  spoor title add film.mp4 --name \"The Film\""
}

// Run registers a title.
func (c *titleAdd) Run(a *app, e *engine.Engine) error {
	path, err := filepath.Abs(c.Original)
	if err != nil {
		return err
	}
	t, err := job.Do(a.ctx, a.queue(e), job.Title{File: path, Name: c.Name}.Job(), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) (engine.Title, error) {
			return e.AddTitle(ctx, engine.TitleOptions{File: c.Original, Name: c.Name, Progress: report})
		})
	if err != nil {
		return err
	}
	if t, err = e.Title(a.ctx, t.ID); err != nil {
		return err
	}
	a.term.bar.clear()
	if t.Expected.Weak() {
		a.warn("the mark of this title will be weak (expected score %.1f): use --strength strong for its copies", t.Expected.Score)
	}
	a.showTitle(e, t)
	a.hint("Make a copy with: spoor mark %s --tag RECIPIENT -o COPY.mp4", t.ID)
	return a.print(titleOut(t))
}

type titleList struct{}

// Help is the example.
func (titleList) Help() string { return "Example:\n  spoor title list" }

// Run lists titles.
func (titleList) Run(a *app, e *engine.Engine) error {
	all := []titleJSON{}
	var rows table
	rows.add("ID", "NAME", "LENGTH", "SIZE", "TAGS", "ISSUED", "ADDED")
	for page := (storage.Page{Limit: 1000}); ; {
		list, err := e.Titles(a.ctx, page)
		if err != nil {
			return err
		}
		for _, t := range list {
			all = append(all, titleOut(t))
			rows.add(t.ID, t.Name, clock(t.Duration), fmt.Sprintf("%dx%d", t.Width, t.Height),
				grouped(t.Tags), grouped(t.Issued), day(t.CreatedAt))
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].ID
	}
	if len(all) == 0 {
		a.say("No titles yet. Register one with: spoor title add ORIGINAL")
	} else if !a.json {
		rows.write(a.term.out)
	}
	return a.print(all)
}

type titleShow struct {
	Title string `arg:"" help:"Id or unique name."`
}

// Help is the example.
func (titleShow) Help() string {
	return "The expected strength is the score of an undamaged copy at normal strength, of at most 32; a million\n" +
		"tags need about 8.3 to be told apart at the threshold.\n\nExample:\n  spoor title show film"
}

// Run shows a title.
func (c *titleShow) Run(a *app, e *engine.Engine) error {
	t, err := e.Title(a.ctx, c.Title)
	if err != nil {
		return err
	}
	a.showTitle(e, t)
	return a.print(titleOut(t))
}

func (a *app) showTitle(e *engine.Engine, t engine.Title) {
	if a.json {
		return
	}
	out := titleOut(t)
	var rows table
	rows.add("title", t.Name)
	rows.add("id", t.ID)
	rows.add("length", clock(t.Duration))
	rows.add("picture", fmt.Sprintf("%dx%d, %s frames a second", t.Width, t.Height, t.FrameRate))
	rows.add("original", out.File)
	rows.add("sha256", t.SHA256)
	rows.add("key", t.KeyID)
	rows.add("reference", referenceWords(e, t.ID))
	rows.add("strength", fmt.Sprintf("expected score %.1f of 32: %s", t.Expected.Score, t.Expected.Words))
	rows.add("tags", fmt.Sprintf("%s, of which %s issued", grouped(t.Tags), grouped(t.Issued)))
	rows.add("added", day(t.CreatedAt))
	rows.write(a.term.out)
}

type titleRemove struct {
	Title string `arg:"" help:"Id or unique name."`
	Force bool   `help:"Even where copies were issued or findings name it."`
}

// Help is the example.
func (titleRemove) Help() string {
	return "The key goes too: copies of this title can never be traced again. The original file is not touched.\n\n" +
		"Example:\n  spoor title remove film"
}

// Run removes a title.
func (c *titleRemove) Run(a *app, e *engine.Engine) error {
	t, err := e.RemoveTitle(a.ctx, c.Title, c.Force)
	if err != nil {
		return err
	}
	a.say("Removed the title %s (%s).", safe(t.Name), t.ID)
	return a.print(titleOut(t))
}
