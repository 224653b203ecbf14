// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"spoor/report"
)

type reportCommand struct {
	keeping
	Exhibits int    `help:"Suspect files in the case." default:"200"`
	Tags     int    `help:"Tags that were named in them." default:"50"`
	Accesses int    `help:"Accesses to their copies, in all; a tenth of them is measured too." default:"100000"`
	Times    int    `help:"Runs of each; the quickest counts." default:"3"`
	Out      string `help:"The page." default:"docs/measured/report.md"`
}

// Help shows examples.
func (reportCommand) Help() string {
	return "The case is made up in memory: what is measured is writing, not reading the store.\n\n" +
		"Example:\n  spoor-bench report --times 5"
}

// written is one format and size, with what its runs took.
type written struct {
	format   report.Format
	accesses int
	size     int64 // bytes of the file
	runs
}

// Run measures and writes the page.
func (c *reportCommand) Run(ctx context.Context) (err error) {
	w, err := c.workshop(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	dir, err := w.folder("report")
	if err != nil {
		return err
	}
	var list []written
	for _, format := range report.Formats() {
		for _, n := range []int{c.Accesses / 10, c.Accesses} {
			one := written{format: format, accesses: n}
			for range c.Times {
				if err := c.once(ctx, &one, dir); err != nil {
					return err
				}
			}
			fmt.Fprintf(os.Stderr, "%s, %d accesses: %v of processors, %d MB\n", format, n, one.cpu(), one.memory>>20)
			list = append(list, one)
		}
	}
	return c.page(ctx, w, list)
}

// once writes one file in a process of its own, whose memory can be told.
func (c *reportCommand) once(ctx context.Context, one *written, dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	out := filepath.Join(dir, "report."+string(one.format))
	//nolint:gosec // what is measured is this program
	cmd := exec.CommandContext(ctx, self, "report-once", "--exhibits", strconv.Itoa(c.Exhibits), "--tags", strconv.Itoa(c.Tags),
		"--accesses", strconv.Itoa(one.accesses), "--format", string(one.format), "--out", out)
	if err := one.add(cmd); err != nil {
		return fmt.Errorf("writing %s: %w", one.format, err)
	}
	st, err := os.Stat(out)
	if err != nil {
		return err
	}
	one.size = st.Size()
	return os.Remove(out)
}

//nolint:lll // sentences
func (c *reportCommand) page(ctx context.Context, w *workshop, list []written) error {
	p := newPage(ctx, "How fast reports of a large case are written", "Written by `make bench-report`; do not edit.", w, nil)
	p.line(fmt.Sprintf("One case of %d exhibits with pictures, line-up and timeline, %d tags that were named, and their accesses, made up in memory (`largeCase`): "+
		"what is measured is writing, each file in a process of its own, not reading the store. Of %d runs the quickest counts; the machine is shared, so the "+
		"time of processors says more than the wall. The PDF shows up to 200 accesses of a tag and 2,000 in all, after a summary; the other formats have every one "+
		"but CASE and the package, which have none.", c.Exhibits, c.Tags, c.Times))
	t := newTable("format", "accesses", "wall", "processor time", "memory", "file")
	flat := true
	for i, one := range list {
		t.add(string(one.format), strconv.Itoa(one.accesses), fmt.Sprintf("%.2f s", one.wall().Seconds()),
			fmt.Sprintf("%.2f s", one.cpu().Seconds()), one.megabytes(), fmt.Sprintf("%.1f MB", float64(one.size)/1e6))
		flat = flat && (i%2 == 0 || float64(one.memory) < 1.25*float64(list[i-1].memory))
	}
	p.table(t)
	p.line("Wanted: seconds, and memory that does not grow with the accesses (less than a quarter more for ten times as many): " + verdictOn(flat) + ".")
	return p.write(c.Out)
}

// reportOnceCommand writes one file; the command report runs it in a process of its own.
type reportOnceCommand struct {
	Exhibits int    `required:""`
	Tags     int    `required:""`
	Accesses int    `required:""`
	Format   string `required:""`
	Out      string `required:""`
}

// Run writes the file.
func (c *reportOnceCommand) Run(ctx context.Context) error {
	f, err := os.Create(c.Out)
	if err != nil {
		return err
	}
	r := largeCase(c.Exhibits, c.Tags, c.Accesses)
	return errors.Join(report.Write(ctx, f, r, report.Format(c.Format), report.Options{}), f.Close())
}
