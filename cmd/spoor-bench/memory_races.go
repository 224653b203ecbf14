// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// memoryRow is the memory of one run of the program.
type memoryRow struct {
	what string
	use  memoryUse
	must int64 // bytes; 0: nothing is required
}

// growth is the memory of the same command for a short clip and for a long one.
type growth struct {
	what        string
	short, long memoryUse
}

// flat is how much more memory of its own the program may need for the long clip.
const flat = 1.25

// uncertain is the exit code of a trace that named nobody.
const uncertain = 3

// longer is how many times the long clip is as long as the short one.
const longer = 10

// memory runs the program as anybody would and watches its memory.
func (t *track) memory(ctx context.Context) error {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.notes = append(t.notes, "memory: this system does not tell that of other processes in /proc")
		return nil
	}
	spoor, err := filepath.Abs(t.Spoor)
	if err == nil {
		_, err = os.Stat(spoor)
	}
	if err != nil {
		t.notes = append(t.notes, "memory: there is no "+t.Spoor+" (`make build`)")
		return nil
	}
	home, err := os.MkdirTemp(t.dir, "memory-")
	if err != nil {
		return fmt.Errorf("home: %w", err)
	}
	defer os.RemoveAll(home) //nolint:errcheck // a temporary folder
	m := &memoryRace{track: t, spoor: spoor, dir: home}
	for _, size := range []struct {
		lines int
		must  int64
	}{{1080, 400e6}, {2160, 1e9}} {
		path, err := t.sized(ctx, size.lines)
		if err != nil {
			return err
		}
		if err := m.size(ctx, path, fmt.Sprintf("%d lines", size.lines), size.must); err != nil {
			return err
		}
	}
	return m.length(ctx)
}

// memoryRace is one run of the memory part.
type memoryRace struct {
	*track
	spoor string
	dir   string
}

// note watches a program and notes its memory.
func (m *memoryRace) note(ctx context.Context, what string, must int64, name string, args ...string) error {
	use, err := m.watch(ctx, what, name, args)
	m.sizes = append(m.sizes, memoryRow{what, use, must})
	return err
}

// watch runs a program to its end and shows its memory.
func (m *memoryRace) watch(ctx context.Context, what, name string, args []string) (memoryUse, error) {
	if name == m.spoor {
		args = append(args, "--home", filepath.Join(m.dir, "home"), "--quiet", "--json")
	}
	use, err := watchMemory(ctx, name, args...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == uncertain {
		err = nil
	}
	if err == nil {
		fmt.Fprintln(os.Stdout, what, "|", megabytes(use.Own), "|", megabytes(use.Child), "|", megabytes(use.All))
	}
	return use, err
}

// size measures titles of one size.
func (m *memoryRace) size(ctx context.Context, path, name string, must int64) error {
	marked := filepath.Join(m.dir, name+".mp4")
	if err := m.note(ctx, name+": title add", must, m.spoor, "title", "add", path, "--name", name); err != nil {
		return err
	}
	tags, err := m.tagFile()
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s: tag add, %d tags", name, m.Tags)
	if err := m.note(ctx, what, must, m.spoor, "tag", "add", name, "--tags", tags); err != nil {
		return err
	}
	if err := m.note(ctx, name+": mark (x264 medium)", must, m.spoor, "mark", name, "--tag", "alice", "-o", marked); err != nil {
		return err
	}
	for _, when := range []string{"for the first time", "again"} { // the second time, codewords are there
		what := fmt.Sprintf("%s: trace %s, %d tags", name, when, m.Tags)
		if err := m.note(ctx, what, must, m.spoor, "trace", marked, "--title", name, "--method", "blind"); err != nil {
			return err
		}
	}
	return m.note(ctx, name+": ffmpeg alone, the same encode", 0, "ffmpeg", "-v", "error", "-nostdin", "-y", "-i", path,
		"-map", "0:v:0", "-c:v", "libx264", "-preset", "medium", "-crf", "18", marked)
}

// tagFile writes the tags as a table.
func (m *memoryRace) tagFile() (string, error) {
	path := filepath.Join(m.dir, "tags.csv")
	return path, made(path, func(to string) error {
		f, err := os.Create(to)
		if err != nil {
			return fmt.Errorf("tags: %w", err)
		}
		w := bufio.NewWriter(f)
		fmt.Fprintln(w, "tag")
		for i := range m.Tags {
			fmt.Fprintf(w, "nobody-%07d\n", i)
		}
		return errors.Join(w.Flush(), f.Close())
	})
}

// length measures how memory grows from a clip to one that is ten times as long.
func (m *memoryRace) length(ctx context.Context) error {
	short, err := m.sized(ctx, 1080)
	if err != nil {
		return err
	}
	long := filepath.Join(m.dir, "long.mp4")
	if _, err := ffmpeg(ctx, "-stream_loop", fmt.Sprint(longer-1), "-i", short,
		"-map", "0:v:0", "-c", "copy", long); err != nil {
		return err
	}
	for i, path := range []string{short, long} {
		name := []string{"short", "long"}[i]
		marked := filepath.Join(m.dir, name+"-copy.mp4")
		for j, c := range []struct {
			what string
			args []string
		}{
			{"title add", []string{"title", "add", path, "--name", name}},
			{"mark (x264 ultrafast)", []string{
				"mark", name, "--tag", "alice", "-o", marked, "--encoder-args", "-c:v libx264 -preset ultrafast -crf 23",
			}},
			{"trace --full", []string{"trace", marked, "--title", name, "--method", "blind", "--full"}},
		} {
			use, err := m.watch(ctx, name+": "+c.what, m.spoor, c.args)
			if err != nil {
				return err
			}
			if i == 0 {
				m.growths = append(m.growths, growth{what: c.what, short: use})
			} else {
				m.growths[j].long = use
			}
		}
	}
	return nil
}

func (t *track) memorySection(p *page) {
	if len(t.sizes) == 0 {
		return
	}
	p.heading("Memory")
	p.line(fmt.Sprintf("Resident memory of `spoor` as a program of its own, at most: of itself; of the largest of the ffmpeg processes "+
		"it started; of all at one moment, what they share counted for each (sampled every %s). \"Met\" is judged on the largest process, "+
		"an encoder included; what that takes without a mark is shown for comparison.", sampling))
	table := newTable("run", "itself", "largest child", "all at once", "must", "met")
	for _, r := range t.sizes {
		must, met := "", ""
		if r.must > 0 {
			must, met = "under "+megabytes(r.must), verdictOn(r.use.largest() < r.must)
		}
		table.add(r.what, megabytes(r.use.Own), megabytes(r.use.Child), megabytes(r.use.All), must, met)
	}
	p.table(table)
	if len(t.growths) == 0 {
		return
	}
	p.line(fmt.Sprintf("The same for 1080 lines (short) and %d times over (long):", longer))
	table = newTable("run", "itself: short", "long", "growth", "all at once: short", "long", "growth", "must, itself", "met")
	for _, g := range t.growths {
		own, all := float64(g.long.Own)/float64(max(g.short.Own, 1)), float64(g.long.All)/float64(max(g.short.All, 1))
		table.add(g.what, megabytes(g.short.Own), megabytes(g.long.Own), fmt.Sprintf("%.2f", own),
			megabytes(g.short.All), megabytes(g.long.All), fmt.Sprintf("%.2f", all),
			fmt.Sprintf("at most %.2f", flat), verdictOn(own <= flat))
	}
	p.table(table)
}
