// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
	"math/bits"
)

// Matching of words between a frame and a picture.
const (
	wordLimit = 34   // bits that may differ
	wordRatio = 0.92 // the best must differ in less than this share of the second best
	apart     = 0.03 // of the height: what is nearer is the same place, found on another level
)

// place is a keypoint in units of the picture's height, so that x and y are alike.
type place struct {
	x, y  float64
	size  float64 // of a pixel of its level
	angle float64 // radians
}

func placeOf(p *Point, w, h int) place {
	aspect := float64(w) / float64(h)
	return place{
		x: float64(p.X) * aspect, y: float64(p.Y),
		size: math.Pow(scaleStep, float64(p.Scale)) / float64(h), angle: float64(p.Angle) * math.Pi / 128,
	}
}

// pair is a place of a leak and one of a title that look alike.
type pair struct {
	leak, title place
}

// pairUp appends the pairs of a frame and a picture: for each keypoint of the
// frame the most similar one of the picture, unless another place there is
// almost as similar, and for each of the picture's the most similar only.
func (m *matcher) pairUp(dst []pair, q *Query, points []Point, w, h int) []pair {
	m.best = m.best[:0]
	for range points {
		m.best = append(m.best, partner{leak: -1})
	}
	for i := range q.Points {
		j, d, ok := nearest(&q.Points[i].Word, points, float64(w)/float64(h))
		if ok && (m.best[j].leak < 0 || d < m.best[j].distance) {
			m.best[j] = partner{i, d}
		}
	}
	for j, b := range m.best {
		if b.leak >= 0 {
			dst = append(dst, pair{placeOf(&q.Points[b.leak], q.W, q.H), placeOf(&points[j], w, h)})
		}
	}
	return dst
}

// partner is the keypoint of a frame that a picture's goes with.
type partner struct {
	leak, distance int
}

// matcher is scratch memory of one goroutine.
type matcher struct {
	best   []partner
	pairs  []pair
	inside []int
	cells  map[[2]int32]struct{}
}

// nearest finds the point with the most similar word.
func nearest(w *Word, points []Point, aspect float64) (index, distance int, ok bool) {
	first, second := wordBits, wordBits
	index = -1
	for j := range points {
		p := &points[j]
		d := bits.OnesCount64(w[0]^p.Word[0]) + bits.OnesCount64(w[1]^p.Word[1])
		if d >= second {
			continue
		}
		elsewhere := index < 0 || math.Abs(float64(p.X-points[index].X))*aspect > apart || math.Abs(float64(p.Y-points[index].Y)) > apart
		switch {
		case d < first:
			if elsewhere {
				second = first
			}
			first, index = d, j
		case elsewhere:
			second = d
		}
	}
	return index, first, index >= 0 && first <= wordLimit && float64(first) < wordRatio*float64(second)
}

// Agreement of pairs with one map.
const (
	looseNear   = 0.02 // of the height: distance to where a pair should be, near the pair that the map was guessed from
	looseFar    = 0.15 // and so much more for each height that it is farther away
	looseAngle  = 0.5  // radians
	looseSize   = 1.7  // times
	tight       = 0.018
	fewest      = 8  // pairs that a map can rest on
	projective  = 14 // pairs from which on a map may have perspective
	refinements = 6
)

// fit finds the map of a leak's frame to a title's picture, both in heights,
// that most pairs agree with. Each pair tells position, size and direction and
// so is a guess by itself; all are tried, which needs no dice. squeezes are
// tried too: pictures shown in the wrong shape.
func (m *matcher) fit(pairs []pair) (best Homography, inliers int) {
	for _, squeeze := range []float64{1, 4.0 / 3, 3.0 / 4} {
		var seed Homography
		most := 0
		for i := range pairs {
			h := guess(&pairs[i], squeeze)
			if n := supporters(&h, pairs, i); n > most {
				most, seed = n, h
			}
		}
		if most < fewest/2 {
			continue
		}
		if h, n := m.refine(seed, pairs); n > inliers {
			best, inliers = h, n
		}
	}
	return best, inliers
}

// guess is the similarity that takes one place onto the other.
func guess(p *pair, squeeze float64) Homography {
	s := p.title.size / p.leak.size
	sin, cos := math.Sincos(p.title.angle - p.leak.angle)
	h := Homography{s * cos * squeeze, -s * sin, 0, s * sin * squeeze, s * cos, 0, 0, 0, 1}
	x, y := h.At(p.leak.x, p.leak.y)
	h[2], h[5] = p.title.x-x, p.title.y-y
	return h
}

// supporters counts the pairs that agree loosely with a guess.
func supporters(h *Homography, pairs []pair, from int) int {
	c, s := h[4], h[3]
	if s == 0 && c == 0 {
		return 0
	}
	size := math.Hypot(h[1], h[4])
	turn := math.Atan2(-h[1], h[4])
	origin := &pairs[from].title
	n := 0
	for i := range pairs {
		p := &pairs[i]
		x := h[0]*p.leak.x + h[1]*p.leak.y + h[2]
		y := h[3]*p.leak.x + h[4]*p.leak.y + h[5]
		dx, dy := x-p.title.x, y-p.title.y
		far := math.Abs(p.title.x-origin.x) + math.Abs(p.title.y-origin.y)
		if limit := looseNear + looseFar*far; dx*dx+dy*dy > limit*limit {
			continue
		}
		if r := p.title.size / (p.leak.size * size); r > looseSize || r < 1/looseSize {
			continue
		}
		if apartInTurn(p.title.angle, p.leak.angle+turn) < looseAngle {
			n++
		}
	}
	return n
}

