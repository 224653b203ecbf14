// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	Format  string `enum:"pdf,json,xml,case,csv,package" default:"pdf" help:"pdf; json, xml: for systems; case: CASE/UCO JSON-LD; csv: accesses; package: for the other side."`
	Kind    string `enum:"expert,memo,takedown,preservation" default:"expert" help:"expert: everything; memo: two pages; takedown: for a platform, names nobody; preservation: for access providers."`
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

// Run writes a report.
func (c *reportCommand) Run(a *app) error {
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
	return a.withEngine(func(e *engine.Engine) error {
		done, err := c.write(a, e)
		if err != nil || c.Out == "-" {
			return err
		}
		return a.print(done)
	})
}

func (c *reportCommand) options() report.Options {
	return report.Options{
		Kind: report.Kind(c.Kind), Lang: c.Lang, Paper: report.Paper(c.Paper), Banner: c.Banner, Redact: c.Redact, Filter: c.Network,
	}
}

// write gathers the case and writes what is asked for.
func (c *reportCommand) write(a *app, e *engine.Engine) (reportJSON, error) {
	done := reportJSON{File: c.Out, Format: c.Format, Kind: c.Kind}
	r, err := casereport.Gather(a.ctx, e, c.Case, casereport.Options{
		Made: time.Now(), Program: version, Pictures: c.Format == "pdf", Package: c.Format == "package",
	})
	if err != nil {
		return done, err
	}
	write := func(w io.Writer) error { return writeReport(a.ctx, w, r, report.Format(c.Format), c.options()) }
	if c.Out == "-" {
		return done, write(a.term.out)
	}
	return done, c.export(a, e, r, write, &done)
}

// writeReport writes a report in a format.
func writeReport(ctx context.Context, w io.Writer, r *report.Report, format report.Format, o report.Options) error {
	switch format {
	case report.JSON:
		return report.WriteJSON(ctx, w, r, o)
	case report.XML:
		return report.WriteXML(ctx, w, r, o)
	case report.CASE:
		return report.WriteCASE(ctx, w, r, o)
	case report.CSV:
		return report.WriteCSV(ctx, w, r, o)
	case report.Package:
		return report.WritePackage(ctx, w, r, o)
	case report.PDF:
	}
	return report.WritePDF(ctx, w, r, o)
}

// export writes the files, and says which.
func (c *reportCommand) export(a *app, e *engine.Engine, r *report.Report, write func(io.Writer) error, done *reportJSON) error {
	if c.Out != "" {
		if err := writeWhole(c.Out, c.Force, write); err != nil {
			return err
		}
		for _, old := range []string{report.SignatureSuffix, report.StampSuffix} { // those of what was there before
			if err := os.Remove(c.Out + old); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		a.say("Wrote %s", safe(c.Out))
		if !c.NoSign {
			signer, err := report.OpenSigner(filepath.Join(e.Home(), "keys", engine.ReportKeyName))
			if err != nil {
				return err
			}
			about := report.Statement{Signer: signerName(r), At: r.Made, Program: version}
			if err := signer.SignFile(c.Out, about); err != nil {
				return err
			}
			done.Signature, done.Key = c.Out+report.SignatureSuffix, signer.Public()
			a.say("Signed by %s with the key %s", safe(about.Signer), done.Key)
			if c.Stamp != "" {
				if err := c.stamp(a, done); err != nil {
					return fmt.Errorf("the report is written and signed, but not time-stamped: %w", err)
				}
			}
		}
	}
	if c.Preview != "" {
		var err error
		if done.Pages, err = c.preview(a, e, write); err != nil {
			return err
		}
		a.say("Rendered %d pages: %s ...", len(done.Pages), safe(done.Pages[0]))
	}
	return nil
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

func signerName(r *report.Report) string {
	if r.Case.Examiner != "" {
		return r.Case.Examiner
	}
	return "an examiner who is not named in the case"
}

// preview renders the pages of the PDF, each into a file of its own.
func (c *reportCommand) preview(a *app, e *engine.Engine, write func(io.Writer) error) (list []string, err error) {
	dir, err := os.MkdirTemp("", "spoor-preview-")
	if err != nil {
		return nil, fmt.Errorf("the preview needs a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	document := filepath.Join(dir, "report.pdf")
	if err := writeWhole(document, false, write); err != nil {
		return nil, err
	}
	const dpi = 110
	pages, err := e.RenderPDF(a.ctx, document, dir, dpi)
	if err != nil {
		return nil, err
	}
	if len(pages) == 0 {
		return nil, errors.New("no page of the report could be rendered")
	}
	stem, suffix := strings.TrimSuffix(c.Preview, filepath.Ext(c.Preview)), filepath.Ext(c.Preview)
	for i, page := range pages {
		name := fmt.Sprintf("%s-%d%s", stem, i+1, suffix)
		err := writeWhole(name, c.Force, func(w io.Writer) error {
			f, err := os.Open(page)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(w, f)
			return err
		})
		if err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, nil
}

// writeWhole writes a file whole or not at all. One that is there is replaced only by force.
func writeWhole(path string, force bool, write func(io.Writer) error) (err error) {
	if _, err := os.Lstat(path); err == nil && !force {
		return fmt.Errorf("%s is there already: choose another name, or --force", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".spoor-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, reasonOf(err))
	}
	defer func() { _ = os.Remove(f.Name()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, reasonOf(err))
	}
	return nil
}

// reasonOf leaves out the name of a temporary file, which tells nobody anything.
func reasonOf(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}
