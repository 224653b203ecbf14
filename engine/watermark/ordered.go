// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"math"

	"spoor/engine/internal/dsp"
)

// mostOffsets of a title's time are tried when a translation is looked for: two minutes. In longer titles the order of
// the patterns only helps later, when a geometry is judged.
const mostOffsets = 480

// orderedShifts finds the best translations of the tile given that the units show the patterns in the title's order,
// whatever minute they begin at. All of them then add up to one correlation, which finds marks that are too faint in
// every single unit.
func (r *reader) orderedShifts(units []unit, keep int) ([]shift, error) {
	timed := make([]*unit, 0, len(units))
	for t := range units {
		if !units[t].static {
			timed = append(timed, &units[t])
		}
	}
	if len(timed) < 2 || len(r.moments) > mostOffsets {
		return nil, nil
	}
	fft, err := dsp.NewFFT2(shiftGrid, shiftGrid)
	if err != nil {
		return nil, err
	}
	highest := make([]float64, shiftGrid*shiftGrid)
	offset := make([]int, shiftGrid*shiftGrid)
	z := make([]complex64, shiftGrid*shiftGrid)
	pair := [2][]complex64{make([]complex64, len(r.key.lines)), make([]complex64, len(r.key.lines))}
	for o := 0; o < len(r.moments); o += 2 {
		clear(z)
		r.expect(timed, o, pair[0])
		r.expect(timed, o+1, pair[1])
		r.key.layPair(z, pair[0], pair[1])
		fft.Forward(z)
		for i, v := range z {
			if s := float64(real(v)); s > highest[i] {
				highest[i], offset[i] = s, o
			}
			if s := float64(imag(v)); s > highest[i] {
				highest[i], offset[i] = s, o+1
			}
		}
	}
	out := peaks(highest, keep)
	for i := range out {
		s := &out[i]
		cell := func(d float64) int { return int(math.Round(d*shiftGrid/Period)+shiftGrid) % shiftGrid }
		at := cell(s.dy)*shiftGrid + cell(s.dx)
		r.expect(timed, offset[at], pair[0])
		s.climb(func(dx, dy float64) float64 { return r.key.correlationAt(pair[0], dx, dy) })
		s.score *= s.score / 2
	}
	return out, nil
}

// expect adds up the sync lines of units, each turned back by the phases that show at its time if the first is at an
// offset into the title. The correlation of the sum has variance one without a mark.
func (r *reader) expect(units []*unit, offset int, out []complex64) {
	clear(out)
	norm := float32(1 / math.Sqrt(float64(len(units)*len(out))))
	for _, u := range units {
		at := offset + steps(u.at-units[0].at)
		if at >= len(r.moments) {
			return
		}
		m := r.moments[at]
		first, second := r.key.phase[m.first], r.key.phase[m.second]
		a, b := norm*m.cos, norm*m.sin
		for i, v := range u.sync {
			p, q := first[i], second[i]
			out[i] += v * complex(a*real(p)+b*real(q), -a*imag(p)-b*imag(q))
		}
	}
}

// correlationAt is the correlation of turned lines at a translation.
func (s *SyncSet) correlationAt(lines []complex64, dx, dy float64) float64 {
	var sum float64
	for i, f := range s.lines {
		sum += float64(real(lines[i] * phasor(f, dx, dy)))
	}
	return sum
}
