// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// runs is what several runs of a program took.
type runs struct {
	list   []spent
	memory int64 // bytes, of the largest
}

// add runs a program once.
func (r *runs) add(cmd *exec.Cmd) error {
	begun := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %.300s", err, out)
	}
	state := cmd.ProcessState
	r.list = append(r.list, spent{wall: time.Since(begun), cpu: state.UserTime() + state.SystemTime()})
	r.memory = max(r.memory, largestMemory(state))
	return nil
}

func (r *runs) last() spent { return r.list[len(r.list)-1] }

// wall and cpu are the least of all runs, which the noise of the machine spoils least.
func (r *runs) wall() time.Duration { return slices.Min(walls(r.list)) }
func (r *runs) cpu() time.Duration  { return slices.Min(cpus(r.list)) }

// megabytes is the memory of the largest run.
func (r *runs) megabytes() string { return fmt.Sprintf("%d MB", r.memory>>20) }
