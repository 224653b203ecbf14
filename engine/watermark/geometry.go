// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"math"
	"sort"

	"spoor/engine/internal/dsp"
)

// Homography maps pixel centres of an analysis picture to canonical coordinates of the title:
// X = (h0 x + h1 y + h2)/w, Y = (h3 x + h4 y + h5)/w with w = h6 x + h7 y + h8.
type Homography [9]float64

func linear(a [4]float64) Homography { return Homography{a[0], a[1], 0, a[2], a[3], 0, 0, 0, 1} }

// At maps one point.
func (h *Homography) At(x, y float64) (float64, float64) {
	w := h[6]*x + h[7]*y + h[8]
	return (h[0]*x + h[1]*y + h[2]) / w, (h[3]*x + h[4]*y + h[5]) / w
}

// shifted adds a translation in canonical coordinates.
func (h Homography) shifted(dx, dy float64) Homography {
	for i := range 3 {
		h[i] += dx * h[6+i]
		h[3+i] += dy * h[6+i]
	}
	return h
}

// candidate is a guess at the linear part of the geometry: X = A x on the pixels of an analysis.
type candidate struct {
	a     [4]float64
	score float64 // of the lines in the power spectrum, in standard deviations
}

// lineSearch looks for the sync lines in a power spectrum. Under X = A x a wave of canonical frequency u
// appears at A'u, whatever the translation.
type lineSearch struct {
	w, h   int // of the spectrum
	power  []float32
	x, y   []float64 // lines, cycles per canonical pixel
	mean   float64
	spread float64 // of the sum over all lines
}

func newLineSearch(a *Analysis, s *SyncSet) *lineSearch {
	l := &lineSearch{w: a.W, h: a.H, power: a.power, mean: a.mean}
	for _, f := range s.lines {
		l.x = append(l.x, float64(f.i)/Period)
		l.y = append(l.y, float64(f.j)/Period)
	}
	l.spread = 0.7 * a.spread * math.Sqrt(float64(len(l.x)))
	return l
}

// softened is the same search on a spectrum smoothed over 3x3 values: it forgives lines that perspective
// has smeared, and finds from farther away.
func (l *lineSearch) softened() *lineSearch {
	soft := *l
	soft.power = append([]float32(nil), l.power...)
	dsp.BoxWrap(soft.power, make([]float32, len(soft.power)), make([]float32, l.w), l.w, l.h, 1, 1)
	soft.spread /= 2.5
	return &soft
}

// at returns how far the spectrum at the places of the lines is above its mean.
func (l *lineSearch) at(a [4]float64) float64 {
	w, h := l.w, l.h
	fw, fh := float64(w), float64(h)
	limitX, limitY := 0.42*fw, 0.42*fh
	var sum float64
	for i, u := range l.x {
		v := l.y[i]
		x := (a[0]*u + a[2]*v) * fw
		y := (a[1]*u + a[3]*v) * fh
		if y < 0 {
			x, y = -x, -y
		}
		if y > limitY || x > limitX || x < -limitX {
			sum += l.mean
			continue
		}
		if x < 0 {
			x += fw
		}
		x0, y0 := int(x), int(y)
		tx, ty := float32(x-float64(x0)), float32(y-float64(y0))
		if x0 >= w {
			x0 = w - 1
		}
		x1 := x0 + 1
		if x1 == w {
			x1 = 0
		}
		top, bottom := l.power[y0*w:][:w], l.power[(y0+1)*w:][:w]
		t := top[x0] + (top[x1]-top[x0])*tx
		b := bottom[x0] + (bottom[x1]-bottom[x0])*tx
		sum += float64(t + (b-t)*ty)
	}
	return (sum - l.mean*float64(len(l.x))) / l.spread
}

// The scales that are searched, canonical pixels per pixel: from a crop to a quarter of the width to a picture
// in a picture of half the width.
const scaleLow, scaleHigh = 0.27 / gridScale, 1.85 / gridScale

