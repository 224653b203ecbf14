// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build screen

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/assets"
	"spoor/engine"
	"spoor/engine/media"
	"spoor/report"
	"spoor/storage"
)

func TestMain(m *testing.M) {
	media.ChildMain()
	os.Exit(m.Run())
}

// office is a home with a title, and a copy of it that has leaked.
type office struct {
	program, home, leak string
}

const recipient = "alice@press.example"

func newOffice(t *testing.T) office {
	t.Helper()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	o := office{program: buildProgram(t, dir), home: in("home"), leak: in("leak with a blank.mp4")}
	clip := filepath.Join(dir, assets.DemoClipName)
	require.NoError(t, os.WriteFile(clip, []byte(assets.DemoClip()), 0o600))
	e := openEngine(t, o.home)
	title, err := e.AddTitle(t.Context(), engine.TitleOptions{File: clip})
	require.NoError(t, err)
	_, err = e.Mark(t.Context(), engine.MarkOptions{
		Title: title.ID, Orders: []engine.Order{{Tag: storage.Tag{Text: recipient}, Out: o.leak}},
		Encoder: []string{"-c:v", "libx264", "-preset", "veryfast", "-crf", "18"},
	})
	require.NoError(t, err)
	require.NoError(t, e.Close())
	return o
}

// buildProgram builds the program into a folder.
func buildProgram(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "spoor-desktop")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "sqlite_fts5,x11,migrated_fynedo", "-o", program, ".")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return program
}

func openEngine(t *testing.T, home string) *engine.Engine {
	t.Helper()
	e, err := engine.Open(t.Context(), home)
	require.NoError(t, err)
	return e
}

// examined waits until an exhibit of the inbox has been examined, and returns it.
func (o office) examined(t *testing.T) engine.Exhibit {
	t.Helper()
	e := openEngine(t, o.home)
	defer func() { require.NoError(t, e.Close()) }()
	inbox, err := e.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	var found engine.Exhibit
	require.Eventually(t, func() bool {
		list, err := e.Exhibits(context.WithoutCancel(t.Context()), inbox.ID, storage.Page{})
		if err != nil || len(list) == 0 || len(list[0].Backtraces) == 0 {
			return false
		}
		found = list[0]
		return found.Backtraces[0].Status.Final()
	}, 5*time.Minute, 200*time.Millisecond)
	return found
}

// newcomer is the program with no home yet, and an original beside it.
func newcomer(t *testing.T) (o office, original string) {
	t.Helper()
	dir := t.TempDir()
	o = office{program: buildProgram(t, dir), home: filepath.Join(dir, "home"), leak: filepath.Join(dir, "leak with a blank.mp4")}
	original = filepath.Join(dir, assets.DemoClipName)
	require.NoError(t, os.WriteFile(original, []byte(assets.DemoClip()), 0o600))
	return o, original
}

// sees waits until what the home knows is so.
func (o office) sees(t *testing.T, holds func(*engine.Engine) bool) {
	t.Helper()
	e := openEngine(t, o.home)
	defer func() { require.NoError(t, e.Close()) }()
	require.Eventually(t, func() bool { return holds(e) }, 5*time.Minute, 200*time.Millisecond)
}

// issued waits until a copy of the only title was issued, and returns where it lies.
func (o office) issued(t *testing.T) (path string) {
	t.Helper()
	o.sees(t, func(e *engine.Engine) bool {
		titles, err := e.Titles(t.Context(), storage.Page{})
		if err != nil || len(titles) == 0 {
			return false
		}
		tag, err := e.Tag(t.Context(), titles[0].ID, recipient)
		if err != nil {
			return false
		}
		copies, err := e.Copies(t.Context(), titles[0].ID, tag.Ordinal)
		if err != nil || len(copies) == 0 {
			return false
		}
		path = copies[0].Path
		return true
	})
	return path
}

