// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
	"slices"
	"time"

	"spoor/engine/internal/dsp"
)

// Frame is a gray picture of a leak.
type Frame struct {
	Time time.Duration // in the leak
	W, H int
	Pix  []byte // W*H samples
}

// Pair is a picture of a title and a frame of a leak that is thought to show it.
type Pair struct {
	target *target
	shot   *shot
}

// NewPair makes a pair ready for registration.
func NewPair(p *Picture, f *Frame) Pair { return Pair{newTarget(p), newShot(f)} }

// Picture is the pair's picture of the title.
func (p Pair) Picture() *Picture { return p.target.Picture }

// Frame is the pair's frame of the leak.
func (p Pair) Frame() *Frame { return p.shot.Frame }

// Fit is how well the pair fits as it is placed, on a level of the pyramid.
func (p Pair) Fit(at Placement, level int) float64 { return p.fit(&at, level, new(space)) }

func (p Pair) fit(at *Placement, level int, s *space) float64 {
	l := p.target.at(min(level, p.target.depth()-1))
	s.room(l)
	p.shot.warped(at, p.target, l, s)
	s.equal = append(s.equal[:0], l.pix...)
	equalise(s.equal, s.shown, l.w, l.h, s)
	equalise(s.warped, s.shown, l.w, l.h, s)
	c, ok := compare(s.equal, s.warped, s.shown)
	if !ok {
		return 0
	}
	return c.correlation
}

const (
	unknowns  = 9  // six of an affine move, two of perspective, one of bend
	leastSide = 40 // of the coarsest level
	// contrastFloor keeps flat ground from being blown up when light is made equal, in grey levels.
	contrastFloor = 6
)

// target is a picture of the title, made ready.
type target struct {
	*Picture
	pyramid
}

func (t *target) depth() int { return len(t.levels) }

// ground is one level of a target as far as a frame shows it.
type ground struct {
	*plane
	equal  []float32           // with its light made equal
	places []int32             // pixels that tell something about the place
	pull   [][unknowns]float32 // how equal changes there with each unknown
}

// shot is a frame of the leak, made ready.
type shot struct {
	*Frame
	pyramid
}

func newShot(f *Frame) *shot { return &shot{f, newPyramid(f.Pix, f.W, f.H, leastSide/2)} }

func newTarget(p *Picture) *target { return &target{p, newPyramid(p.Pix, p.W, p.H, leastSide)} }

// radius of the surroundings in which light is made equal.
func radius(w int) int { return max(w/16, 3) }

// ground prepares a level where shown is 1: the surroundings of a place must be the same in the frame and here.
func (t *target) ground(level int, s *space) *ground {
	p := t.at(level)
	g := &ground{plane: p, equal: slices.Clone(p.pix)}
	equalise(g.equal, s.shown, p.w, p.h, s)
	slopes, least := g.slopes(s.shown)
	scale := float32(2 * p.step / float64(t.W))
	cx, cy := float32(float64(t.W)/p.step/2-0.5), float32(float64(t.H)/p.step/2-0.5)
	for _, s := range slopes {
		if s.x*s.x+s.y*s.y < least {
			continue
		}
		x := (float32(int(s.at)%p.w) - cx) * scale
		y := (float32(int(s.at)/p.w) - cy) * scale
		gx, gy := s.x/scale, s.y/scale
		e := x*gx + y*gy
		g.places = append(g.places, s.at)
		g.pull = append(g.pull, [unknowns]float32{gx * x, gx * y, gx, gy * x, gy * y, gy, -x * e, -y * e, (x*x + y*y) * e})
	}
	return g
}

// slope is how a picture rises at a pixel, per pixel.
type slope struct {
	at   int32
	x, y float32
}

// slopes lists those of the pixels that are shown, of every second one on fine levels, and from which size on they
// belong to the larger half.
func (g *ground) slopes(shown []float32) (list []slope, least float32) {
	stride := 1
	if g.w >= 200 {
		stride = 2
	}
	var sizes []float32
	for y := 1; y < g.h-1; y += stride {
		for x := 1 + y/stride%2*(stride/2); x < g.w-1; x += stride {
			i := y*g.w + x
			if shown[i-1] == 0 || shown[i+1] == 0 || shown[i-g.w] == 0 || shown[i+g.w] == 0 {
				continue
			}
			s := slope{int32(i), (g.equal[i+1] - g.equal[i-1]) / 2, (g.equal[i+g.w] - g.equal[i-g.w]) / 2}
			list = append(list, s)
			sizes = append(sizes, s.x*s.x+s.y*s.y)
		}
	}
	if len(sizes) == 0 {
		return nil, 0
	}
	slices.Sort(sizes)
	return list, sizes[len(sizes)/2]
}

