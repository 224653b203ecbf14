// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"cmp"
	"math"
	"slices"

	"spoor/engine/internal/dsp"
)

// An Extractor finds keypoints in gray pictures: corners by the measure of
// Harris and Stephens (1988) on a pyramid of sizes, each with the direction of
// its centre of brightness and a descriptor of comparisons turned into that
// direction, after ORB (Rublee and others, 2011). The same picture gives the
// same points. It is for one goroutine and allocates nothing once it has seen
// a picture of the size.
type Extractor struct {
	pattern *pattern
	levels  []level
	found   []corner
	cells   [cellCols * cellRows]int
	chosen  []corner
	t, acc  []float32
	xx, yy  []float32
	xy      []float32
	weak    *[]weakness // where set, filled in for each point
	flipped []byte
}

const (
	scaleStep = 1.2599 // from level to level: three to the factor of two
	maxLevels = 8
	minLevel  = 44  // shortest side of a level, in pixels
	border    = 13  // pixels of a level in which there are no points
	leastR    = 0.6 // weakest corner, in squared grey levels a pixel
	suppress  = 3   // radius in which a corner must be the strongest
)

const (
	cellCols = 8
	cellRows = 6
)

// level is one size of a picture.
type level struct {
	w, h   int
	scale  float32 // pixels of the full size to one of this level
	smooth []float32
	blur   []float32
}

type corner struct {
	level, x, y int
	r           float32
}

// NewExtractor makes an extractor.
func NewExtractor() *Extractor {
	return &Extractor{pattern: newPattern()}
}

// Extract appends to dst up to about limit keypoints of a picture of w x h.
func (e *Extractor) Extract(dst []Point, pix []byte, w, h, limit int) []Point {
	e.build(pix, w, h)
	shares := e.shares(limit)
	for i := range e.levels {
		dst = e.extractLevel(dst, i, shares[i])
	}
	return dst
}

// shares says how many points each level may have: in proportion to its sides.
func (e *Extractor) shares(limit int) (shares [maxLevels]int) {
	var sum float64
	for i := range e.levels {
		sum += math.Sqrt(float64(e.levels[i].w * e.levels[i].h))
	}
	for i := range e.levels {
		shares[i] = int(float64(limit)*math.Sqrt(float64(e.levels[i].w*e.levels[i].h))/sum + 0.5)
	}
	return shares
}

// build fills the pyramid.
func (e *Extractor) build(pix []byte, w, h int) {
	n := 0
	scale := 1.0
	for n < maxLevels {
		lw, lh := int(float64(w)/scale+0.5), int(float64(h)/scale+0.5)
		if n > 0 && min(lw, lh) < minLevel {
			break
		}
		if n == len(e.levels) {
			e.levels = append(e.levels, level{})
		}
		l := &e.levels[n]
		l.w, l.h, l.scale = lw, lh, float32(float64(w)/float64(lw))
		l.smooth, l.blur = grown(l.smooth, lw*lh), grown(l.blur, lw*lh)
		n++
		scale *= scaleStep
	}
	e.levels = e.levels[:n]
	size := w * h
	e.t, e.acc = grown(e.t, size), grown(e.acc, w)
	e.xx, e.yy, e.xy = grown(e.xx, size), grown(e.yy, size), grown(e.xy, size)
	first := e.levels[0].smooth
	for i, v := range pix[:size] {
		first[i] = float32(v)
	}
	for i := 1; i < n; i++ {
		shrink(&e.levels[i], &e.levels[i-1])
	}
	for i := range e.levels {
		l := &e.levels[i]
		dsp.Box(l.smooth, e.t, e.acc, l.w, l.h, 1, 1)
		copy(l.blur, l.smooth)
		dsp.Box(l.blur, e.t, e.acc, l.w, l.h, 1, 2)
	}
}

func grown(b []float32, n int) []float32 {
	if cap(b) < n {
		return make([]float32, n)
	}
	return b[:n]
}

// shrink resamples a level, not yet smoothed, from the one before.
func shrink(to, from *level) {
	sx, sy := float32(from.w)/float32(to.w), float32(from.h)/float32(to.h)
	for y := range to.h {
		v := (float32(y)+0.5)*sy - 0.5
		y0 := int(v)
		fy := v - float32(y0)
		a := from.smooth[y0*from.w:][:from.w]
		b := from.smooth[min(y0+1, from.h-1)*from.w:][:from.w]
		row := to.smooth[y*to.w:][:to.w]
		u := 0.5*sx - 0.5
		for x := range row {
			x0 := int(u)
			fx := u - float32(x0)
			x1 := min(x0+1, from.w-1)
			p := a[x0] + fx*(a[x1]-a[x0])
			q := b[x0] + fx*(b[x1]-b[x0])
			row[x] = p + fy*(q-p)
			u += sx
		}
	}
}

