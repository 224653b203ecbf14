// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// The fixed shape of the mark. Changing any of these makes copies that older readers cannot read.
const (
	// Period is the width and height of the repeating tile in canonical pixels.
	Period = 128
	// Patterns is the number of different tiles that take turns.
	Patterns = 8
	// SlotSeconds is the time in which one pattern wholly replaces the one before.
	SlotSeconds = 3.0
	// Chips is the length of a codeword.
	Chips = 1024

	bandLow, bandHigh = 0.03, 0.18 // message carriers, cycles per canonical pixel
	lineLow, lineHigh = 0.035, 0.15
	syncLines         = 80
	syncShare         = 0.35 // of the mark's energy
	tilt              = 0.4  // amplitude falls with frequency to this power
	rings             = 6    // radial bands in which strength is judged apart
)

// frequency is a point (i, j)/Period of the tile's spectrum, in the half plane j > 0.
type frequency struct{ i, j int }

func (f frequency) radius() float64 { return math.Hypot(float64(f.i), float64(f.j)) / Period }

// amplitude is the relative strength of a carrier: more where codecs keep more.
func (f frequency) amplitude() float64 { return math.Pow(f.radius()/0.1, -tilt) }

func (f frequency) ring() int {
	r := int((f.radius() - bandLow) / (bandHigh - bandLow) * rings)
	return min(max(r, 0), rings-1)
}

// SyncSet is the part of the mark that is the same in all copies of the titles that share it: a sparse set of
// sinusoids whose frequencies give the geometry of a leak away and whose phases say which pattern is showing.
type SyncSet struct {
	lines []frequency
	phase [Patterns][]complex64
	rings []int
}

// NewSyncSet derives a sync set from its secret.
func NewSyncSet(secret [32]byte) *SyncSet {
	s := &SyncSet{}
	rng := generator(secret, "lines", 0)
	candidates := frequencies(lineLow, lineHigh, 3)
	rng.Shuffle(len(candidates), func(a, b int) { candidates[a], candidates[b] = candidates[b], candidates[a] })
	taken := make(map[frequency]bool)
	for _, f := range candidates {
		if len(s.lines) == syncLines {
			break
		}
		if crowded(taken, f) || rng.Float64() > 1.5*lineLow/f.radius() {
			continue
		}
		taken[f] = true
		s.lines = append(s.lines, f)
		s.rings = append(s.rings, f.ring())
	}
	for k := range s.phase {
		rng := generator(secret, "phase", uint64(k))
		s.phase[k] = make([]complex64, len(s.lines))
		for i := range s.phase[k] {
			sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
			s.phase[k][i] = complex(float32(cos), float32(sin))
		}
	}
	return s
}

// crowded tells whether one of the eight neighbours of f is taken: lines apart are told from the texture
// around them.
func crowded(taken map[frequency]bool, f frequency) bool {
	for dj := -1; dj <= 1; dj++ {
		for di := -1; di <= 1; di++ {
			if taken[frequency{f.i + di, f.j + dj}] {
				return true
			}
		}
	}
	return false
}

// frequencies lists the points of the half plane with low <= radius <= high that stay off the axes, where
// block grids and the borders of letterboxes live.
func frequencies(low, high float64, off int) []frequency {
	var out []frequency
	for j := off; j < Period/2; j++ {
		for i := -Period/2 + 1; i < Period/2; i++ {
			f := frequency{i, j}
			if (i >= off || i <= -off) && f.radius() >= low && f.radius() <= high {
				out = append(out, f)
			}
		}
	}
	return out
}

// Key is everything that a title's marks are made and read with: its sync set and its own secret, from which
// come the place and the sign of every chip in every pattern, and the order of the patterns in time.
type Key struct {
	*SyncSet
	secret   [32]byte
	carriers []frequency
	ring     []int
	chip     [Patterns][]int32   // two per carrier: its real and its imaginary part
	sign     [Patterns][]float32 // likewise
}

// NewKey makes the key of a title from its secret and the sync set it uses.
func NewKey(secret [32]byte, sync *SyncSet) *Key {
	k := &Key{SyncSet: sync, secret: secret}
	taken := make(map[frequency]bool, len(sync.lines))
	for _, f := range sync.lines {
		taken[f] = true
	}
	for _, f := range frequencies(bandLow, bandHigh, 2) {
		if !taken[f] {
			k.carriers = append(k.carriers, f)
			k.ring = append(k.ring, f.ring())
		}
	}
	for p := range Patterns {
		rng := generator(secret, "chips", uint64(p))
		n := 2 * len(k.carriers)
		k.chip[p] = make([]int32, n)
		k.sign[p] = make([]float32, n)
		for i, v := range rng.Perm(n) {
			k.chip[p][i] = int32(v % Chips)
			k.sign[p][i] = float32(1 - 2*int(rng.Uint64()&1))
		}
	}
	return k
}

// order writes the patterns of the eight slots 8*block to 8*block+7: a keyed permutation, so that every
// pattern is shown equally often and none twice in a row. It needs no memory of earlier slots.
func (k *Key) order(block int64) [Patterns]uint8 {
	out := k.permutation(block)
	if block > 0 {
		if before := k.permutation(block - 1); before[Patterns-1] == out[0] {
			out[0], out[1] = out[1], out[0]
		}
	}
	return out
}

func (k *Key) permutation(block int64) (out [Patterns]uint8) {
	for i, v := range generator(k.secret, "order", uint64(block)).Perm(Patterns) {
		out[i] = uint8(v)
	}
	return out
}

// moment is the mixture of patterns that shows at one time of the title: cos(a) of one and sin(a) of the
// next, the angle growing evenly over the slot. Nothing ever jumps, and the energy is constant.
type moment struct {
	first, second uint8
	cos, sin      float32
}

// timetable gives the mixture of patterns for title times; it keeps the permutation of the last block.
type timetable struct {
	key   *Key
	block int64
	slots [2][Patterns]uint8 // of block and block+1
}

func newTimetable(k *Key) *timetable {
	return &timetable{key: k, slots: [2][Patterns]uint8{k.order(0), k.order(1)}}
}

// at returns the mixture for a title time in seconds; times before the start count as the start.
func (t *timetable) at(seconds float64) moment {
	slot := max(seconds, 0) / SlotSeconds
	n := int64(slot)
	if b := n / Patterns; b != t.block {
		t.block = b
		t.slots = [2][Patterns]uint8{t.key.order(b), t.key.order(b + 1)}
	}
	i := int(n % Patterns)
	next := t.slots[0][:]
	j := i + 1
	if j == Patterns {
		next, j = t.slots[1][:], 0
	}
	sin, cos := math.Sincos((slot - float64(n)) * math.Pi / 2)
	return moment{first: t.slots[0][i], second: next[j], cos: float32(cos), sin: float32(sin)}
}

// generator is a reproducible stream of random numbers that only who knows the secret can foretell.
func generator(secret [32]byte, label string, n uint64) *rand.Rand {
	h := hmac.New(sha256.New, secret[:])
	h.Write([]byte(label))
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	h.Write(b[:])
	var seed [32]byte
	h.Sum(seed[:0])
	return rand.New(rand.NewChaCha8(seed)) //nolint:gosec // ChaCha8 keyed by HMAC: foretold only by who has the secret
}

// Word is a codeword: chip i is -1 where bit i%64 of word i/64 is set, else +1.
type Word [Chips / 64]uint64

func (w *Word) chip(i int32) float32 {
	return 1 - 2*float32(w[i>>6]>>(uint(i)&63)&1)
}
