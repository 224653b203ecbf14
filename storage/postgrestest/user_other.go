// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !linux

package postgrestest

import (
	"os"
	"syscall"
)

var stopSignal os.Signal = os.Interrupt //nolint:gochecknoglobals // an interface cannot be a constant

// unprivileged has nothing to do where the tests are not run as root.
func unprivileged(string) (*syscall.SysProcAttr, error) { return nil, nil }
