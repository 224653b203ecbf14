// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// memoryRow is the memory of one run of the program.
type memoryRow struct {
	what string
	use  memoryUse
	must int64 // bytes; 0: nothing is required
}

// longer is how many times the long clip is as long as the short one.
const longer = 10

// memory runs the program as anybody would and watches its memory.
func (t *track) memory(ctx context.Context) error {
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

// run runs a command of the program and notes its memory.
func (m *memoryRace) run(ctx context.Context, what string, must int64, args ...string) error {
	use, err := watchMemory(ctx, m.spoor, append(args, "--home", filepath.Join(m.dir, "home"), "--quiet", "--json")...)
	if err != nil {
		return err
	}
	row := memoryRow{what, use, must}
	m.sizes = append(m.sizes, row)
	fmt.Fprintln(os.Stdout, what, "|", megabytes(use.Own), "|", megabytes(use.Child), "|", megabytes(use.All))
	return nil
}

// size measures titles of one size.
func (m *memoryRace) size(ctx context.Context, path, name string, must int64) error {
	marked := filepath.Join(m.dir, "copy.mp4")
	if err := m.run(ctx, name+": title add", must, "title", "add", path, "--name", name); err != nil {
		return err
	}
	tags, err := m.tagFile()
	if err != nil {
		return err
	}
	if err := m.run(ctx, fmt.Sprintf("%s: tag add, %d tags", name, m.Tags), must, "tag", "add", name, "--tags", tags); err != nil {
		return err
	}
	if err := m.run(ctx, name+": mark (x264 medium)", must, "mark", name, "--tag", "alice", "-o", marked); err != nil {
		return err
	}
	err = m.run(ctx, fmt.Sprintf("%s: trace, %d tags", name, m.Tags), must, "trace", marked, "--title", name, "--method", "blind")
	return errors.Join(err, os.Remove(marked))
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
	for _, l := range []struct{ path, name string }{{short, "short"}, {long, "long"}} {
		marked := filepath.Join(m.dir, "copy.mp4")
		if err := m.run(ctx, l.name+": title add", 0, "title", "add", l.path, "--name", l.name); err != nil {
			return err
		}
		if err := m.run(ctx, l.name+": mark (x264 ultrafast)", 0, "mark", l.name, "--tag", "alice", "-o", marked,
			"--encoder-args", "-c:v libx264 -preset ultrafast -crf 23"); err != nil {
			return err
		}
		if err := m.run(ctx, l.name+": trace --full", 0, "trace", marked, "--title", l.name, "--method", "blind", "--full"); err != nil {
			return err
		}
		if err := os.Remove(marked); err != nil {
			return fmt.Errorf("copy: %w", err)
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
		"it started; of all at one moment, what they share counted for each (sampled every %s). \"Met\" is judged on the largest process. "+
		"\"Long\" is \"short\" (1080 lines) %d times over.", sampling, longer))
	table := newTable("run", "itself", "largest child", "all at once", "must", "met")
	for _, r := range t.sizes {
		must, met := "", ""
		if r.must > 0 {
			must, met = "under "+megabytes(r.must), verdictOn(r.use.largest() < r.must)
		}
		table.add(r.what, megabytes(r.use.Own), megabytes(r.use.Child), megabytes(r.use.All), must, met)
	}
	p.table(table)
}
