// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import "golang.org/x/sys/cpu"

// fastDot returns the quickest way of this processor to compare words.
//
// Processors that count bits in 512-bit registers (Intel since Ice Lake, AMD since
// Zen 4) take ten instructions where plain Go takes sixty-four triples, and
// are then as fast as their memory. Elsewhere plain Go uses POPCNT; building
// with GOAMD64=v2 or higher spares it a test before each one, a fifth of the time.
func fastDot() func([]Word, *[planes]Word, []int32) {
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VPOPCNTDQ {
		return dotWords512
	}
	return dotWords
}

func dotWords512(words []Word, p *[planes]Word, out []int32) {
	if len(words) == 0 {
		return
	}
	dotAVX512(&words[0], len(words), p, &out[:len(words)][0])
}

// dotAVX512 does what dotWords does for n >= 1 words.
//
//go:noescape
func dotAVX512(words *Word, n int, p *[planes]Word, out *int32)
