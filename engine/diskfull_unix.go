// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build unix

package engine

import (
	"errors"
	"syscall"
)

func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
