// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"math"
	"sort"

	"spoor/engine/internal/dsp"
)

// shiftGrid is the number of shifts tried along each side of the tile: every second canonical pixel, which
// the band of the sync lines allows.
const shiftGrid = 64

// shift is a translation of the tile with the evidence for it.
type shift struct {
	dx, dy float64 // canonical pixels
	score  float64 // log of the likelihood ratio, patterns unknown
}

// assumed is the strength of the sync correlation that likelihoods reckon with.
const assumed = 3.0

// likelihood is the log likelihood ratio of a unit that shows one of the patterns, none known, against none.
func likelihood(c *[Patterns]float64) float64 {
	var e float64
	for _, v := range c {
		e += math.Exp(assumed*v - assumed*assumed/2)
	}
	return math.Log(0.02 + 0.98*e/Patterns)
}

// shifts finds the best translations of the tile over all units: all of them are tried by transforms, the
// best few are refined.
func (s *SyncSet) shifts(units []unit, keep int) ([]shift, error) {
	fft, err := dsp.NewFFT2(shiftGrid, shiftGrid)
	if err != nil {
		return nil, err
	}
	const n = shiftGrid * shiftGrid
	total := make([]float64, n)
	sum := make([]float64, n)
	z := make([]complex64, n)
	for t := range units {
		clear(sum)
		for p := 0; p < Patterns; p += 2 {
			s.twoPatterns(&units[t], p, z)
			fft.Forward(z)
			for i, v := range z {
				sum[i] += fastExp(assumed*real(v)-assumed*assumed/2) + fastExp(assumed*imag(v)-assumed*assumed/2)
			}
		}
		for i, v := range sum {
			total[i] += math.Log(0.02 + 0.98*v/Patterns)
		}
	}
	out := peaks(total, keep)
	for i := range out {
		s.refineShift(units, &out[i])
	}
	sort.SliceStable(out, func(a, b int) bool { return out[a].score > out[b].score })
	return out, nil
}

// twoPatterns lays the correlation spectra of patterns p and p+1 into z so that one transform gives both: the
// first as real, the second as imaginary part.
func (s *SyncSet) twoPatterns(u *unit, p int, z []complex64) {
	clear(z)
	norm := complex(float32(1/math.Sqrt(float64(len(s.lines)))), 0)
	a, b := make([]complex64, len(s.lines)), make([]complex64, len(s.lines))
	for i := range s.lines {
		q, r := s.phase[p][i], s.phase[p+1][i]
		a[i] = u.sync[i] * complex(real(q), -imag(q)) * norm
		b[i] = u.sync[i] * complex(real(r), -imag(r)) * norm
	}
	s.layPair(z, a, b)
}

// layPair lays two sets of lines into the empty spectrum z, whose transform then is the correlation of the first as
// real, of the second as imaginary part.
func (s *SyncSet) layPair(z, first, second []complex64) {
	for i, f := range s.lines {
		a, b := first[i]/2, second[i]/2
		x, y := (f.i+shiftGrid)%shiftGrid, f.j%shiftGrid
		z[y*shiftGrid+x] += a + complex(-imag(b), real(b))
		a, b = complex(real(a), -imag(a)), complex(real(b), -imag(b))
		z[(shiftGrid-y)%shiftGrid*shiftGrid+(shiftGrid-x)%shiftGrid] += a + complex(-imag(b), real(b))
	}
}

// fastExp is exp to within a few percent, which is enough to find a maximum that is refined afterwards.
func fastExp(x float32) float64 {
	if x < -80 {
		return 0
	}
	return math.Float64frombits(uint64(int64(float64(x)*6497320848556798) + 1072632447<<32))
}

// peaks returns the local maxima of a periodic map, best first.
func peaks(m []float64, keep int) []shift {
	at := func(x, y int) float64 {
		return m[(y+shiftGrid)%shiftGrid*shiftGrid+(x+shiftGrid)%shiftGrid]
	}
	var out []shift
	for y := range shiftGrid {
		for x := range shiftGrid {
			v := at(x, y)
			if v < at(x-1, y) || v < at(x+1, y) || v < at(x, y-1) || v < at(x, y+1) {
				continue
			}
			const step = Period / shiftGrid
			dx := step * (float64(x) + vertex(at(x-1, y), v, at(x+1, y)))
			dy := step * (float64(y) + vertex(at(x, y-1), v, at(x, y+1)))
			out = append(out, shift{dx: dx, dy: dy, score: v})
		}
	}
	sort.SliceStable(out, func(a, b int) bool { return out[a].score > out[b].score })
	return out[:min(keep, len(out))]
}

// vertex is where the parabola through three equidistant values peaks, counted from the middle one.
func vertex(a, b, c float64) float64 {
	d := a - 2*b + c
	if d >= 0 {
		return 0
	}
	return min(max(0.5*(a-c)/d, -1), 1)
}

// refineShift climbs to the best translation nearby.
func (s *SyncSet) refineShift(units []unit, t *shift) {
	score := func(dx, dy float64) float64 {
		var sum float64
		for _, c := range s.correlations(units, dx, dy) {
			sum += likelihood(&c)
		}
		return sum
	}
	t.climb(score)
}

// climb moves to the best translation nearby.
func (t *shift) climb(score func(dx, dy float64) float64) {
	t.score = score(t.dx, t.dy)
	for step := 0.8; step > 0.15; step /= 2 {
		for _, d := range [][2]float64{{step, 0}, {-step, 0}, {0, step}, {0, -step}} {
			if v := score(t.dx+d[0], t.dy+d[1]); v > t.score {
				t.dx, t.dy, t.score = t.dx+d[0], t.dy+d[1], v
			}
		}
	}
}
