// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/rogpeppe/go-internal/testscript"

	"spoor/api/stamp/stamptest"
	"spoor/engine/media"
)

func TestMain(m *testing.M) {
	media.ChildMain()
	testscript.Main(m, map[string]func(){"spoor": main})
}

// TestScripts runs the scenarios of testdata: the program as a person or a script uses it.
func TestScripts(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SPOOR_HOME", filepath.Join(env.WorkDir, "home"))
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, errors.New("unknown condition " + cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "clip": clip, "json": checkJSON, "save": save, "waitfile": waitFile, "plain": plain, "empty": empty,
			"pdf": makePDF, "stampservice": stampService,
		},
	})
}

// exits runs a command and wants an exit code: exits 3 spoor trace leak.mp4
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

// clip makes a small textured video: clip NAME SECONDS [FPS]
func clip(ts *testscript.TestScript, _ bool, args []string) {
	rate := "12"
	if len(args) > 2 {
		rate = args[2]
	}
	ts.Check(ts.Exec("ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate="+rate+":duration="+args[1],
		"-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p", "file:"+args[0]))
}

// stampService starts a time stamp service and names it in the environment.
func stampService(ts *testscript.TestScript, _ bool, _ []string) {
	service, err := stamptest.New()
	ts.Check(err)
	server := httptest.NewServer(service)
	ts.Defer(server.Close)
	ts.Setenv("SPOOR_TIME_STAMPS", server.URL)
}

// makePDF puts each picture on a page of its own: pdf NAME PICTURE...
func makePDF(ts *testscript.TestScript, _ bool, args []string) {
	p := fpdf.New("P", "pt", "A4", "")
	for _, file := range args[1:] {
		p.AddPage()
		p.ImageOptions(ts.MkAbs(file), 50, 100, 400, 0, false, fpdf.ImageOptions{}, 0, "")
	}
	ts.Check(p.OutputFileAndClose(ts.MkAbs(args[0])))
}

// checkJSON wants exactly one JSON document in a file, with these paths (such as 0.tag) and, where given, values
// (0.tag=alice): json stdout 0.tag=alice 0.sha256
func checkJSON(ts *testscript.TestScript, _ bool, args []string) {
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	var doc any
	ts.Check(d.Decode(&doc))
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("there is more than one JSON document")
	}
	for _, arg := range args[1:] {
		path, want, compare := strings.Cut(arg, "=")
		v, ok := at(doc, path)
		if !ok {
			ts.Fatalf("%s is not there", path)
		}
		var got bytes.Buffer
		e := json.NewEncoder(&got)
		e.SetEscapeHTML(false)
		ts.Check(e.Encode(v))
		if text, ok := v.(string); ok {
			got.Reset()
			got.WriteString(text)
		}
		if compare && strings.TrimSpace(got.String()) != want {
			ts.Fatalf("%s is %s, not %s", path, got.String(), want)
		}
	}
}

func at(v any, path string) (any, bool) {
	for part := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			next, ok := node[part]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(part)
			if part == "len" {
				v = float64(len(node))
				continue
			}
			if err != nil || i >= len(node) {
				return nil, false
			}
			v = node[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// save keeps a value of the last JSON output in an environment variable: save ID 0.id
func save(ts *testscript.TestScript, _ bool, args []string) {
	var doc any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
	v, ok := at(doc, args[1])
	if !ok {
		ts.Fatalf("%s is not there", args[1])
	}
	text, ok := v.(string)
	if !ok {
		ts.Fatalf("%s is no text", args[1])
	}
	ts.Setenv(args[0], text)
}

// waitFile waits until a file is there that a pattern fits.
func waitFile(ts *testscript.TestScript, _ bool, args []string) {
	const enough = 24_000 // two minutes: it will not come
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range enough {
		<-tick.C
		found, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		if len(found) > 0 {
			return
		}
	}
	ts.Fatalf("%s does not come", args[0])
}

// plain wants text without anything that a terminal would obey.
func plain(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := ts.ReadFile(name)
		obeyed := func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == 0x9b || r == '\u202e' }
		if i := strings.IndexFunc(text, obeyed); i >= 0 {
			ts.Fatalf("%s has a control character: %q", name, text[max(0, i-20):min(len(text), i+20)])
		}
	}
}

// empty wants folders without files in them, or no folder.
func empty(ts *testscript.TestScript, _ bool, args []string) {
	for _, dir := range args {
		err := filepath.WalkDir(ts.MkAbs(dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				ts.Fatalf("%s was left behind", path)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			ts.Fatalf("%v", err)
		}
	}
}
