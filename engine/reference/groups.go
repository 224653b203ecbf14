// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

// sequenceSet is the type of the H.264 unit that each group begins with: only
// what follows such a one can be decoded alone.
const sequenceSet = 7

// Groups cuts a plain H.264 stream (Annex B) at its sequence parameter sets,
// of which each group of pictures must begin with one. The bytes are the
// caller's. The concatenation of all groups is the stream.
func Groups(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var held []byte
		buf := make([]byte, 1<<16)
		const own = 5 // no group begins within the start code and type of the one before
		searched := own
		for {
			n, err := r.Read(buf)
			held = append(held, buf[:n]...)
			for {
				at := nextGroup(held, searched)
				if at < 0 {
					searched = max(searched, len(held)-own)
					break
				}
				if !yield(bytes.Clone(held[:at]), nil) {
					return
				}
				held = append(held[:0], held[at:]...)
				searched = own
			}
			switch {
			case errors.Is(err, io.EOF):
				if len(held) > 0 {
					yield(held, nil)
				}
				return
			case err == nil && len(held) > maxGroup:
				err = errors.New("a group of pictures is too large")
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// nextGroup finds the first start code with a sequence parameter set at or
// after from, -1 if there is none. A zero byte before the start code is its own.
func nextGroup(b []byte, from int) int {
	for i := from; i < len(b); {
		k := bytes.Index(b[i:], []byte{0, 0, 1})
		if k < 0 || i+k+3 >= len(b) {
			return -1
		}
		at := i + k
		if b[at+3]&0x1f == sequenceSet {
			if at > from && b[at-1] == 0 {
				at--
			}
			if at >= from {
				return at
			}
		}
		i += k + 3
	}
	return -1
}
