// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

// plane is a gray picture in single precision, one level of a pyramid.
type plane struct {
	w, h int
	step float64 // pixels of the full picture that one pixel is wide
	pix  []float32
	soft *plane // itself softened, once asked for
}

func newPlane(w, h int, step float64) *plane {
	return &plane{w: w, h: h, step: step, pix: make([]float32, w*h)}
}

// pyramid is a picture in full size and halved again and again. A level is made when it is asked for first: a pyramid is
// for one goroutine, unless all that others need is there.
type pyramid struct {
	w, h   int
	pix    []byte
	levels []*plane // the finest first; nil where nobody asked yet
}

// newPyramid makes a pyramid of w x h samples, down to a width or height of least.
func newPyramid(pix []byte, w, h, least int) pyramid {
	depth := 1
	for min(w>>(depth-1), h>>(depth-1)) >= 2*least {
		depth++
	}
	return pyramid{w, h, pix, make([]*plane, depth)}
}

// at returns a level: each of its samples is the mean of a square of pixels. What is left at the right and below is not used.
func (p *pyramid) at(level int) *plane {
	if p.levels[level] == nil {
		p.levels[level] = p.shrunk(level)
	}
	return p.levels[level]
}

// shrunk makes a level.
func (p *pyramid) shrunk(level int) *plane {
	side := 1 << level
	q := newPlane(p.w/side, p.h/side, float64(side))
	if level == 0 {
		for i, v := range p.pix[:len(q.pix)] {
			q.pix[i] = float32(v)
		}
		return q
	}
	columns := make([]uint32, q.w*side/2) // sums of two samples beside each other
	for y := range q.h {
		clear(columns)
		for i := range side {
			addPairs(columns, p.pix[(y*side+i)*p.w:])
		}
		meanOf(q.pix[y*q.w:][:q.w], columns, side)
	}
	return q
}

// addPairs adds the sums of two samples of a row beside each other.
func addPairs(columns []uint32, row []byte) {
	row = row[:2*len(columns)]
	for i := range columns {
		columns[i] += uint32(row[2*i]) + uint32(row[2*i+1])
	}
}

// meanOf turns sums of columns into means of squares.
func meanOf(out []float32, columns []uint32, side int) {
	inverse, half := 1/float32(side*side), side/2
	for x := range out {
		var sum uint32
		for _, v := range columns[x*half:][:half] {
			sum += v
		}
		out[x] = float32(sum) * inverse
	}
}

// forSize returns the level to sample every size full pixels: not coarser than that, and softened where samples lie so far
// apart that what is between them would be lost.
func (p *pyramid) forSize(size float64) *plane {
	level := 0
	for level+1 < len(p.levels) && float64(int(2)<<level) <= 1.1*size {
		level++
	}
	best := p.at(level)
	if size > 1.3*best.step {
		return best.softened()
	}
	return best
}

// complete makes all that can be asked for, so that many goroutines may ask.
func (p *pyramid) complete() {
	for i := range p.levels {
		p.at(i).softened()
	}
}

// softened is the plane averaged over 3x3 pixels with the weights 1, 2, 1.
func (p *plane) softened() *plane {
	if p.soft == nil {
		q := newPlane(p.w, p.h, p.step)
		copy(q.pix, p.pix)
		soften(q.pix, make([]float32, len(q.pix)), q.w, q.h)
		p.soft = q
	}
	return p.soft
}

// soften averages over 3x3 pixels with the weights 1, 2, 1.
func soften(pix, tmp []float32, w, h int) {
	for y := range h {
		row, out := pix[y*w:][:w], tmp[y*w:][:w]
		before := row[0]
		for x := range w - 1 {
			out[x] = (before + 2*row[x] + row[x+1]) / 4
			before = row[x]
		}
		out[w-1] = (before + 3*row[w-1]) / 4
	}
	for y := range h {
		a, b, c := tmp[max(y-1, 0)*w:][:w], tmp[y*w:][:w], tmp[min(y+1, h-1)*w:][:w]
		out := pix[y*w:][:w]
		for x := range out {
			out[x] = (a[x] + 2*b[x] + c[x]) / 4
		}
	}
}

// cubic are the weights of the four samples around a place that lies t after the second one (Catmull-Rom).
func cubic(t float32) (a, b, c, d float32) {
	t2, t3 := t*t, t*t*t
	return (-t3 + 2*t2 - t) / 2, (3*t3 - 5*t2 + 2) / 2, (-3*t3 + 4*t2 + t) / 2, (t3 - t2) / 2
}

// sample is the value between the samples at column x+tx and row y+ty; two samples around (x, y) must exist.
func (p *plane) sample(x, y int, tx, ty float32) float32 {
	a, b, c, d := cubic(tx)
	e, f, g, h := cubic(ty)
	i := (y-1)*p.w + x - 1
	r0, r1, r2, r3 := p.pix[i:][:4], p.pix[i+p.w:][:4], p.pix[i+2*p.w:][:4], p.pix[i+3*p.w:][:4]
	return e*(a*r0[0]+b*r0[1]+c*r0[2]+d*r0[3]) + f*(a*r1[0]+b*r1[1]+c*r1[2]+d*r1[3]) +
		g*(a*r2[0]+b*r2[1]+c*r2[2]+d*r2[3]) + h*(a*r3[0]+b*r3[1]+c*r3[2]+d*r3[3])
}