// equalise takes the local mean away and divides by the local contrast, over the pixels where shown is 1.
func equalise(pix, shown []float32, w, h int, s *space) {
	n := len(pix)
	s.light = grown(s.light, 4*n+w)
	mean, square, tmp, count, row := s.light[:n], s.light[n:2*n], s.light[2*n:3*n], s.light[3*n:4*n], s.light[4*n:]
	r := radius(w)
	soften(pix, tmp, w, h) // what is finer does not survive two ways of scaling alike
	copy(count, shown)
	for i, v := range pix {
		mean[i] = v * shown[i]
	}
	dsp.Box(count, tmp, row, w, h, r, 1)
	dsp.Box(mean, tmp, row, w, h, r, 1)
	for i, v := range pix {
		d := (v - mean[i]/(count[i]+1e-3)) * shown[i]
		pix[i] = d
		square[i] = d * d
	}
	dsp.Box(square, tmp, row, w, h, r, 1)
	for i := range pix {
		pix[i] /= float32(math.Sqrt(float64(max(square[i]/(count[i]+1e-3), 0)))) + contrastFloor
	}
}

// warped lays the frame over a level of the picture; where it has something to show, shown is 1. The outermost pixels are
// left out, so that nothing is made up of repeated ones.
func (v *shot) warped(p *Placement, t *target, level *plane, s *space) {
	from := v.forSize(v.sampling(p, t) * level.step)
	g := p.gridOf(level, t.W, t.H, from, v.W, v.H)
	out, shown := s.warped, s.shown
	clear(out)
	clear(shown)
	for y := 1; y < level.h-1; y++ {
		g.row(y, level.w, s.us, s.vs)
		for x := 1; x < level.w-1; x++ {
			u := s.us[x]
			i := y*level.w + x
			w := s.vs[x]
			if !(u >= 1 && w >= 1 && u < float32(from.w-2) && w < float32(from.h-2)) {
				continue
			}
			cx, cy := int(u), int(w)
			out[i], shown[i] = from.sample(cx, cy, u-float32(cx), w-float32(cy)), 1
		}
	}
}

// sampling is how many pixels of the frame a pixel of the picture covers, in its middle.
func (v *shot) sampling(p *Placement, t *target) float64 {
	x0, y0 := p.Map.At(0.45, 0.45)
	x1, y1 := p.Map.At(0.55, 0.45)
	x2, y2 := p.Map.At(0.45, 0.55)
	across := math.Hypot((x1-x0)*float64(v.W), (y1-y0)*float64(v.H)) / (0.1 * float64(t.W))
	down := math.Hypot((x2-x0)*float64(v.W), (y2-y0)*float64(v.H)) / (0.1 * float64(t.H))
	return math.Sqrt(across * down)
}

// Steps says how far a registration goes.
type Steps struct {
	From, To int // levels of the pyramid: 0 is the finest; From is the coarser of the two
	Most     int // steps on each level
	Unknowns int // 6: affine, 8: with perspective, 9: with bend
}

// Register moves a placement until the frames of all pairs fit their pictures best; it is the same for all of them.
func Register(pairs []Pair, start Placement, s Steps) Placement {
	p := start
	for level := min(s.From, pairs[0].target.depth()-1); level >= s.To; level-- {
		n := s.Unknowns
		if level >= 2 {
			n = min(n, 6)
		}
		p = climb(pairs, p, level, s.Most, n)
	}
	return p
}

// small is the step, in widths of the picture, after which no further one is taken on the finest level; on coarser ones it
// is as many of their pixels.
const small = 0.1 / 1280

// climb takes damped steps on one level as long as the fit grows (Levenberg, Marquardt).
func climb(pairs []Pair, start Placement, level, most, n int) Placement {
	best, grounds, spaces := start, make([]*ground, len(pairs)), spacesFor(len(pairs))
	var sum normal
	best.Fit, sum = gathered(pairs, &start, level, grounds, spaces)
	t := pairs[0].target
	damping := 1e-3
	for range most {
		step, ok := sum.solve(n, damping)
		if !ok {
			break
		}
		next, ok := best.updated(&step, t.W, t.H)
		if !ok {
			break
		}
		fit, equations := gathered(pairs, &next, level, grounds, spaces)
		if fit < best.Fit {
			damping *= 16
			continue
		}
		done := best.Apart(&next) < float64(uint(1)<<level)*small
		best, sum = next, equations
		best.Fit = fit
		if done {
			break
		}
		damping /= 4
	}
	return best
}

// gathered adds up what all pairs say about the next step, and how well they fit.
func gathered(pairs []Pair, p *Placement, level int, grounds []*ground, spaces []space) (fit float64, sum normal) {
	parts := make([]normal, len(pairs))
	fits := make([]float64, len(pairs))
	dsp.Each(len(pairs), func(worker, i int) { fits[i] = parts[i].add(&pairs[i], p, level, &grounds[i], &spaces[worker]) })
	for i := range parts {
		sum.merge(&parts[i])
		fit += fits[i] / float64(len(pairs))
	}
	return fit, sum
}
