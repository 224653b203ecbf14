// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !linux

package media

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

const openNonblock = 0

// ChildMain must be called first thing in main and in TestMain. On this
// platform children are not confined: it runs the part of this program that a
// child was started for, if it is one.
func ChildMain() { workIfAsked() }

// ownPath names this very program.
func ownPath() (string, error) { return os.Executable() }

// prepare runs the program as it is: there are no walls on this platform.
func (t *Tools) prepare(cmd *exec.Cmd, j *job) error {
	cmd.Path, cmd.Args, cmd.Env = j.Path, j.Args, append(os.Environ(), j.Env...)
	return nil
}

func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func widenPipe(*os.File) {}

func isNoSpace(err error) bool {
	const windowsDiskFull, windowsHandleDiskFull = syscall.Errno(112), syscall.Errno(39)
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, windowsDiskFull) || errors.Is(err, windowsHandleDiskFull)
}

// childPath names an open file for the child.
func childPath(_ int, f *os.File) string {
	if path, err := filepath.Abs(f.Name()); err == nil {
		return path
	}
	return f.Name()
}

const confinable = false
