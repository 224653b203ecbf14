// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"math"
	"time"
)

const (
	courseStep = 250 * time.Millisecond // resolution in title time
	drift      = 0.02                   // chance that a step comes early, and that it comes late
	jump       = 0.01                   // chance that the leak goes on elsewhere in the title: cuts, splices
)

// course follows a leak through the title: for each unit the probability of each title time. The order of
// the patterns is known from the key, so that ten seconds that run in order weigh far more than their parts.
type course struct {
	moments  []moment    // one per courseStep of the title
	belief   [][]float64 // [unit][moment]; nil for static units
	weights  [][Patterns]float64
	strength float64 // expected sync correlation
	score    float64 // log of the likelihood ratio against no mark
}

// moments tabulates the patterns of a title of the given length.
func (k *Key) moments(length time.Duration) []moment {
	times := newTimetable(k)
	n := max(int(length/courseStep)+1, 1)
	out := make([]moment, n)
	for i := range out {
		out[i] = times.at((time.Duration(i) * courseStep).Seconds())
	}
	return out
}

// follow estimates the course from the correlations of the units, which must be in order of time.
func follow(moments []moment, units []unit, c [][Patterns]float64) *course {
	f := &course{moments: moments, weights: make([][Patterns]float64, len(units)), strength: startStrength(c)}
	for range 3 {
		f.pass(units, c)
		f.strength = min(max(f.expected(units, c), 1), 8)
	}
	f.pass(units, c)
	f.mix(units, c)
	return f
}

// startStrength guesses the correlation from the best pattern of each unit.
func startStrength(c [][Patterns]float64) float64 {
	var sum float64
	for i := range c {
		best := c[i][0]
		for _, v := range c[i] {
			best = max(best, v)
		}
		sum += best
	}
	return min(max(sum/float64(len(c)), 1.5), 6)
}

// pass runs forward and backward over the units.
func (f *course) pass(units []unit, c [][Patterns]float64) {
	n := len(f.moments)
	f.belief = make([][]float64, len(units))
	f.score = 0
	var before []float64
	var last time.Duration
	order := make([]int, 0, len(units))
	emission := make([][]float64, len(units))
	for t := range units {
		if units[t].static {
			continue
		}
		emission[t] = f.emission(&c[t])
		p := make([]float64, n)
		if before == nil {
			for i := range p {
				p[i] = 1 / float64(n)
			}
		} else {
			advance(p, before, steps(units[t].at-last))
		}
		var sum float64
		for i, e := range emission[t] {
			p[i] *= e
			sum += p[i]
		}
		scale(p, 1/sum)
		f.score += math.Log(sum)
		f.belief[t] = p
		before, last = p, units[t].at
		order = append(order, t)
	}
	f.backward(units, order, emission)
}

func (f *course) backward(units []unit, order []int, emission [][]float64) {
	n := len(f.moments)
	after := make([]float64, n)
	for i := range after {
		after[i] = 1
	}
	for o := len(order) - 2; o >= 0; o-- {
		t, next := order[o], order[o+1]
		for i := range after {
			after[i] *= emission[next][i]
		}
		b := make([]float64, n)
		retreat(b, after, steps(units[next].at-units[t].at))
		var sum float64
		for _, v := range b {
			sum += v
		}
		scale(b, 1/sum)
		after = b
		sum = 0
		p := f.belief[t]
		for i := range p {
			p[i] *= after[i]
			sum += p[i]
		}
		scale(p, 1/sum)
	}
}

func steps(d time.Duration) int { return int((d + courseStep/2) / courseStep) }

func scale(p []float64, by float64) {
	for i := range p {
		p[i] *= by
	}
}

// emission is the likelihood ratio of a unit at each title time.
func (f *course) emission(c *[Patterns]float64) []float64 {
	out := make([]float64, len(f.moments))
	d := f.strength
	for i, m := range f.moments {
		v := float64(m.cos)*c[m.first] + float64(m.sin)*c[m.second]
		out[i] = math.Exp(d*min(v, 12) - d*d/2)
	}
	return out
}

// advance moves belief on by some steps of title time.
func advance(to, from []float64, by int) {
	n := len(from)
	base := jump / float64(n)
	for i := range to {
		to[i] = base
	}
	for i, v := range from {
		for d, share := range [...]float64{drift, 1 - jump - 2*drift, drift} {
			if j := i + by + d - 1; j >= 0 && j < n {
				to[j] += v * share
			}
		}
	}
}

// retreat is the transpose of advance.
func retreat(to, from []float64, by int) {
	n := len(from)
	var sum float64
	for _, v := range from {
		sum += v
	}
	base := jump / float64(n) * sum
	for i := range to {
		to[i] = base
		for d, share := range [...]float64{drift, 1 - jump - 2*drift, drift} {
			if j := i + by + d - 1; j >= 0 && j < n {
				to[i] += from[j] * share
			}
		}
	}
}

// mix turns belief in times into weights of patterns. Static units, which belong to no time, take the
// patterns that fit them.
func (f *course) mix(units []unit, c [][Patterns]float64) {
	for t := range units {
		w := &f.weights[t]
		if units[t].static {
			var sum float64
			for p, v := range c[t] {
				w[p] = math.Exp(f.strength*min(v, 12) - f.strength*f.strength/2)
				sum += w[p]
			}
			for p := range w {
				w[p] /= sum
			}
			continue
		}
		for i, b := range f.belief[t] {
			m := f.moments[i]
			w[m.first] += b * float64(m.cos)
			w[m.second] += b * float64(m.sin)
		}
	}
}

// expected is the mean correlation under the belief.
func (f *course) expected(units []unit, c [][Patterns]float64) float64 {
	var sum, n float64
	for t := range units {
		if units[t].static {
			continue
		}
		for i, b := range f.belief[t] {
			m := f.moments[i]
			sum += b * (float64(m.cos)*c[t][m.first] + float64(m.sin)*c[t][m.second])
		}
		n++
	}
	return sum / max(n, 1)
}

// where returns the most likely title time of a unit and its probability (within half a second).
func (f *course) where(t int) (time.Duration, float64) {
	best := 0
	for i, b := range f.belief[t] {
		if b > f.belief[t][best] {
			best = i
		}
	}
	var p float64
	for i := max(best-2, 0); i <= min(best+2, len(f.belief[t])-1); i++ {
		p += f.belief[t][i]
	}
	return time.Duration(best) * courseStep, p
}
