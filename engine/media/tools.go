// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Tools locates ffmpeg and ffprobe and confines them. One is enough for a
// program; it is safe for concurrent use.
type Tools struct {
	ffmpeg, ffprobe string
	dirs, exec      []string
	keepLibraryPath bool

	once        sync.Once
	setupErr    error
	version     string
	major       int
	minor       int
	confinement Confinement

	spawner sync.Once
	starts  chan startRequest

	mu     sync.Mutex
	probed map[fileID]Info
}

// Versions says which ffmpeg worked and how it was confined; it belongs into
// the record of every result.
type Versions struct {
	FFmpeg      string      `json:"ffmpeg"` // e.g. "5.1.9-0+deb12u1"
	Confinement Confinement `json:"confinement"`
}

// Find looks for ffmpeg and ffprobe in the program search path. The error says
// how to install them. Nothing is started yet.
func Find() (*Tools, error) {
	t := &Tools{probed: map[fileID]Info{}}
	for _, tool := range []struct {
		name string
		path *string
	}{{"ffmpeg", &t.ffmpeg}, {"ffprobe", &t.ffprobe}} {
		path, err := exec.LookPath(tool.name)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			return nil, &Error{Kind: Tool, What: tool.name + " was not found", Do: howToInstall(), Err: err}
		}
		if target, err := filepath.EvalSymlinks(path); err == nil {
			path = target
		}
		*tool.path = path
	}
	t.allowLibraries()
	return t, nil
}

func howToInstall() string {
	switch runtime.GOOS {
	case "darwin":
		return "install it with: brew install ffmpeg"
	case "windows":
		return "install it with: winget install ffmpeg"
	default:
		return "install it with your package manager, for example: sudo apt install ffmpeg"
	}
}

// allowLibraries lists what the tools need to start: their libraries and loader.
func (t *Tools) allowLibraries() {
	t.dirs = strings.Fields("/usr /lib /lib32 /lib64 /libx32 /opt /nix/store /gnu/store /snap /etc/alternatives /sys/devices/system")
	for _, p := range []string{t.ffmpeg, t.ffprobe} {
		t.exec = append(t.exec, p)
		if !strings.HasPrefix(p, "/usr/") {
			t.dirs = append(t.dirs, filepath.Join(filepath.Dir(filepath.Dir(p)), "lib"))
		}
		if loader := loaderOf(p); loader != "" {
			t.exec = append(t.exec, loader)
		}
	}
	for dir := range strings.SplitSeq(os.Getenv("LD_LIBRARY_PATH"), ":") {
		if filepath.IsAbs(dir) {
			t.dirs, t.keepLibraryPath = append(t.dirs, dir), true
		}
	}
}

// loaderOf returns the dynamic loader an ELF program asks for, or "".
func loaderOf(program string) string {
	f, err := elf.Open(program)
	if err != nil {
		return ""
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP || p.Filesz > 4096 {
			continue
		}
		name := make([]byte, p.Filesz)
		if _, err := p.ReadAt(name, 0); err != nil {
			return ""
		}
		return string(bytes.TrimRight(name, "\x00"))
	}
	return ""
}

// Versions starts ffmpeg once, confined, to learn its version and which walls
// this machine can raise. The zero version means that ffmpeg does not run;
// the reason is the error of the next operation.
func (t *Tools) Versions() Versions {
	_ = t.setup()
	return Versions{FFmpeg: t.version, Confinement: t.confinement}
}

// setup runs once: from then on every child must raise the walls found to work.
func (t *Tools) setup() error {
	t.once.Do(func() { t.setupErr = t.tryWalls() })
	return t.setupErr
}

func (t *Tools) tryWalls() error {
	if !confinable {
		t.confinement = Confinement{Missing: []string{"children are not confined on " + runtime.GOOS}}
		return t.tryVersion()
	}
	t.confinement = Confinement{Namespaces: true}
	err := t.tryVersion()
	if err == nil {
		return nil
	}
	t.confinement = Confinement{}
	if again := t.tryVersion(); again != nil {
		return again
	}
	t.confinement.Missing = append(t.confinement.Missing, "namespaces: "+err.Error())
	return nil
}

// tryVersion runs "ffmpeg -version" behind the walls.
func (t *Tools) tryVersion() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, outW, err := os.Pipe()
	if err != nil {
		return err
	}
	defer out.Close()
	rep, repW, err := os.Pipe()
	if err != nil {
		_ = outW.Close()
		return err
	}
	defer rep.Close()
	p, err := t.launch(ctx, task{
		path: t.ffmpeg, args: []string{"-hide_banner", "-version"}, stdout: outW,
		limits: limits{CPU: 20, Memory: 4 << 30, Files: 64},
	}, repW)
	_, _ = outW.Close(), repW.Close()
	if err != nil {
		return &Error{Kind: Tool, What: "ffmpeg cannot be started: " + err.Error(), Do: howToInstall(), Err: err}
	}
	defer p.kill()
	if confinable {
		got, err := readReport(rep)
		if err != nil {
			_ = p.wait()
			return &Error{
				Kind:   Tool,
				What:   "the confined child did not report",
				Do:     "is media.ChildMain called first in main?",
				Detail: p.log.telling(),
				Err:    err,
			}
		}
		got.Namespaces = t.confinement.Namespaces
		t.confinement = got
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	first := lines.Text()
	p.kill()
	return t.parseVersion(first, p)
}

func (t *Tools) parseVersion(line string, p *process) error {
	m := regexp.MustCompile(`^ffmpeg version n?((\d+)\.(\d+)\S*|\S+)`).FindStringSubmatch(line)
	if m == nil {
		return &Error{Kind: Tool, What: fmt.Sprintf("%s does not run", t.ffmpeg), Do: howToInstall(), Detail: p.log.telling()}
	}
	t.version = m[1]
	t.major, t.minor = 99, 0 // builds from a date or a commit are new
	if m[2] != "" {
		t.major, _ = strconv.Atoi(m[2])
		t.minor, _ = strconv.Atoi(m[3])
	}
	if !t.atLeast(4, 3) {
		return &Error{Kind: Tool, What: "ffmpeg " + t.version + " is too old", Do: "install 5.1 or newer"}
	}
	return nil
}

func (t *Tools) atLeast(major, minor int) bool {
	return t.major > major || t.major == major && t.minor >= minor
}
