// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
	"slices"
)

// normal are the normal equations of a step of least squares.
type normal struct {
	a [unknowns][unknowns]float64 // upper half
	b [unknowns]float64
}

func (n *normal) merge(o *normal) {
	for i := range n.a {
		for j := range n.a[i] {
			n.a[i][j] += o.a[i][j]
		}
		n.b[i] += o.b[i]
	}
}

// add adds what one pair says about the next step, and returns the correlation of frame and picture as they lie.
// What does not fit (logos, subtitles, heads before the screen) counts little: beyond outlier times the usual
// difference the weight falls with its square.
// on is the ground to compare with; nil at first, when it is made.
func (n *normal) add(p *Pair, at *Placement, level int, on **ground, s *space) float64 {
	const outlier = 1.5
	l := p.target.at(level)
	s.room(l)
	p.shot.warped(at, p.target, l, s)
	if *on == nil {
		*on = p.target.ground(level, s)
	}
	g, warped, shown := *on, s.warped, s.shown
	equalise(warped, shown, l.w, l.h, s)
	c, ok := compare(g.equal, warped, shown)
	if !ok {
		return 0
	}
	s.difference = grown(s.difference, len(g.places))
	difference, sizes := s.difference, s.sizes[:0]
	for i, place := range g.places {
		if shown[place] == 0 {
			continue
		}
		d := float32(c.gain)*(warped[place]-float32(c.meanB)) - (g.equal[place] - float32(c.meanA))
		difference[i] = d
		if i%5 == 0 {
			sizes = append(sizes, abs(d))
		}
	}
	s.sizes = sizes
	if len(sizes) < 20 {
		return 0
	}
	slices.Sort(sizes)
	usual := outlier * (1.4826*sizes[len(sizes)/2] + 1e-4)
	var a [unknowns][unknowns]float32
	var b [unknowns]float32
	for i, place := range g.places {
		if shown[place] == 0 {
			continue
		}
		d := difference[i]
		weight := float32(1)
		if s := abs(d); s > usual {
			weight = usual * usual / (s * s)
		}
		pull := &g.pull[i]
		for j, v := range pull {
			wg := weight * v
			b[j] += wg * d
			for k := j; k < unknowns; k++ {
				a[j][k] += wg * pull[k]
			}
		}
	}
	for j := range a {
		for k := j; k < unknowns; k++ {
			n.a[j][k] += float64(a[j][k])
		}
		n.b[j] += float64(b[j])
	}
	return c.correlation
}

func abs(v float32) float32 { return float32(math.Abs(float64(v))) }

// comparison is how two pictures go together over the pixels that both show.
type comparison struct {
	meanA, meanB float64
	gain         float64 // contrast of a over that of b
	correlation  float64
}

func compare(a, b, shown []float32) (c comparison, ok bool) {
	var n, sa, sb, aa, bb, ab float64
	for i, s := range shown {
		if s == 0 {
			continue
		}
		x, y := float64(a[i]), float64(b[i])
		n++
		sa += x
		sb += y
		aa += x * x
		bb += y * y
		ab += x * y
	}
	if n < 100 {
		return c, false
	}
	c.meanA, c.meanB = sa/n, sb/n
	va, vb := max(aa/n-c.meanA*c.meanA, 0), max(bb/n-c.meanB*c.meanB, 0)
	c.gain = math.Sqrt(va / (vb + 1e-9))
	c.correlation = (ab/n - c.meanA*c.meanB) / math.Sqrt(va*vb+1e-12)
	return c, true
}

// solve returns the step, moving only the first so many unknowns, the shorter the more it is damped.
func (n *normal) solve(unknown int, damping float64) (step [unknowns]float64, ok bool) {
	var m [unknowns][unknowns + 1]float64
	for i := range unknown {
		for j := range unknown {
			m[i][j] = n.a[min(i, j)][max(i, j)]
		}
		m[i][i] = m[i][i]*(1+damping) + 1e-9
		m[i][unknowns] = n.b[i]
	}
	for i := range unknown {
		pivot := i
		for r := i + 1; r < unknown; r++ {
			if math.Abs(m[r][i]) > math.Abs(m[pivot][i]) {
				pivot = r
			}
		}
		m[i], m[pivot] = m[pivot], m[i]
		if math.Abs(m[i][i]) < 1e-9 {
			return step, false
		}
		for r := range unknown {
			if r == i {
				continue
			}
			f := m[r][i] / m[i][i]
			for c := i; c <= unknowns; c++ {
				m[r][c] -= f * m[i][c]
			}
		}
	}
	for i := range unknown {
		step[i] = m[i][unknowns] / m[i][i]
	}
	return step, true
}
