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
	"strings"
	"time"
)

// page is a page of docs/measured.
type page struct{ text strings.Builder }

// newPage begins a page with the facts that its figures depend on.
func newPage(ctx context.Context, title, intro string, w *workshop, clips []clip) *page {
	p := &page{}
	p.line("# " + title)
	p.line(intro)
	t := newTable("measured", "")
	t.add("on", time.Now().UTC().Format(time.DateOnly))
	t.add("with", "`"+command()+"`")
	t.add("version", describe(ctx)+", mark "+w.mark+", engine "+w.engine)
	t.add("ffmpeg", w.ffmpeg)
	t.add("machine", machine())
	for _, half := range []string{measuring, developing, "demo"} {
		var names []string
		for _, c := range clips {
			if c.half == half {
				names = append(names, "`"+c.name+"`")
			}
		}
		if names != nil {
			t.add("clips, "+half, strings.Join(names, ", "))
		}
	}
	p.table(t)
	if len(clips) > 0 && clips[0].half == "demo" {
		p.line("**The open clips were not there: all this was measured on the bundled demo clip only.**")
	}
	return p
}

func (p *page) line(text string) { p.text.WriteString(text + "\n\n") }

func (p *page) heading(text string) { p.line("## " + text) }

func (p *page) table(t *table) { p.text.WriteString(t.markdown() + "\n") }

// list writes points, or what to say where there are none.
func (p *page) list(points []string, none string) {
	if len(points) == 0 {
		p.line(none)
		return
	}
	p.line("- " + strings.Join(points, "\n- "))
}

// write puts the page in its place.
func (p *page) write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // a folder of the repository
		return fmt.Errorf("page: %w", err)
	}
	temp := path + ".part"
	text := strings.TrimRight(p.text.String(), "\n") + "\n"
	if err := os.WriteFile(temp, []byte(text), 0o644); err != nil { //nolint:gosec // a page of the repository
		return errors.Join(fmt.Errorf("page: %w", err), removeIfThere(temp))
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	fmt.Fprintln(os.Stderr, "written:", path)
	return nil
}

// command is how this program was called, without what is true on one machine only.
func command() string {
	words := []string{"spoor-bench"}
	for _, arg := range os.Args[1:] {
		name, value, assigned := strings.Cut(arg, "=")
		switch {
		case filepath.IsAbs(arg):
			arg = "…/" + filepath.Base(arg)
		case assigned && filepath.IsAbs(value):
			arg = name + "=…/" + filepath.Base(value)
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

// describe is the version of the program, as git tells it.
func describe(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--tags", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// machine says how many cores of which kind there are.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d cores of %s, %s, %s", runtime.NumCPU(), model, runtime.GOOS, runtime.Version())
}
