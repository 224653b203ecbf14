// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math/bits"
)

// Chips is the length of a codeword.
const Chips = 1024

const (
	wordUint64s = Chips / 64
	wordBytes   = Chips / 8
	// A word is filled by blocks of one HMAC-SHA256 each.
	hmacBlocks = wordBytes / sha256.Size
	// hmacTag separates codewords from everything else derived from a key.
	hmacTag = 'T'
)

// Word is a codeword. Chip i is bit i%64 of Word[i/64]; a set bit is the chip
// -1, a clear bit is +1.
type Word [wordUint64s]uint64

// Chip returns chip i, +1 or -1. i is 0..Chips-1.
func (w *Word) Chip(i int) float64 {
	return 1 - 2*float64(w[i/64]>>(i%64)&1)
}

// Vector returns the chips as a vector of +1 and -1.
func (w *Word) Vector() *Vector {
	var v Vector
	for i := range v {
		v[i] = w.Chip(i)
	}
	return &v
}

// Dot returns the inner product of two words, -Chips..Chips: Chips where they
// are equal, about 0 +- 32 where they are unrelated.
func (w *Word) Dot(o *Word) int {
	apart := 0
	for i := range w {
		apart += bits.OnesCount64(w[i] ^ o[i])
	}
	return Chips - 2*apart
}

// Key is the message key of a title: the secret its codewords are drawn with.
// It prints as "[secret]" everywhere.
type Key [32]byte

// Word returns the codeword of a tag: HMAC-SHA256(key, 'T' || block || tag) for
// the blocks 0..3, the 128 bytes read as little-endian 64-bit numbers (chip i is
// bit i%8 of byte i/8). tag is any text; two tags have unrelated words.
func (k Key) Word(tag string) Word {
	d := newDeriver(&k)
	var w Word
	d.word(tag, &w)
	return w
}

// Format writes "[secret]" whatever the verb, so that no log or error text can
// give a key away.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(secret)) }

// MarshalText returns "[secret]", which is also what JSON gets.
func (k Key) MarshalText() ([]byte, error) { return []byte(secret), nil }

const secret = "[secret]"

// A deriver makes many words with one key without allocating. It serves one
// goroutine.
type deriver struct {
	mac hash.Hash
	msg []byte
	sum []byte
}

func newDeriver(k *Key) *deriver {
	return &deriver{mac: hmac.New(sha256.New, k[:]), msg: make([]byte, 0, 64), sum: make([]byte, 0, wordBytes)}
}

func (d *deriver) word(tag string, w *Word) {
	d.sum = d.sum[:0]
	for block := range hmacBlocks {
		d.msg = append(d.msg[:0], hmacTag, byte(block))
		d.msg = append(d.msg, tag...)
		d.mac.Reset()
		d.mac.Write(d.msg)
		d.sum = d.mac.Sum(d.sum)
	}
	getWord(w, d.sum)
}

// getWord reads a word from its 128 bytes.
func getWord(w *Word, b []byte) {
	b = b[:wordBytes]
	for i := range w {
		w[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
}

// putWord appends the 128 bytes of a word.
func putWord(b []byte, w *Word) []byte {
	for _, x := range w {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

// Bytes returns the 128 bytes of a word: chip i is bit i%8 of byte i/8, a set bit is the chip -1.
func (w *Word) Bytes() []byte { return putWord(nil, w) }

// WordFrom reads a word from its 128 bytes.
func WordFrom(b []byte) (Word, error) {
	var w Word
	if len(b) != wordBytes {
		return w, fmt.Errorf("a codeword has %d bytes, not %d", wordBytes, len(b))
	}
	getWord(&w, b)
	return w, nil
}
