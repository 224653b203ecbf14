// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"spoor/engine"
	"spoor/report"
	"spoor/report/casereport"
)

type reportCommand struct {
	Case    string `arg:"" help:"Id or name."`
	Out     string `short:"o" name:"output" help:"File to write; - for standard output." placeholder:"FILE"`
	Format  string `enum:"pdf,json,xml,case,csv,package" default:"pdf" help:"case: CASE/UCO; csv: accesses; package: for the other side."`
	Kind    string `enum:"expert,memo,takedown,preservation" default:"expert" help:"takedown names nobody; preservation: for providers."`
	Lang    string `enum:"en,de" default:"en" help:"en or de."`
	Paper   string `enum:"a4,letter" default:"a4" help:"a4 or letter."`
	Banner  string `help:"A line at the head and foot of every page." placeholder:"TEXT"`
	Redact  bool   `help:"Leave out network addresses."`
	Network string `help:"preservation: only the addresses of this network owner." placeholder:"NAME"`
	Preview string `help:"Render the pages of the PDF: out.png gives out-1.png, out-2.png ..." placeholder:"FILE.png"`
	NoSign  bool   `help:"Do not sign."`
	Stamp   string `help:"Have the signature time-stamped by this service (RFC 3161)." env:"SPOOR_TSA" placeholder:"URL"`
	Force   bool   `help:"Replace a file that is there."`
}

// Help is the example.
func (reportCommand) Help() string {
	return "Each report is signed with the office's key, which is made at the first use, into FILE.sig; spoor verify FILE says\n" +
		"who signed it and when, on any machine, and finds a changed byte. The package holds what an expert of the other side\n" +
		"needs to recompute every score without a key.\n\nExamples:\n" +
		"  spoor report \"Festival leak\" -o report.pdf\n" +
		"  spoor report \"Festival leak\" --kind takedown --lang de -o notice.pdf\n" +
		"  spoor report inbox --format json -o -\n  spoor report inbox --preview page.png"
}

// reportJSON is what was written, as programs get it.
type reportJSON struct {
	File      string   `json:"file"`
	Format    string   `json:"format"`
	Kind      string   `json:"kind"`
	Signature string   `json:"signature,omitempty"`
	Key       string   `json:"key,omitempty"` // public
	Stamp     string   `json:"time_stamp,omitempty"`
	Pages     []string `json:"pages,omitempty"`
}

func (c *reportCommand) check(a *app) error {
	switch {
	case c.Out == "" && c.Preview == "":
		return usageError("say where to: -o FILE, or --preview FILE.png")
	case c.Preview != "" && c.Format != "pdf":
		return usageError("--preview shows the pages of a PDF: leave --format out")
	case c.Out == "-" && (a.json || c.Preview != ""):
		return usageError("standard output holds the report alone: leave --json and --preview out")
	}
	o := c.options()
	if err := o.Check(); err != nil {
		return usageError(err.Error())
	}
	return nil
}

// Run writes a report.
func (c *reportCommand) Run(a *app, e *engine.Engine) error {
	done, err := c.write(a, e)
	if err != nil || c.Out == "-" {
		return err
	}
	return a.print(done)
}

func (c *reportCommand) options() report.Options {
	return report.Options{
		Kind: report.Kind(c.Kind), Lang: c.Lang, Paper: report.Paper(c.Paper), Banner: c.Banner, Redact: c.Redact, Filter: c.Network,
	}
}

// write gathers the case and writes what is asked for.
func (c *reportCommand) write(a *app, e *engine.Engine) (reportJSON, error) {
	done := reportJSON{File: c.Out, Format: c.Format, Kind: c.Kind}
	x := casereport.Export{Case: c.Case, Format: report.Format(c.Format), Options: c.options()}
	r, err := x.Report(a.ctx, e)
	if err != nil {
		return done, err
	}
	if c.Out == "-" {
		return done, report.Write(a.ctx, a.term.out, r, x.Format, x.Options)
	}
	return done, c.export(a, e, r, &x, &done)
}

