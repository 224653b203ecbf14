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
	"strconv"
	"strings"
	"time"
)

// memoryUse is how much memory a program and those it starts had at most, in bytes.
type memoryUse struct {
	Own   int64 // the program itself
	Child int64 // the largest of those it started
	All   int64 // all at the same moment, pages that they share counted once for each
}

// largest is the peak of the largest process, as getrusage has it.
func (m memoryUse) largest() int64 { return max(m.Own, m.Child) }

const sampling = 10 * time.Millisecond

// watchMemory runs a program to its end and watches the memory of its processes in /proc. The kernel keeps the peak
// of each, so that only the sum depends on the moments that were looked at.
func watchMemory(ctx context.Context, name string, args ...string) (memoryUse, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the program that is measured
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		return memoryUse{}, fmt.Errorf("%s: %w", name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var use memoryUse
	tick := time.NewTicker(sampling)
	defer tick.Stop()
	for use.sample(cmd.Process.Pid); ; {
		select {
		case err := <-ended:
			if err != nil {
				err = fmt.Errorf("%s %s (%w): %s", filepath.Base(name), args[0], err, firstLine(log.String()))
				return use, errors.Join(context.Cause(ctx), err)
			}
			return use, nil // all zero if it ended at once
		case <-tick.C:
			use.sample(cmd.Process.Pid)
		}
	}
}

// sample looks at a process and at all below it.
func (m *memoryUse) sample(root int) {
	var all int64
	for _, pid := range append(descendants(root), root) {
		now, peak := residentOf(pid)
		all += now
		if pid == root {
			m.Own = max(m.Own, peak)
		} else {
			m.Child = max(m.Child, peak)
		}
	}
	m.All = max(m.All, all)
}

// descendants lists the processes below one.
func descendants(pid int) []int {
	var list []int
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	for _, path := range lists {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				list = append(append(list, child), descendants(child)...)
			}
		}
	}
	return list
}

// residentOf is the memory of a process, now and at most; zero for one that has ended.
func residentOf(pid int) (now, peak int64) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		kib, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			continue
		}
		switch fields[0] {
		case "VmRSS:":
			now = kib << 10
		case "VmHWM:":
			peak = kib << 10
		}
	}
	return now, peak
}

// megabytes writes an amount of memory, of which there is always some.
func megabytes(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}
