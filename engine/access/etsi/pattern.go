// SPDX-License-Identifier: AGPL-3.0-or-later

package etsi

import "strings"

// BitOrder says from which end of a byte a pattern is read.
type BitOrder byte

// The two orders. The specification's is BigEndian (5.4): in 0x0A position 3 is the fourth bit from the left, 0. Akamai's public
// edge module read LittleEndian until 2023-08-16 (commit 4217762, "MSB bit ordering"): copies delivered before that
// need the other order, so whoever compares variants with a pattern tries both.
const (
	BigEndian BitOrder = iota
	LittleEndian
)

// Pattern is a sequence of variants, a bit for each position.
type Pattern struct {
	Bytes  []byte
	Length int // bits; positions beyond it begin anew
}

// Bit returns the variant at a position, 0 (a) or 1 (b). ok is false for position -1, which is not watermarked, and for a
// pattern without bits.
func (p Pattern) Bit(position int, order BitOrder) (bit int, ok bool) {
	length := min(p.Length, 8*len(p.Bytes))
	if length <= 0 || position < 0 {
		return 0, false
	}
	at := position % length
	shift := 7 - at%8
	if order == LittleEndian {
		shift = at % 8
	}
	return int(p.Bytes[at/8]>>shift) & 1, true
}

// Variants writes the pattern as letters: a and b.
func (p Pattern) Variants(order BitOrder) string {
	var b strings.Builder
	for i := range min(p.Length, 8*len(p.Bytes)) {
		bit, _ := p.Bit(i, order)
		b.WriteByte("ab"[bit])
	}
	return b.String()
}
