// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

type tagCommand struct {
	List tagList `cmd:"" help:"List the tags of a title."`
	Add  tagAdd  `cmd:"" help:"Register tags without making copies."`
}

// tagJSON is a tag as programs get it.
type tagJSON struct {
	Ordinal   int64      `json:"ordinal"`
	Tag       string     `json:"tag"`
	Name      string     `json:"name"`
	Company   string     `json:"company"`
	Email     string     `json:"email"`
	Note      string     `json:"note"`
	CreatedAt time.Time  `json:"created_at"`
	IssuedAt  *time.Time `json:"issued_at"`
}

func tagOut(t storage.Tag) tagJSON {
	return tagJSON{t.Ordinal, t.Text, t.Name, t.Company, t.Email, t.Note, t.CreatedAt, t.IssuedAt}
}

type tagList struct {
	Title  string `arg:"" help:"Id or unique name of the title."`
	Issued bool   `help:"Only tags that have a copy."`
	After  int64  `help:"Begin after this number in the registry."`
	Limit  int64  `help:"At most so many (default: all)."`
}

// Help is the example.
func (tagList) Help() string { return "Example:\n  spoor tag list film --issued" }

// Run lists tags. There may be millions: they are written as they come.
func (c *tagList) Run(a *app, e *engine.Engine) error {
	tags, err := e.Tags(a.ctx, c.Title, c.After)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(a.term.out, 1<<16)
	list := tagWriter{w: out, json: a.json}
	for tag, err := range tags {
		if err != nil {
			return err
		}
		if c.Issued && tag.IssuedAt == nil {
			continue
		}
		if err := list.write(tag); err != nil {
			return err
		}
		if c.Limit > 0 && list.n >= c.Limit {
			break
		}
	}
	if err := list.end(); err != nil {
		return err
	}
	return out.Flush()
}

// tagWriter writes tags one after the other.
type tagWriter struct {
	w    io.Writer
	json bool
	n    int64
	rows table // a page of them, for aligned columns
}

func (l *tagWriter) write(t storage.Tag) error {
	l.n++
	if l.json {
		start := ",\n  "
		if l.n == 1 {
			start = "[\n  "
		}
		b, err := json.Marshal(tagOut(t))
		if err != nil {
			return err
		}
		_, err = io.WriteString(l.w, start+string(b))
		return err
	}
	issued := "-"
	if t.IssuedAt != nil {
		issued = day(*t.IssuedAt)
	}
	if l.n == 1 {
		l.rows.add("NUMBER", "ISSUED", "TAG", "WHO")
	}
	l.rows.add(t.Ordinal, issued, t.Text, describe(t))
	if len(l.rows.rows) >= 1000 {
		l.rows.write(l.w)
		l.rows.rows = nil
	}
	return nil
}

// describe is what is known of a recipient beside the tag.
func describe(t storage.Tag) string {
	var known []string
	for _, s := range []string{t.Name, t.Company, t.Email, t.Note} {
		if s != "" {
			known = append(known, s)
		}
	}
	return strings.Join(known, ", ")
}

func (l *tagWriter) end() error {
	if !l.json {
		l.rows.write(l.w)
		return nil
	}
	end := "\n]\n"
	if l.n == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(l.w, end)
	return err
}

type tagAdd struct {
	Title string   `arg:"" help:"Id or unique name of the title."`
	Tags  string   `xor:"what" required:"" placeholder:"FILE" help:"CSV file: column tag, and if wanted name, company, email, note."`
	Tag   []string `xor:"what" required:"" placeholder:"T" help:"A tag; may be given several times." sep:"none"`
}

// Help is the example.
func (tagAdd) Help() string {
	return "Tags that are there already are left as they are. A file with a fault adds nothing.\n\n" +
		"Example:\n  spoor tag add film --tags recipients.csv"
}

// tagAddJSON says what was added.
type tagAddJSON struct {
	Added      int64    `json:"added"`
	Duplicates int64    `json:"duplicates"`
	Ignored    []string `json:"ignored_columns,omitempty"`
}

// file registers the tags of a file.
func (c *tagAdd) file(a *app, e *engine.Engine) (engine.TagImport, error) {
	if st, err := os.Stat(c.Tags); err == nil && !st.Mode().IsRegular() { // a pipe is read once, and here
		return e.ImportTags(a.ctx, c.Title, c.Tags, a.progress())
	}
	path, err := filepath.Abs(c.Tags)
	if err != nil {
		return engine.TagImport{}, err
	}
	return job.Do(a.ctx, a.queue(e), job.Tags{Title: c.Title, File: path}.Job(), a.progress(),
		func(ctx context.Context, report func(engine.Progress)) (engine.TagImport, error) {
			return e.ImportTags(ctx, c.Title, c.Tags, report)
		})
}

// Run registers tags.
func (c *tagAdd) Run(a *app, e *engine.Engine) error {
	var out tagAddJSON
	if c.Tags != "" {
		got, err := c.file(a, e)
		if err != nil {
			return err
		}
		out = tagAddJSON{got.Tags, got.Duplicates, got.Ignored}
	} else {
		got, err := e.AddTags(a.ctx, c.Title, func(yield func(storage.Tag, error) bool) {
			for _, text := range c.Tag {
				if !yield(storage.Tag{Text: text}, nil) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		out = tagAddJSON{got.Tags, got.Duplicates, nil}
	}
	a.term.bar.clear()
	if len(out.Ignored) > 0 {
		a.warn("columns without a meaning here were left out: %q", out.Ignored)
	}
	a.say("%s tags added, %s there already.", grouped(out.Added), grouped(out.Duplicates))
	return a.print(out)
}