// apartInTurn is the smaller angle between two directions that are less than three turns apart.
func apartInTurn(a, b float64) float64 {
	d := math.Abs(a - b)
	for d > math.Pi {
		d = math.Abs(d - 2*math.Pi)
	}
	return d
}

// refine fits the map to the pairs near it, ever more closely.
func (m *matcher) refine(h Homography, pairs []pair) (Homography, int) {
	limit := 0.08
	for range refinements {
		m.inside = inside(m.inside[:0], &h, pairs, limit)
		if len(m.inside) < 4 {
			return h, 0
		}
		next, ok := leastSquares(pairs, m.inside, len(m.inside) >= projective)
		if !ok || !sane(&next) {
			break
		}
		h = next
		limit = max(tight, limit*0.65)
	}
	m.inside = inside(m.inside[:0], &h, pairs, tight)
	return h, m.distinct(pairs, m.inside)
}

// inside lists the pairs that a map brings together within a limit.
func inside(dst []int, h *Homography, pairs []pair, limit float64) []int {
	for i := range pairs {
		p := &pairs[i]
		x, y := h.At(p.leak.x, p.leak.y)
		if dx, dy := x-p.title.x, y-p.title.y; dx*dx+dy*dy < limit*limit {
			dst = append(dst, i)
		}
	}
	return dst
}

// distinct counts the pairs of a list that are at different places of the
// title: one corner on several levels, or in several frames of a still scene,
// counts once.
func (m *matcher) distinct(pairs []pair, list []int) int {
	if m.cells == nil {
		m.cells = map[[2]int32]struct{}{}
	}
	clear(m.cells)
	for _, i := range list {
		p := &pairs[i]
		m.cells[[2]int32{int32(p.title.x / apart), int32(p.title.y / apart)}] = struct{}{}
	}
	return len(m.cells)
}

// chance is the probability, as a power of ten, that of all pairs, were they at
// random places, k agree with one of so many maps: a map rests on four of them,
// the others fall near enough by chance (after the a contrario method of
// Moisan and Stival, 2004). Both are counted as in distinct.
func (m *matcher) chance(k int, pairs []pair, tests int) float64 {
	const atRandom = 3 * math.Pi * tight * tight // of a picture's area; three times, for places are not spread evenly
	if k < fewest {
		return 0
	}
	m.inside = m.inside[:0]
	for i := range pairs {
		m.inside = append(m.inside, i)
	}
	n := m.distinct(pairs, m.inside)
	lg := func(n int) float64 {
		v, _ := math.Lgamma(float64(n + 1))
		return v / math.Ln10
	}
	p := lg(n) - lg(k) - lg(n-k) + float64(k-4)*math.Log10(atRandom) + math.Log10(float64(tests))
	return min(p, 0)
}

// sane tells whether a map can be what happened to a picture: neither torn nor
// turned inside out, between a tenth and ten times the size.
func sane(h *Homography) bool {
	det := h[0]*h[4] - h[1]*h[3]
	if !(det > 0.01 && det < 100) {
		return false
	}
	return math.Abs(h[6]) < 0.6 && math.Abs(h[7]) < 0.6 &&
		math.Hypot(h[0], h[3])/math.Hypot(h[1], h[4]) < 3 && math.Hypot(h[1], h[4])/math.Hypot(h[0], h[3]) < 3
}

// leastSquares fits an affine map, or one with perspective, to some pairs.
func leastSquares(pairs []pair, which []int, perspective bool) (Homography, bool) {
	n := 6
	if perspective {
		n = 8
	}
	var a [8][9]float64
	add := func(row *[9]float64) {
		for i := range n {
			for j := range n {
				a[i][j] += row[i] * row[j]
			}
			a[i][8] += row[i] * row[8]
		}
	}
	for _, i := range which {
		p := &pairs[i]
		x, y, u, v := p.leak.x, p.leak.y, p.title.x, p.title.y
		add(&[9]float64{x, y, 1, 0, 0, 0, -u * x, -u * y, u})
		add(&[9]float64{0, 0, 0, x, y, 1, -v * x, -v * y, v})
	}
	for i := range n {
		a[i][i] += 1e-9
	}
	if !solve(&a, n) {
		return Homography{}, false
	}
	h := Homography{8: 1}
	for i := range n {
		h[i] = a[i][8]
	}
	return h, true
}

// solve solves n equations in place, by elimination with pivots; the solution is in the last column.
func solve(a *[8][9]float64, n int) bool {
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[pivot][c]) {
				pivot = r
			}
		}
		if math.Abs(a[pivot][c]) < 1e-12 {
			return false
		}
		a[c], a[pivot] = a[pivot], a[c]
		for r := range n {
			if r == c {
				continue
			}
			f := a[r][c] / a[c][c]
			for k := c; k < 9; k++ {
				a[r][k] -= f * a[c][k]
			}
		}
	}
	for i := range n {
		a[i][8] /= a[i][i]
	}
	return true
}
