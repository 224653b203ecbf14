// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import (
	"errors"
	"math"
)

// Vector is evidence: 1024 soft chips, each a weighted sum over frames. The
// sign of a chip says which way the leak leans, its size how much. The unit is
// the reader's; only proportions matter here.
type Vector [Chips]float64

// Add adds the evidence of w: the two may come from different frames, slices of
// time or machines.
func (v *Vector) Add(w *Vector) {
	for i := range v {
		v[i] += w[i]
	}
}

// ErrNotFinite is returned for a vector with a chip that is infinite or not a number.
var ErrNotFinite = errors.New("vector has a chip that is not a finite number")

const planes = 4

// Rounded is a vector rounded to odd integers from -15 to 15, as four bit
// planes: what scores are computed on. It is made by [Round].
type Rounded struct {
	// plane b holds the signs a_ib of q_i = sum_b 2^b a_ib; a set bit is -1.
	plane [planes]Word
	norm  float64 // ||q||, 0 for evidence that is all zero
}

// The best step of a uniform 16-level rounding of normal noise is 0.3352 of
// its rms. Vectors of another shape (a few strong chips, all chips alike) want
// another one, so a range of steps a quarter octave apart is tried and the one that keeps
// the direction best is taken. The choice sees the vector only, never a tag.
const (
	stepOfRMS    = 0.3352
	stepQuarters = 6
)

// Round rounds a vector for scoring. The error is [ErrNotFinite] or nil; an
// all-zero vector is no error and gives every tag the score 0.
func Round(v *Vector) (*Rounded, error) {
	scaled, err := normalise(v)
	if err != nil || scaled == nil {
		return &Rounded{}, err
	}
	var best [Chips]int
	bestFit := -1.0
	for k := -stepQuarters; k <= stepQuarters; k++ {
		q := quantise(scaled, stepOfRMS*math.Exp2(float64(k)/4))
		if fit := direction(scaled, &q); fit > bestFit {
			best, bestFit = q, fit
		}
	}
	return pack(&best), nil
}

// Score returns the score of a word, -32..32: for an unrelated word a draw
// from a distribution whose tail [TailLog10] bounds.
func (r *Rounded) Score(w *Word) float64 {
	if r.norm == 0 {
		return 0
	}
	return float64(chipSum(dotWord(w, &r.plane))) / r.norm
}

// Score returns the score of one word against any vector, a partial sum or a
// slice of time included: exact on the rounded vector, equal to what
// [Registry.Scan] gives. A vector that is not finite scores 0: it is evidence
// of nothing. For many words against one vector, [Round] once.
func Score(word *Word, v *Vector) float64 {
	r, err := Round(v)
	if err != nil {
		return 0
	}
	return r.Score(word)
}

// normalise returns v over its rms, nil where v is all zero. The conversions to
// float64 here and below keep compilers from fusing multiply and add, so that
// every processor rounds alike.
func normalise(v *Vector) (*Vector, error) {
	peak := 0.0
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, ErrNotFinite
		}
		peak = max(peak, math.Abs(x))
	}
	if peak == 0 {
		return nil, nil
	}
	var out Vector
	sum := 0.0
	for i, x := range v {
		out[i] = x / peak // squares can now neither overflow nor vanish
		sum += float64(out[i] * out[i])
	}
	rms := math.Sqrt(sum / Chips)
	for i := range out {
		out[i] /= rms
	}
	return &out, nil
}

// quantise returns the odd integers nearest to v/(step/2), clipped to +-15.
func quantise(v *Vector, step float64) [Chips]int {
	var q [Chips]int
	for i, x := range v {
		q[i] = 2*int(max(-8, min(7, math.Floor(x/step)))) + 1
	}
	return q
}

// direction is proportional to the cosine between v and q.
func direction(v *Vector, q *[Chips]int) float64 {
	dot, square := 0.0, 0
	for i, x := range v {
		dot += float64(x * float64(q[i]))
		square += q[i] * q[i]
	}
	return dot / math.Sqrt(float64(square))
}

// pack splits odd integers into planes: (q+15)/2 is 0..15, and its bit b is
// set where the sign a_ib is +1.
func pack(q *[Chips]int) *Rounded {
	r := &Rounded{}
	square := 0
	for i, x := range q {
		square += x * x
		minus := ^uint64((x+15)/2) & 15
		for b := range planes {
			r.plane[b][i/64] |= minus >> b & 1 << (i % 64)
		}
	}
	r.norm = math.Sqrt(float64(square))
	return r
}
