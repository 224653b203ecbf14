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

// pyramid turns samples into planes, each half as large as the one before, down to a width or height of least.
func pyramid(pix []byte, w, h, least int) []*plane {
	p := newPlane(w, h, 1)
	for i, v := range pix {
		p.pix[i] = float32(v)
	}
	list := []*plane{p}
	for min(p.w, p.h) >= 2*least {
		p = p.half()
		list = append(list, p)
	}
	return list
}

// half averages blocks of 2x2 pixels; an odd last row or column is left out.
func (p *plane) half() *plane {
	q := newPlane(p.w/2, p.h/2, 2*p.step)
	for y := range q.h {
		a, b := p.pix[2*y*p.w:][:p.w], p.pix[(2*y+1)*p.w:][:p.w]
		out := q.pix[y*q.w:][:q.w]
		for x := range out {
			out[x] = (a[2*x] + a[2*x+1] + b[2*x] + b[2*x+1]) / 4
		}
	}
	return q
}

// levelFor returns the level of a pyramid to sample every size full pixels: not coarser than that, and softened where
// samples lie so far apart that what is between them would be lost.
func levelFor(levels []*plane, size float64) *plane {
	best := levels[0]
	for _, p := range levels[1:] {
		if p.step <= 1.1*size {
			best = p
		}
	}
	if size > 1.3*best.step {
		return best.softened()
	}
	return best
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
