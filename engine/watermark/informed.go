// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"fmt"
	"math"
	"slices"
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
	units, times := k.restUnits(list, unitSeconds)
	c := k.correlations(units, 0, 0)
	f := k.given(units, c, times)
	free := follow(k.moments(s.Length), units, c)
	if free.score > f.score+elsewhere {
		return &Reading{Sync: free.expected(units, c), Score: free.score, Slices: k.project(units, c, free, 0, 0)}, nil
	}
	r := &Reading{Sync: f.expected(units, c), Score: f.score}
	r.Slices = k.readFine(list)
	return r, nil
}

// readFine reads frames in units as short as they can be without being too many: of the frames after one that was drawn
// anew, moving ground is worse with each.
func (k *Key) readFine(list []Folded) []Slice {
	units, times := k.restUnits(list, min((list[len(list)-1].Leak-list[0].Leak).Seconds()/mostUnits, unitSeconds))
	c := k.correlations(units, 0, 0)
	out := k.project(units, c, k.given(units, c, times), 0, 0)
	for i := range out {
		out[i].Title, out[i].Certainty = times[i], 1
	}
	return out
}

// mostUnits of a window are read, each the sum of its frames.
const mostUnits = 40

// elsewhere is how much likelier, as a logarithm, a course through the title has to be than the aligned one.
const elsewhere = 10

// restUnits sums frames that follow each other within so many seconds, and gives the title time of the middle. Each unit
// is what it shows that those before it did not.
func (k *Key) restUnits(list []Folded, seconds float64) (units []unit, times []time.Duration) {
	work := &folder{n: fineCells, z: make([]complex64, fineCells*fineCells)}
	for from := 0; from < len(list); {
		to := from
		clear(work.z)
		var title time.Duration
		for to < len(list) && (to == from || (list[to].Leak-list[from].Leak).Seconds() < 0.9*seconds &&
			(list[to].Title-list[from].Title).Abs().Seconds() < unitSeconds) {
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
	return k.news(units), times
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

const (
	seenBefore = 0.1 // added to the variance of a unit where others are judged by it: that keeps the solution calm
	leastNews  = 0.3 // variance of news that counts half; what is left of a copy counts for nothing
)

// news is what each unit shows that those before it did not: its innovation, by the Cholesky factors of the covariance of
// the message carriers. What an encoder did to a place, noise and mark alike, stays there until it draws the place anew,
// be it for seconds; what it draws shows the pattern of that moment. So the first unit is news as a whole, copies of it
// tell nothing, and no pattern is blamed on a later moment than its own.
func (k *Key) news(units []unit) []unit {
	shared := covariance(units)
	out := make([]unit, len(units))
	for i := range units {
		out[i] = units[i]
		out[i].message, out[i].sync = slices.Clone(units[i].message), slices.Clone(units[i].sync)
		for j := range i {
			g := complex(float32(-shared[i][j]/shared[j][j]), 0)
			addTimes(out[i].message, g, out[j].message)
			addTimes(out[i].sync, g, out[j].sync)
			for n := i; n < len(units); n++ {
				shared[n][i] -= shared[n][j] * shared[i][j] / shared[j][j]
			}
		}
	}
	for i := range out {
		u := &out[i]
		v := likeness(u.message, u.message)
		k.normalise(u)
		u.scale(math.Sqrt(v / (v + leastNews)))
	}
	return out
}

func (u *unit) scale(by float64) {
	for _, list := range [][]complex64{u.sync, u.message} {
		for n := range list {
			list[n] *= complex(float32(by), 0)
		}
	}
}

func addTimes(to []complex64, by complex64, from []complex64) {
	for n, v := range from {
		to[n] += by * v
	}
}

// covariance is the lower half of that of the units' message carriers.
func covariance(units []unit) [][]float64 {
	out := make([][]float64, len(units))
	for i := range units {
		out[i] = make([]float64, i+1)
		for j := range out[i] {
			out[i][j] = likeness(units[i].message, units[j].message)
		}
		out[i][i] += seenBefore
	}
	return out
}