// extractLevel appends the points of one level.
func (e *Extractor) extractLevel(dst []Point, n, limit int) []Point {
	l := &e.levels[n]
	e.response(l)
	e.corners(l, n)
	e.choose(l, limit)
	for _, c := range e.chosen {
		p := Point{
			X: (float32(c.x) + 0.5) / float32(l.w), Y: (float32(c.y) + 0.5) / float32(l.h),
			Scale: uint8(n), Angle: direction(l, c.x, c.y),
		}
		var w weakness
		p.Word, w = e.pattern.describe(l, c.x, c.y, p.Angle, e.weak != nil)
		if e.weak != nil {
			*e.weak = append(*e.weak, w)
		}
		dst = append(dst, p)
	}
	return dst
}

// response fills xx with how much of a corner each pixel is: the harmonic mean
// of the eigenvalues of the structure tensor, halved.
func (e *Extractor) response(l *level) {
	w, h := l.w, l.h
	size := w * h
	xx, yy, xy := e.xx[:size], e.yy[:size], e.xy[:size]
	for y := range h {
		up, mid, down := l.smooth[max(y-1, 0)*w:][:w], l.smooth[y*w:][:w], l.smooth[min(y+1, h-1)*w:][:w]
		ox, oy, oxy := xx[y*w:][:w], yy[y*w:][:w], xy[y*w:][:w]
		ox[0], oy[0], oxy[0], ox[w-1], oy[w-1], oxy[w-1] = 0, 0, 0, 0, 0, 0
		for x := 1; x < w-1; x++ {
			gx := mid[x+1] - mid[x-1]
			gy := down[x] - up[x]
			ox[x], oy[x], oxy[x] = gx*gx, gy*gy, gx*gy
		}
	}
	dsp.Box(xx, e.t, e.acc, w, h, 2, 1)
	dsp.Box(yy, e.t, e.acc, w, h, 2, 1)
	dsp.Box(xy, e.t, e.acc, w, h, 2, 1)
	for i := range xx {
		a, b, c := xx[i], yy[i], xy[i]
		xx[i] = (a*b - c*c) / (a + b + 1e-3)
	}
}

// corners lists the pixels that are the strongest of their neighbourhood.
func (e *Extractor) corners(l *level, n int) {
	w, h, r := l.w, l.h, e.xx
	e.found = e.found[:0]
	for y := border; y < h-border; y++ {
		row := r[y*w:][:w]
		for x := border; x < w-border; x++ {
			if v := row[x]; v > leastR && v >= row[x-1] && v > row[x+1] && strongest(r, w, x, y, v) {
				e.found = append(e.found, corner{n, x, y, v})
			}
		}
	}
}

// strongest tells whether no pixel in the neighbourhood is stronger; of equals the first counts.
func strongest(r []float32, w, x, y int, v float32) bool {
	for dy := -suppress; dy <= suppress; dy++ {
		for dx := -suppress; dx <= suppress; dx++ {
			o := r[(y+dy)*w+x+dx]
			if o > v || o == v && (dy < 0 || dy == 0 && dx < 0) {
				return false
			}
		}
	}
	return true
}

// choose takes the strongest corners of each part of the picture, so that
// every crop has its share, and the strongest of the rest.
func (e *Extractor) choose(l *level, limit int) {
	e.chosen = e.chosen[:0]
	slices.SortFunc(e.found, func(a, b corner) int {
		return cmp.Or(cmp.Compare(b.r, a.r), cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x))
	})
	clear(e.cells[:])
	quota := limit/(cellCols*cellRows) + 1
	rest := 0
	for _, c := range e.found {
		cell := &e.cells[c.y*cellRows/l.h*cellCols+c.x*cellCols/l.w]
		if *cell < quota && len(e.chosen) < limit {
			*cell++
			e.chosen = append(e.chosen, c)
		} else {
			e.found[rest] = c
			rest++
		}
	}
	if more := min(limit-len(e.chosen), rest); more > 0 {
		e.chosen = append(e.chosen, e.found[:more]...)
	}
}

// direction is where the brightness around a pixel has its centre, as an angle of 256 to the full turn.
func direction(l *level, x, y int) uint8 {
	const r = 9
	var sx, sy float32
	for dy := -r; dy <= r; dy++ {
		half := int(math.Sqrt(float64(r*r-dy*dy)) + 0.3)
		row := l.smooth[(y+dy)*l.w+x-half:][:2*half+1]
		var line float32
		for i, v := range row {
			line += v
			sx += float32(i-half) * v
		}
		sy += float32(dy) * line
	}
	a := math.Atan2(float64(sy), float64(sx)) * 128 / math.Pi
	return uint8(int(math.Floor(a+0.5)) & 255)
}
