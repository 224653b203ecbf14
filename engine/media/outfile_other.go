// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !linux

package media

import (
	"os"
	"syscall"
)

func createNameless(string) (*os.File, error) { return nil, errNameless }

func linkNameless(*os.File, string) error { return errNameless }

func syncDir(string) error { return nil }

func isReadOnly(error) bool { return false }

func lockFile(*os.File) error { return nil }

const errBrokenPipe = syscall.EPIPE

// reopen gives a finished file a handle of its own. It stays under its
// temporary name until it is closed.
func reopen(o *outFile) (*os.File, error) { return os.Open(o.Name()) }