// fine searches scale with stretch and scale with rotation, also mirrored.
func (l *lineSearch) fine(keep int) []candidate {
	var guesses [][4]float64
	for _, flip := range []float64{1, -1} {
		for s := math.Log(scaleLow); s < math.Log(scaleHigh); s += 0.01 {
			for e := -0.20; e <= 0.2001; e += 0.0067 {
				guesses = append(guesses, linearGuess(math.Exp(s), e, 0, 0, flip))
			}
			for r := -6.3; r <= 6.301; r += 0.5 {
				for e := -0.03; e <= 0.0301; e += 0.01 {
					guesses = append(guesses, linearGuess(math.Exp(s), e, r*math.Pi/180, 0, flip))
				}
			}
		}
	}
	return l.best(guesses, keep)
}

// coarse searches the softened spectrum with shear, for leaks filmed at an angle.
func (l *lineSearch) coarse(keep int) []candidate {
	soft := l.softened()
	var guesses [][4]float64
	for _, flip := range []float64{1, -1} {
		for s := math.Log(scaleLow); s < math.Log(scaleHigh); s += 0.02 {
			for r := -6.3; r <= 6.301; r += 1.2 {
				for e := -0.048; e <= 0.0481; e += 0.012 {
					for sh := -0.036; sh <= 0.0361; sh += 0.012 {
						guesses = append(guesses, linearGuess(math.Exp(s), e, r*math.Pi/180, sh, flip))
					}
				}
			}
		}
	}
	return soft.best(guesses, keep)
}

// linearGuess is scale * stretch * rotation * shear * mirror.
func linearGuess(scale, stretch, turn, shear, flip float64) [4]float64 {
	sin, cos := math.Sincos(turn)
	ax, ay := scale*math.Exp(stretch), scale*math.Exp(-stretch)
	a, b := ax*(cos-sin*shear), ax*(cos*shear-sin)
	c, d := ay*(sin+cos*shear), ay*(sin*shear+cos)
	return [4]float64{a * flip, b, c * flip, d}
}

// best scores all guesses, keeps the best that differ, and climbs from each to its local maximum.
func (l *lineSearch) best(guesses [][4]float64, keep int) []candidate {
	score := make([]float64, len(guesses))
	const block = 512
	dsp.Each((len(guesses)+block-1)/block, func(_, b int) {
		for i := b * block; i < min((b+1)*block, len(guesses)); i++ {
			score[i] = l.at(guesses[i])
		}
	})
	order := make([]int, len(guesses))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return score[order[a]] > score[order[b]] })
	var out []candidate
	for _, i := range order {
		c := candidate{a: guesses[i], score: score[i]}
		if !near(out, c, 0.06) {
			out = append(out, c)
		}
		if len(out) == keep {
			break
		}
	}
	dsp.Each(len(out), func(_, i int) { l.climb(&out[i]) })
	sort.SliceStable(out, func(a, b int) bool { return out[a].score > out[b].score })
	var distinct []candidate
	for _, c := range out {
		if !near(distinct, c, 0.01) {
			distinct = append(distinct, c)
		}
	}
	return distinct
}

// near tells whether one of list has the same geometry as c up to a share of its scale.
func near(list []candidate, c candidate, share float64) bool {
	for _, o := range list {
		var d float64
		for i, v := range c.a {
			d += math.Abs(v - o.a[i])
		}
		if d < share*math.Abs(c.a[3]) {
			return true
		}
	}
	return false
}

func (l *lineSearch) climb(c *candidate) {
	step := 0.0067 * math.Abs(c.a[3])
	for range 5 {
		for better, n := true, 0; better && n < 6; n++ {
			better = false
			for k := range 4 {
				for _, d := range []float64{-step, step} {
					a := c.a
					a[k] += d
					if v := l.at(a); v > c.score {
						c.score, c.a, better = v, a, true
					}
				}
			}
		}
		step /= 2
	}
}

// ladder lists uniform scales: what a crop, a player's window or a smaller picture in a larger one makes of the
// title. They are so few that each can be checked coherently, which finds fainter marks than any spectrum shows.
func ladder(flip float64) [][4]float64 {
	var out [][4]float64
	for s := math.Log(scaleLow); s < math.Log(scaleHigh); s += 0.01 {
		out = append(out, linearGuess(math.Exp(s), 0, 0, 0, flip))
	}
	return out
}