// export writes the files, and says which.
func (c *reportCommand) export(a *app, e *engine.Engine, r *report.Report, x *casereport.Export, done *reportJSON) error {
	if c.Out != "" {
		if err := c.save(a, e, r, x, done); err != nil {
			return err
		}
	}
	if c.Preview != "" {
		var err error
		if done.Pages, err = c.preview(a, e, r, x); err != nil {
			return err
		}
		a.say("Rendered %d pages: %s ...", len(done.Pages), safe(done.Pages[0]))
	}
	return nil
}

// save writes the report, signed and time-stamped as asked for.
func (c *reportCommand) save(a *app, e *engine.Engine, r *report.Report, x *casereport.Export, done *reportJSON) error {
	written, err := x.Save(a.ctx, e, r, c.Out, c.Force, !c.NoSign)
	if err != nil {
		return orForce(err)
	}
	a.say("Wrote %s", safe(c.Out))
	if c.NoSign {
		return nil
	}
	done.Signature, done.Key = written.Signature, written.Key
	a.say("Signed by %s with the key %s", safe(written.Signer), done.Key)
	if written.Signer == casereport.Unnamed {
		a.say("To have your name in reports: spoor setting examiner \"NAME\"")
	}
	if c.Stamp == "" {
		return nil
	}
	if err := c.stamp(a, done); err != nil {
		return fmt.Errorf("the report is written and signed, but not time-stamped: %w", err)
	}
	return nil
}

// orForce says how a file that is there is replaced.
func orForce(err error) error {
	if errors.Is(err, report.ErrExists) {
		return fmt.Errorf("%w, or --force", err)
	}
	return err
}

// stamp has the signature time-stamped.
func (c *reportCommand) stamp(a *app, done *reportJSON) error {
	signature, err := os.ReadFile(done.Signature)
	if err != nil {
		return err
	}
	answer, err := askStamp(a.ctx, c.Stamp, signature)
	if err != nil {
		return err
	}
	stamp, err := report.CheckStamp(signature, answer)
	if err != nil {
		return err
	}
	done.Stamp = c.Out + report.StampSuffix
	if err := os.WriteFile(done.Stamp, answer, 0o644); err != nil { //nolint:gosec // for everybody
		return err
	}
	a.say("Time-stamped at %s by %s", stamp.At.Format(time.RFC3339), safe(stamp.By))
	return nil
}

// askStamp sends the hash of a signature to a time stamp service; the report itself stays here.
func askStamp(ctx context.Context, service string, signature []byte) ([]byte, error) {
	query, err := report.StampRequest(signature)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, service, bytes.NewReader(query))
	if err != nil {
		return nil, fmt.Errorf("the address of the time stamp service: %w", err)
	}
	request.Header.Set("Content-Type", "application/timestamp-query")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the time stamp service: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the time stamp service answers %s", response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, report.MaxStamp))
}

// preview renders the pages of the PDF, each into a file of its own.
func (c *reportCommand) preview(a *app, e *engine.Engine, r *report.Report, x *casereport.Export) (list []string, err error) {
	dir, err := os.MkdirTemp("", "spoor-preview-")
	if err != nil {
		return nil, fmt.Errorf("the preview needs a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	const dpi = 110
	pages, err := x.Pages(a.ctx, e, r, dir, dpi)
	if err != nil {
		return nil, err
	}
	stem, suffix := strings.TrimSuffix(c.Preview, filepath.Ext(c.Preview)), filepath.Ext(c.Preview)
	for i, page := range pages {
		name := fmt.Sprintf("%s-%d%s", stem, i+1, suffix)
		err := report.WriteFile(name, c.Force, func(w io.Writer) error {
			f, err := os.Open(page)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(w, f)
			return err
		})
		if err != nil {
			return nil, orForce(err)
		}
		list = append(list, name)
	}
	return list, nil
}