// TestFromAnEmptyHomeToAReport goes the whole way of an analyst who has never seen the program, by pointer, keys and dropped
// files alone: the original is registered, a copy issued, the leak dropped, the name read, the report written.
func TestFromAnEmptyHomeToAReport(t *testing.T) {
	o, original := newcomer(t)
	s := newScreen(t, 1280, 800)
	s.open(o.program, o.home, "dark")
	s.settled("1-empty-home")
	s.key("ctrl+3")
	s.settled("2-titles")
	s.drop(original)
	s.settled("3-what-is-it")
	s.press(image.Rect(880, 40, 1280, 700)) // Register the original
	o.sees(t, func(e *engine.Engine) bool {
		titles, err := e.Titles(t.Context(), storage.Page{})
		return err == nil && len(titles) == 1
	})
	s.settled("4-registered")
	s.press(image.Rect(420, 60, 880, 140)) // Issue a marked copy
	s.settled("5-for-whom")
	s.run("xdotool", "type", "--window", s.window, "--delay", "40", recipient)
	s.key("Return")
	require.NoError(t, os.Rename(o.issued(t), o.leak))
	s.settled("6-issued")
	s.key("ctrl+1")
	s.drop(o.leak)
	x := o.examined(t)
	require.Equal(t, filepath.Base(o.leak), x.FileName)
	require.Equal(t, recipient, x.Backtraces[0].Findings[0].TagText)
	img := s.settled("7-found")
	require.Positive(t, count(img, 0xe0, 0x7a, 0x5f), "nothing on the screen has the colour of a finding")
	exportReport(t, s)
}

// exportReport goes on to the report and has it written, by keys and pointer alone.
func exportReport(t *testing.T, s *screen) {
	t.Helper()
	s.key("ctrl+r")
	s.settled("8-report")
	s.key("ctrl+e")
	s.settled("9-where-to")
	s.key("ctrl+a")
	s.run("xdotool", "type", "--window", s.window, "--delay", "40", "finding.pdf")
	s.key("Return")
	path := filepath.Join(s.userHome(), "finding.pdf")
	require.Eventually(t, func() bool {
		_, err := report.VerifyFile(path)
		return err == nil
	}, time.Minute, 200*time.Millisecond, "no signed report was written")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(content, []byte("%PDF-")))
	s.settled("10-exported")
}

// fetched imports a log of who fetched the copy that leaked.
func fetched(t *testing.T, e *engine.Engine) {
	t.Helper()
	var lines strings.Builder
	for i, address := range []string{"193.99.144.80", "8.8.8.8", "203.178.141.194", "129.70.12.1", "5.9.0.1", "131.111.8.46", "200.160.2.3"} {
		for n := range 1 + 5*(i%3) {
			fmt.Fprintf(&lines, "%s - - [0%d/May/2026:%02d:%02d:00 +0000] \"GET /v/film.mp4?autograph_tag=%s HTTP/1.1\" 200 90000 \"-\" \"Player/%d.%d\"\n",
				address, 3+i%4, 8+i, n, recipient, i, n)
		}
	}
	log := filepath.Join(t.TempDir(), "access.log")
	require.NoError(t, os.WriteFile(log, []byte(lines.String()), 0o600))
	_, err := e.ImportLog(t.Context(), engine.LogImport{Path: log})
	require.NoError(t, err)
}

// TestScreens takes a picture of every place, in both themes and two sizes.
func TestScreens(t *testing.T) {
	if os.Getenv("SPOOR_SCREENSHOTS") == "" {
		t.Skip("SPOOR_SCREENSHOTS does not say where to put pictures: make screenshots")
	}
	o := newOffice(t)
	e := openEngine(t, o.home)
	_, err := e.AddCase(t.Context(), "Press screeners 2026", "M. Weber")
	require.NoError(t, err)
	_, err = e.Trace(t.Context(), engine.TraceOptions{Leak: o.leak})
	require.NoError(t, err)
	fetched(t, e)
	require.NoError(t, e.Close())
	for _, size := range [][2]int{{1280, 800}, {1920, 1080}} {
		for _, theme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%dx%d-%s", size[0], size[1], theme), func(t *testing.T) {
				s := newScreen(t, size[0], size[1])
				s.open(o.program, o.home, theme)
				const titleBar = 24
				s.run("xdotool", "windowmove", s.window, "0", "0",
					"windowsize", s.window, fmt.Sprint(size[0]), fmt.Sprint(size[1]-titleBar))
				look := func(key, name string) {
					s.key(key)
					s.settled(fmt.Sprintf("%s-%s-%dx%d", name, theme, size[0], size[1]))
				}
				s.pictured("inbox-first") // the film's picture comes a moment after the rest
				for i, place := range []string{"inbox", "cases", "titles", "logs", "sync", "settings"} {
					look(fmt.Sprintf("ctrl+%d", i+1), place)
				}
				s.key("ctrl+1")
				for i, tab := range []string{"why", "comparison", "accesses", "record"} {
					if key := fmt.Sprintf("alt+%d", i+2); tab == "comparison" {
						s.key(key)
						s.pictured(fmt.Sprintf("inbox-%s-%s-%dx%d", tab, theme, size[0], size[1]))
					} else {
						look(key, "inbox-"+tab)
					}
				}
				look("ctrl+r", "inbox-report")
			})
		}
	}
}
