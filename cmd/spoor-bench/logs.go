// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

type logsCommand struct {
	keeping
	Lines int    `help:"Lines of the log that is made." default:"5000000"`
	Times int    `help:"Runs of each program, in turns; GoAccess, which takes long, runs twice at most." default:"5"`
	Spoor string `help:"The program that is measured; see make build." default:"bin/spoor"`
	Out   string `help:"The page." default:"docs/measured/logs.md"`
}

// Help shows examples.
func (logsCommand) Help() string {
	return "GoAccess is measured where it is installed (apt install goaccess).\n\nExample:\n  spoor-bench logs --times 3"
}

// logReader is one program that reads the log, with what its runs took.
type logReader struct {
	what   string
	run    func(ctx context.Context) *exec.Cmd
	before func() error // each run; nil: nothing
	most   int          // runs; 0: as many as are wanted
	runs
}

// Run measures and writes the page.
func (c *logsCommand) Run(ctx context.Context) (err error) {
	w, err := c.workshop(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	dir, err := w.folder("logs")
	if err != nil {
		return err
	}
	log := filepath.Join(dir, fmt.Sprintf("combined-%d.log", c.Lines))
	if _, err := os.Stat(log); err != nil {
		if err := makeLog(log, c.Lines); err != nil {
			return err
		}
	}
	spoor, err := filepath.Abs(c.Spoor)
	if err != nil {
		return err
	}
	list, missing := c.readings(spoor, log, dir)
	for range c.Times {
		for i := range list {
			if list[i].most > 0 && len(list[i].list) >= list[i].most {
				continue
			}
			if err := list[i].once(ctx); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "%s: %v wall, %v of processors\n", list[i].what, list[i].last().wall, list[i].last().cpu)
		}
	}
	return c.page(ctx, w, log, list, missing)
}

// readings are the programs that are measured.
func (c *logsCommand) readings(spoor, log, dir string) (list []logReader, missing string) {
	home := filepath.Join(dir, "home")
	fresh := func() error { return os.RemoveAll(home) }
	program := func(name string, args ...string) func(context.Context) *exec.Cmd {
		return func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, name, args...) } //nolint:gosec // what is measured
	}
	list = []logReader{
		{what: "`wc -l`", run: program("wc", "-l", log)},
		{what: "`spoor logs import --in-place`", before: fresh, run: program(spoor, "--home", home, "logs", "import", "--in-place", log)},
		{what: "`spoor logs import`, with a copy in the vault", before: fresh, run: program(spoor, "--home", home, "logs", "import", log)},
	}
	if path, err := exec.LookPath("goaccess"); err == nil {
		list = append(list, logReader{
			what: "GoAccess, to JSON", most: 2,
			run: program(path, log, "--log-format=COMBINED", "--no-progress", "-o", filepath.Join(dir, "goaccess.json")),
		})
	} else {
		missing = "GoAccess was not installed: it is not in the table."
	}
	return list, missing
}

// once runs the program once.
func (r *logReader) once(ctx context.Context) error {
	if r.before != nil {
		if err := r.before(); err != nil {
			return err
		}
	}
	if err := r.add(r.run(ctx)); err != nil {
		return fmt.Errorf("%s: %w", r.what, err)
	}
	return nil
}

//nolint:lll // sentences
func (c *logsCommand) page(ctx context.Context, w *workshop, log string, list []logReader, missing string) error {
	st, err := os.Stat(log)
	if err != nil {
		return err
	}
	p := newPage(ctx, "How fast logs are read", "Written by `make bench-logs`; do not edit.", w, nil)
	p.line(fmt.Sprintf("One file of %d lines in the combined format, %d MB, uncompressed, in the page cache: half of the lines are segments of 40 films "+
		"that 2000 clients fetched with 1000 tags, half are other traffic (`makeLog`). The programs run in turns; the table has the best of their runs and the median. "+
		"The machine is shared, so the least time of processors (all threads) says more than the wall; the last column is what a quiet "+
		"machine would do if all %d cores shared that time evenly, an upper bound.", c.Lines, st.Size()>>20, runtime.NumCPU()))
	t := newTable("program", "runs", "wall, best", "median", "processor time", "memory", "lines a second, best", "median",
		"all cores busy")
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
	perSecond := func(d time.Duration) string { return fmt.Sprintf("%.2f million", float64(c.Lines)/d.Seconds()/1e6) }
	for _, r := range list {
		best, median, cpu := r.wall(), median(walls(r.list)), r.cpu()
		t.add(r.what, strconv.Itoa(len(r.list)), seconds(best), seconds(median), seconds(cpu), r.megabytes(),
			perSecond(best), perSecond(median), perSecond(cpu/time.Duration(runtime.NumCPU())))
	}
	p.table(t)
	if missing != "" {
		p.line(missing)
	}
	p.line("Wanted: at least a million lines a second on two cores, and GoAccess slower.")
	return p.write(c.Out)
}
