// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// task describes one run of ffmpeg or ffprobe.
type task struct {
	path    string
	args    []string   // without the name; %r and %w stand for the files below
	inputs  []*os.File // readable files: {in0}, {in1} ... in args
	outputs []*os.File // writable files: {out0} ...
	stdin   *os.File   // nil: nothing to read
	stdout  *os.File   // nil: thrown away
	limits  limits
	worker  string // part of this program that the child becomes instead of path
}

// process is a running child.
type process struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	log    logBuffer
	done   chan struct{}
	err    error // valid after done
}

// start runs a task confined. The process is killed when ctx ends.
func (t *Tools) start(ctx context.Context, k task) (*process, error) {
	if err := t.setup(); err != nil {
		return nil, err
	}
	return t.launch(ctx, k, nil)
}

// launch is start without the first-time setup; with report, the child tells
// there what confinement it achieved.
func (t *Tools) launch(ctx context.Context, k task, reportTo *os.File) (*process, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &process{cancel: cancel, done: make(chan struct{})}
	if k.worker != "" {
		var err error
		if k.path, err = ownPath(); err != nil {
			cancel()
			return nil, err
		}
	}
	p.cmd = exec.CommandContext(ctx, k.path)
	p.cmd.Cancel = func() error { return killGroup(p.cmd) }
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.Stderr = &p.log
	if k.stdin != nil {
		p.cmd.Stdin = k.stdin
	}
	if k.stdout != nil {
		p.cmd.Stdout = k.stdout
	}
	j := t.job(k)
	p.cmd.ExtraFiles = append(append([]*os.File(nil), k.inputs...), k.outputs...)
	if reportTo != nil {
		j.Report = 3 + len(p.cmd.ExtraFiles)
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, reportTo)
	}
	if err := t.prepare(p.cmd, j); err != nil {
		cancel()
		return nil, err
	}
	if err := t.startOnLastingThread(p.cmd); err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", k.path, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		cancel()
		close(p.done)
	}()
	return p, nil
}

// job fills in descriptors and walls.
func (t *Tools) job(k task) *job {
	j := &job{
		Path:     k.path,
		Env:      []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent", "AV_LOG_FORCE_NOCOLOR=1"},
		Dirs:     t.dirs,
		Exec:     t.exec,
		Limits:   k.limits,
		Landlock: t.confinement.Landlock > 0,
		Seccomp:  t.confinement.Seccomp,
	}
	if k.worker != "" {
		j.Env = append(j.Env, workerEnv+"="+k.worker, "GOMAXPROCS=2", "MALLOC_ARENA_MAX=2", "GOTRACEBACK=none")
		j.Exec = []string{k.path}
		if loader := loaderOf(k.path); loader != "" {
			j.Exec = append(j.Exec, loader)
		}
	}
	if lib := os.Getenv("LD_LIBRARY_PATH"); lib != "" && t.keepLibraryPath {
		j.Env = append(j.Env, "LD_LIBRARY_PATH="+lib)
	}
	var names []string
	for i, f := range k.inputs {
		names = append(names, fmt.Sprintf("{in%d}", i), "file:"+childPath(3+i, f))
		j.Read = append(j.Read, 3+i)
	}
	for i, f := range k.outputs {
		fd := 3 + len(k.inputs) + i
		names = append(names, fmt.Sprintf("{out%d}", i), "file:"+childPath(fd, f))
		j.Write = append(j.Write, fd)
	}
	replace := strings.NewReplacer(names...)
	j.Args = []string{k.path}
	for _, a := range k.args {
		j.Args = append(j.Args, replace.Replace(a))
	}
	return j
}

// startOnLastingThread starts a command from a thread that lives as long as
// the program: a child is killed with the thread that started it, not with
// the process, and Go may end threads.
func (t *Tools) startOnLastingThread(cmd *exec.Cmd) error {
	t.spawner.Do(func() {
		t.starts = make(chan startRequest)
		go func() {
			runtime.LockOSThread()
			for r := range t.starts {
				r.result <- r.cmd.Start()
			}
		}()
	})
	r := startRequest{cmd: cmd, result: make(chan error, 1)}
	t.starts <- r
	return <-r.result
}

type startRequest struct {
	cmd    *exec.Cmd
	result chan error
}

// wait waits for the end and gives the child's verdict.
func (p *process) wait() error {
	<-p.done
	return p.err
}

// kill ends the child and waits for it.
func (p *process) kill() {
	p.cancel()
	<-p.done
}

// output runs a task and returns what it wrote to standard output, up to a limit.
func (t *Tools) output(ctx context.Context, k task, limit int64) ([]byte, *process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	k.stdout = w
	p, err := t.start(ctx, k)
	_ = w.Close()
	if err != nil {
		return nil, nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(out)) > limit {
		err = errors.New("the answer is too long")
	}
	if err != nil {
		p.kill()
		return nil, p, err
	}
	return out, p, p.wait()
}

// readReport reads what a child says it achieved.
func readReport(r io.Reader) (Confinement, error) {
	var c Confinement
	err := json.NewDecoder(io.LimitReader(r, 64<<10)).Decode(&c)
	return c, err
}

// logBuffer keeps the first and the last part of a child's log and counts its
// lines, so that a flood of complaints costs nothing.
type logBuffer struct {
	mu    sync.Mutex
	first []byte
	last  []byte
	lines int
}

const logPart = 8 << 10

// Write never fails.
func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(b)
	l.lines += bytes.Count(b, []byte{'\n'})
	if room := logPart - len(l.first); room > 0 {
		k := min(room, len(b))
		l.first = append(l.first, b[:k]...)
		b = b[k:]
	}
	if len(b) > logPart {
		b = b[len(b)-logPart:]
	}
	if over := len(l.last) + len(b) - logPart; over > 0 {
		l.last = l.last[:copy(l.last, l.last[over:])]
	}
	l.last = append(l.last, b...)
	return n, nil
}

// text returns what was kept.
func (l *logBuffer) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.first) + string(l.last)
}

// count returns the number of lines written so far.
func (l *logBuffer) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines
}
