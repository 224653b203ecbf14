// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !unix

package engine

import "strings"

func isDiskFull(err error) bool {
	return err != nil && strings.Contains(err.Error(), "not enough space on the disk")
}
