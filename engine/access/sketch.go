// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// sketchSize is how many hashes a sketch keeps; up to that many the count is exact.
const sketchSize = 256

// Sketch counts distinct requests, and the same request seen again does not change the count: it keeps the smallest
// hashes (k minimum values: Z. Bar-Yossef and others, Counting distinct elements in a data stream, 2002). Up to 256 the
// count is exact, above it has an error of about 6 %.
type Sketch struct {
	hashes []uint64 // sorted
}

// Add takes a hash in.
func (s *Sketch) Add(hash uint64) {
	n := len(s.hashes)
	if n == sketchSize && hash >= s.hashes[n-1] {
		return
	}
	at, found := slices.BinarySearch(s.hashes, hash)
	if found {
		return
	}
	if n == sketchSize {
		copy(s.hashes[at+1:], s.hashes[at:n-1])
		s.hashes[at] = hash
		return
	}
	s.hashes = slices.Insert(s.hashes, at, hash)
}

// Merge takes another sketch in.
func (s *Sketch) Merge(other Sketch) {
	for _, h := range other.hashes {
		s.Add(h)
	}
}

// Count returns the number of distinct requests, and whether it is exact.
func (s Sketch) Count() (n int64, exact bool) {
	if len(s.hashes) < sketchSize {
		return int64(len(s.hashes)), true
	}
	share := float64(s.hashes[sketchSize-1]) / math.MaxUint64
	return int64((sketchSize-1)/share + 0.5), false
}

// MarshalText writes the hashes in base64: there are many of them.
func (s Sketch) MarshalText() ([]byte, error) {
	raw := make([]byte, 0, 8*len(s.hashes))
	for _, h := range s.hashes {
		raw = binary.BigEndian.AppendUint64(raw, h)
	}
	return base64.RawStdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Sketch) UnmarshalText(text []byte) error {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil || len(raw)%8 != 0 || len(raw) > 8*sketchSize {
		return errors.New("a count of requests is damaged")
	}
	s.hashes = nil
	for ; len(raw) > 0; raw = raw[8:] {
		s.Add(binary.BigEndian.Uint64(raw))
	}
	return nil
}
