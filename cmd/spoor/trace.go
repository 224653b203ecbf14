// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"spoor/engine"
	"spoor/storage"
)

type traceCommand struct {
	Leaks   []string `arg:"" name:"leak" help:"Suspect videos, pictures or PDFs, or folders of them."`
	Case    string   `help:"Case that they belong to, id or name (default: inbox)." placeholder:"C"`
	Title   string   `help:"Try this title only, id or name (default: all)." placeholder:"T"`
	Method  string   `enum:"auto,blind,informed" default:"auto" help:"auto or blind: from the mark alone. informed is not there yet."`
	Full    bool     `help:"Read all of it, instead of stopping when the answer is certain."`
	InPlace bool     `help:"Leave the leaks where they lie instead of copying them into the vault."`
}

// Help is the example.
func (traceCommand) Help() string {
	return "The files are only read. A tag is named if the probability of a coincidence, after all corrections, is at\n" +
		"most 1 in 10^9; else nobody is named. In this version auto means blind: the reader works from the mark alone;\n" +
		"informed, which compares with the original, comes later. A folder means all files in it and below, without\n" +
		"hidden files and links. Exit code 0: something found, 1: failed, 3: nothing certain found.\n\nExamples:\n" +
		"  spoor trace leak.mp4\n  spoor trace evidence/ --case \"Festival leak\" --json"
}

// Run traces leaks.
func (c *traceCommand) Run(a *app) error {
	if c.Method == "informed" {
		return errors.New("--method informed needs a reference of the title, which this version does not make yet: use blind")
	}
	leaks, err := expand(c.Leaks)
	if err != nil {
		return err
	}
	e, err := a.open()
	if err != nil {
		return err
	}
	defer e.Close()
	if err := c.check(a, e); err != nil {
		return err
	}
	a.term.registered = func(title, tag string) (storage.Tag, error) { return e.Tag(a.ctx, title, tag) }
	results := []engine.TraceResult{}
	tally := map[string]int{}
	for i, leak := range leaks {
		r, err := c.one(a, e, leak)
		if err != nil {
			return errors.Join(err, a.print(results)) // stopped
		}
		tally[r.Verdict]++
		results = append(results, r)
		a.term.bar.clear()
		if r.Error != nil {
			fmt.Fprintln(a.term.err, "spoor: "+safe(leak)+": "+safe(*r.Error))
		}
		if !a.json {
			if i > 0 {
				a.say("")
			}
			showResult(a.term.out, a.term, &r)
		}
	}
	if err := a.print(results); err != nil {
		return err
	}
	switch {
	case tally["found"] > 0:
		return nil
	case tally["failed"] > 0:
		return saidError(exitFailed)
	}
	return saidError(exitUncertain)
}

// check refuses names that do not exist before the first leak is taken in.
func (c *traceCommand) check(a *app, e *engine.Engine) error {
	if c.Case != "" {
		if _, err := e.Case(a.ctx, c.Case); err != nil {
			return err
		}
	}
	if c.Title != "" {
		if _, err := e.Title(a.ctx, c.Title); err != nil {
			return err
		}
	}
	return nil
}

// one traces one leak. What is wrong with it is part of the result; an error means that the program was stopped.
func (c *traceCommand) one(a *app, e *engine.Engine, leak string) (engine.TraceResult, error) {
	r, err := e.Trace(a.ctx, engine.TraceOptions{
		Leak: leak, Case: c.Case, Title: c.Title, Method: c.Method, Full: c.Full, InPlace: c.InPlace, Progress: a.progress(),
	})
	if err == nil {
		return r, nil
	}
	if cause := context.Cause(a.ctx); cause != nil {
		return r, cause
	}
	text := words(err)
	r.Leak, r.Verdict, r.Error = leak, "failed", &text
	if r.Findings == nil {
		r.Findings = []engine.TraceFinding{}
	}
	return r, nil
}

// expand replaces folders by the files in them, in order, without hidden files, links and what is no file.
func expand(names []string) ([]string, error) {
	var list []string
	for _, name := range names {
		st, err := os.Stat(name)
		if err != nil || !st.IsDir() {
			list = append(list, name) // what is wrong with it is told with the others
			continue
		}
		before := len(list)
		err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case path != name && strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
			case d.Type().IsRegular():
				list = append(list, path)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("the folder %q cannot be read: %w", name, err)
		}
		if len(list) == before {
			return nil, fmt.Errorf("the folder %q has no files to trace", name)
		}
	}
	return list, nil
}
