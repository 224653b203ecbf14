// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"fmt"
	"math"
	"time"
)

// Informed reads what was left after the original was taken away, in order of the leak's time. The same units, course
// and chips come out as without the original; but the time in the title is known from alignment. Only where the sync
// lines clearly say another time (a scene that stands still looks the same at many) is theirs taken. No codeword is
// looked at.
func (k *Key) Informed(list []Folded, s Shape) (*Reading, error) {
	if len(list) == 0 {
		return nil, fmt.Errorf("no frames to read")
	}
	units, times := k.restUnits(list)
	c := k.correlations(units, 0, 0)
	f := k.given(units, c, times)
	free := follow(k.moments(s.Length), units, c)
	moved := free.score > f.score+elsewhere
	if moved {
		f = free
	}
	r := &Reading{Sync: f.expected(units, c), Score: f.score}
	r.Slices = k.project(evened(units), c, f, 0, 0)
	if !moved {
		for i := range r.Slices {
			r.Slices[i].Title, r.Slices[i].Certainty = times[i], 1
		}
	}
	return r, nil
}

// elsewhere is how much likelier, as a logarithm, a course through the title has to be than the aligned one.
const elsewhere = 10

// restUnits sums frames that follow each other within unitSeconds, and gives the title time of the middle.
func (k *Key) restUnits(list []Folded) (units []unit, times []time.Duration) {
	work := &folder{n: fineCells, z: make([]complex64, fineCells*fineCells)}
	for from := 0; from < len(list); {
		to := from
		clear(work.z)
		var title time.Duration
		for to < len(list) && (list[to].Leak-list[from].Leak).Seconds() < 0.9*unitSeconds &&
			(list[to].Title-list[from].Title).Abs().Seconds() < unitSeconds {
			for i, v := range list[to].spectrum {
				work.z[i] += v
			}
			title += list[to].Title
			to++
		}
		u := unit{
			sync: make([]complex64, len(k.lines)), message: make([]complex64, len(k.carriers)),
			from: list[from].Leak, to: list[to-1].Leak, frames: to - from,
		}
		u.at = (u.from + u.to) / 2
		work.gather(k.lines, u.sync)
		work.gather(k.carriers, u.message)
		k.normalise(&u)
		units, times = append(units, u), append(times, title/time.Duration(to-from))
		from = to
	}
	return units, times
}

// given is the course on which each unit shows the time that it was aligned with.
func (k *Key) given(units []unit, c [][Patterns]float64, times []time.Duration) *course {
	table := newTimetable(k)
	f := &course{belief: make([][]float64, len(units)), weights: make([][Patterns]float64, len(units)), strength: startStrength(c)}
	for i, t := range times {
		f.moments = append(f.moments, table.at(t.Seconds()))
		f.belief[i] = make([]float64, len(times))
		f.belief[i][i] = 1
	}
	f.strength = min(max(f.expected(units, c), 1), 8)
	for i := range units {
		const doubt = 0.1 // that the time of a unit is wrong
		f.score += math.Log(doubt + (1-doubt)*f.emission(&c[i])[i])
	}
	f.mix(units, c)
	return f
}

// evened makes the noise of units independent of each other. What an encoder did to a place stays there for seconds,
// while the mark changes: the inverse of the units' covariance, from all message carriers, tells the two apart. As
// much again is added to the variance of each unit, which keeps a mark that an encoder froze as well.
func evened(units []unit) []unit {
	inverse := invert(covariance(units))
	out := make([]unit, len(units))
	for i := range units {
		out[i] = units[i]
		out[i].message = make([]complex64, len(units[i].message))
		for j := range units {
			g := complex(float32(inverse[i][j]), 0)
			for n, v := range units[j].message {
				out[i].message[n] += g * v
			}
		}
	}
	return out
}

// covariance is that of the units' message carriers, with 1 added to each variance.
func covariance(units []unit) [][]float64 {
	out := make([][]float64, len(units))
	for i := range units {
		out[i] = make([]float64, len(units))
		for j := range i + 1 {
			var sum float64
			for n, v := range units[i].message {
				w := units[j].message[n]
				sum += float64(real(v)*real(w) + imag(v)*imag(w))
			}
			out[i][j] = sum / float64(2*len(units[i].message))
			out[j][i] = out[i][j]
		}
		out[i][i]++
	}
	return out
}

// invert inverts a positive definite matrix in place of elimination; m is used up.
func invert(m [][]float64) [][]float64 {
	out := make([][]float64, len(m))
	for i := range out {
		out[i] = make([]float64, len(m))
		out[i][i] = 1
	}
	for i := range m {
		d := m[i][i]
		for c := range m {
			m[i][c] /= d
			out[i][c] /= d
		}
		for r := range m {
			if f := m[r][i]; r != i && f != 0 {
				for c := range m {
					m[r][c] -= f * m[i][c]
					out[r][c] -= f * out[i][c]
				}
			}
		}
	}
	return out
}
