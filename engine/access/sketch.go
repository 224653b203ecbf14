// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"math"
	"slices"
)

// sketchSize is how many hashes a sketch keeps; up to that many the count is exact.
const sketchSize = 256

// Sketch counts distinct requests, and the same request seen again does not change the count: it keeps the smallest
// hashes (k minimum values: Z. Bar-Yossef and others, Counting distinct elements in a data stream, 2002). Up to 256 the
// count is exact, above it has an error of about 6 %.
type Sketch struct {
	Hashes []uint64 // sorted
}

// Add takes a hash in.
func (s *Sketch) Add(hash uint64) {
	n := len(s.Hashes)
	if n == sketchSize && hash >= s.Hashes[n-1] {
		return
	}
	at, found := slices.BinarySearch(s.Hashes, hash)
	if found {
		return
	}
	if n == sketchSize {
		copy(s.Hashes[at+1:], s.Hashes[at:n-1])
		s.Hashes[at] = hash
		return
	}
	s.Hashes = slices.Insert(s.Hashes, at, hash)
}

// Merge takes another sketch in.
func (s *Sketch) Merge(other Sketch) {
	for _, h := range other.Hashes {
		s.Add(h)
	}
}

// Count returns the number of distinct requests, and whether it is exact.
func (s Sketch) Count() (n int64, exact bool) {
	if len(s.Hashes) < sketchSize {
		return int64(len(s.Hashes)), true
	}
	share := float64(s.Hashes[sketchSize-1]) / math.MaxUint64
	return int64((sketchSize-1)/share + 0.5), false
}
