// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// benice lets everybody else on the machine go first: this program and whatever it starts from now on. Linux knows the
// priority of threads only, so each gets it; new ones have that of the thread that makes them.
func benice() error {
	const level = 10
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("priority: %w", err)
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(task.Name())
		if err != nil {
			continue
		}
		if now, err := unix.Getpriority(unix.PRIO_PROCESS, id); err != nil || 20-now >= level {
			continue // the system call counts from 40 down; never raise what is lower already
		}
		if err := unix.Setpriority(unix.PRIO_PROCESS, id, level); err != nil {
			return fmt.Errorf("priority: %w", err)
		}
	}
	return nil
}
