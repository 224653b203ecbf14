// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !amd64

package code

// fastDot returns the quickest way of this processor to compare words.
func fastDot() func([]Word, *[planes]Word, []int32) { return dotWords }
