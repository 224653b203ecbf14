// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// leakMaking says which tool makes leaks.
type leakMaking struct {
	LeakTool string `help:"Script that makes leaks; needs Python 3." default:"../shared/tools/leak"`
}

// leakTool makes leaks out of copies with a script in Python.
type leakTool struct {
	python string
	script string
	print  string // of the script
	kinds  []leakKind
}

// leakKind is one named piece of damage.
type leakKind struct {
	name   string
	suffix string // of the file, without the dot
	words  string
}

// errNoLeaks is why nothing can be said about leaks.
var errNoLeaks = errors.New("leaks cannot be made")

// leakTool checks that the tool works.
func (m *leakMaking) leakTool(ctx context.Context) (*leakTool, error) {
	python, err := exec.LookPath("python3")
	if err != nil {
		return nil, fmt.Errorf("%w: python3 was not found, which the leak tool is written in; install it", errNoLeaks)
	}
	t := &leakTool{python: python, script: m.LeakTool}
	sum, err := hashOf(t.script)
	if err != nil {
		return nil, fmt.Errorf("%w: there is no leak tool at %s; name it with --leak-tool", errNoLeaks, m.LeakTool)
	}
	t.print = sum[:8]
	out, err := t.run(ctx, "list")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoLeaks, err)
	}
	for line := range strings.Lines(out) {
		fields := strings.SplitN(strings.TrimRight(line, "\n"), "\t", 3)
		if len(fields) == 3 {
			t.kinds = append(t.kinds, leakKind{fields[0], fields[1], fields[2]})
		}
	}
	if len(t.kinds) == 0 {
		return nil, fmt.Errorf("%w: the leak tool lists none", errNoLeaks)
	}
	return t, nil
}

// run runs the tool. Its children have the priority of this program, see benice.
func (t *leakTool) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, t.python, append([]string{t.script}, args...)...) //nolint:gosec // the tool that the user named
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("the leak tool failed (%w): %s", err, firstLine(log.String()))
	}
	return out.String(), nil
}

// make damages a copy.
func (t *leakTool) make(ctx context.Context, name, copied, out string, vary int) error {
	_, err := t.run(ctx, name, copied, out, "--vary", fmt.Sprint(vary))
	return t.checked(out, err)
}

// mix puts several copies together.
func (t *leakTool) mix(ctx context.Context, name, out string, copies []string) error {
	if name == "average" {
		return t.average(ctx, out, copies)
	}
	_, err := t.run(ctx, append([]string{"mix", name, out}, copies...)...)
	return t.checked(out, err)
}

// average does what the tool's own average means to do: that asks ffmpeg's filter for an option it does not have.
func (t *leakTool) average(ctx context.Context, out string, copies []string) error {
	var args []string
	for _, c := range copies {
		args = append(args, "-i", c)
	}
	args = append(args, "-filter_complex", fmt.Sprintf("mix=inputs=%d", len(copies)),
		"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-an", "-crf", "23", out)
	_, err := ffmpeg(ctx, args...)
	return t.checked(out, err)
}

// checked makes sure that there is something in what was made: a cut behind the end of a clip gives an empty file.
func (t *leakTool) checked(out string, err error) error {
	if err != nil {
		return err
	}
	if st, err := os.Stat(out); err != nil || st.Size() == 0 {
		return fmt.Errorf("the leak tool made nothing of it")
	}
	return nil
}

func (t *leakTool) kind(name string) (leakKind, bool) {
	for _, k := range t.kinds {
		if k.name == name {
			return k, true
		}
	}
	return leakKind{}, false
}

// firstLine is what ffmpeg said; the tool's own trace of calls comes after it.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
