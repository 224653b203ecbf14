// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import "math/bits"

// The weights 1+2+4+8 times the chips: what a dot would be if all signs agreed.
const fullScale = 15 * Chips

// dotWord returns the weighted number of chips where word and planes disagree,
// 0..fullScale: sum over b of 2^b times the bits set in word xor plane b.
func dotWord(w *Word, p *[planes]Word) int32 {
	var a, b, c, d int
	for i, x := range w {
		a += bits.OnesCount64(x ^ p[0][i])
		b += bits.OnesCount64(x ^ p[1][i])
		c += bits.OnesCount64(x ^ p[2][i])
		d += bits.OnesCount64(x ^ p[3][i])
	}
	return int32(a + 2*b + 4*c + 8*d)
}

// dotWords writes the disagreement of every word to out, which is as long as
// words.
func dotWords(words []Word, p *[planes]Word, out []int32) {
	for i := range words {
		out[i] = dotWord(&words[i], p)
	}
}

// chipSum turns a disagreement into sum c_i q_i.
func chipSum(apart int32) int { return fullScale - 2*int(apart) }
