// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
	"slices"

	"spoor/engine/internal/dsp"
)

// Rest is what a frame of a leak shows beyond the title's own picture, on the grid of that picture.
type Rest struct {
	Pix   []float32 // grey levels, about 0 on average
	Shown []float32 // 1 where the frame shows the picture, 0 where it does not
	Fit   float64   // share of the picture's contrast that was explained, 0 to 1
}

// terms of the prediction of a frame from the picture of the title.
const terms = 14

// Subtract lays the frame over the picture and takes away what the picture predicts: blurred or sharpened, moved by a
// fraction of a pixel, brighter or darker in another way at each place.
func (p Pair) Subtract(at Placement) Rest {
	t := p.target
	level := t.at(0)
	n := len(level.pix)
	r := Rest{Pix: make([]float32, n), Shown: make([]float32, n)}
	warped := make([]float32, n)
	p.shot.warped(&at, t, level, &space{warped: warped, shown: r.Shown, us: make([]float32, level.w), vs: make([]float32, level.w)})
	b := basis(level)
	all := variance(warped, r.Shown)
	fitGlobal(b, warped, r.Shown, r.Pix, level.w, level.h)
	fitLocal(level.pix, r.Pix, r.Shown, level.w, level.h)
	r.Fit = 1 - variance(r.Pix, r.Shown)/(all+1e-9)
	return r
}

// basis are pictures of which the frame is a sum: the picture itself, its first and second derivatives on two scales,
// its square and cube, and slow changes of brightness.
func basis(p *plane) [][]float32 {
	w, h := p.w, p.h
	n := w * h
	b := make([][]float32, terms)
	buf := make([]float32, terms*n)
	for i := range b {
		b[i] = buf[i*n:][:n]
	}
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			at := func(dx, dy int) float32 { return p.pix[i+dy*w+dx] }
			v := p.pix[i]/128 - 1
			b[0][i], b[1][i], b[2][i] = v, v*v, v*v*v
			b[3][i] = (at(1, 0) - at(-1, 0)) / 128
			b[4][i] = (at(0, 1) - at(0, -1)) / 128
			b[5][i] = (at(1, 0) + at(-1, 0) - 2*at(0, 0)) / 128
			b[6][i] = (at(0, 1) + at(0, -1) - 2*at(0, 0)) / 128
			b[7][i] = (at(1, 1) + at(-1, -1) - at(1, -1) - at(-1, 1)) / 128
		}
	}
	for y := 2; y < h-2; y++ {
		for x := 2; x < w-2; x++ {
			i := y*w + x
			b[8][i] = (p.pix[i+2] + p.pix[i-2] - 2*p.pix[i]) / 128
			b[9][i] = (p.pix[i+2*w] + p.pix[i-2*w] - 2*p.pix[i]) / 128
		}
	}
	for y := range h {
		yn := 2*float32(y)/float32(h) - 1
		for x := range w {
			xn := 2*float32(x)/float32(w) - 1
			i := y*w + x
			b[10][i], b[11][i], b[12][i], b[13][i] = 1, xn, yn, xn*xn+yn*yn
		}
	}
	return b
}

// fitGlobal writes to rest what is left of pix after the best sum of the basis. What sticks out after a first fit takes
// no part in the second.
func fitGlobal(b [][]float32, pix, shown, rest []float32, w, h int) {
	limit := float32(math.Inf(1))
	for pass := range 2 {
		m := sumProducts(b, pix, w, h, pass, func(i int) bool { return shown[i] != 0 && abs(rest[i]) <= limit })
		f := solveSymmetric(&m)
		for i, v := range pix {
			if shown[i] == 0 {
				rest[i] = 0
				continue
			}
			for j := range terms {
				v -= f[j] * b[j][i]
			}
			rest[i] = v
		}
		limit = 3 * usualSize(rest, shown)
	}
}

// sumProducts sums the normal equations of a fit over every fourth pixel, others in each pass, of those that take part.
func sumProducts(b [][]float32, pix []float32, w, h, pass int, partakes func(i int) bool) (m [terms][terms + 1]float64) {
	for y := 2 + pass; y < h-2; y += 2 {
		var a [terms][terms + 1]float32
		for x := 2 + (y/2+pass)&1; x < w-2; x += 2 {
			i := y*w + x
			if !partakes(i) {
				continue
			}
			var row [terms]float32
			for j := range row {
				row[j] = b[j][i]
			}
			for j, v := range row {
				for k := j; k < terms; k++ {
					a[j][k] += v * row[k]
				}
				a[j][terms] += v * pix[i]
			}
		}
		for j := range a {
			for k := j; k <= terms; k++ {
				m[j][k] += float64(a[j][k])
			}
		}
	}
	return m
}

func usualSize(rest, shown []float32) float32 {
	var list []float32
	for i := 0; i < len(rest); i += 11 {
		if shown[i] != 0 {
			list = append(list, abs(rest[i]))
		}
	}
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return 1.4826*list[len(list)/2] + 0.3
}

// fitLocal takes from rest what still goes with pix in the surroundings of each place (a guided filter: He, Sun, Tang,
// "Guided image filtering", 2010).
func fitLocal(pix, rest, shown []float32, w, h int) {
	const r, floor = 16, 10
	n := len(pix)
	buf := make([]float32, 6*n+w)
	count, o, d, oo, od, tmp, row := buf[:n], buf[n:2*n], buf[2*n:3*n], buf[3*n:4*n], buf[4*n:5*n], buf[5*n:6*n], buf[6*n:]
	for i, s := range shown {
		count[i], o[i], d[i] = s, s*pix[i], s*rest[i]
		oo[i], od[i] = o[i]*pix[i], o[i]*rest[i]
	}
	for _, p := range [][]float32{count, o, d, oo, od} {
		dsp.Box(p, tmp, row, w, h, r, 1)
	}
	for i, c := range count {
		if c < 0.02 {
			oo[i], od[i] = 0, 0
			continue
		}
		mo, md := o[i]/c, d[i]/c
		a := (od[i]/c - mo*md) / (max(oo[i]/c-mo*mo, 0) + floor)
		oo[i], od[i] = a, md-a*mo
	}
	dsp.Box(oo, tmp, row, w, h, r/2, 1)
	dsp.Box(od, tmp, row, w, h, r/2, 1)
	for i, s := range shown {
		rest[i] = s * (rest[i] - oo[i]*pix[i] - od[i])
	}
}

func variance(pix, shown []float32) float64 {
	var n, s, ss float64
	for i, v := range pix {
		if shown[i] != 0 {
			n++
			s += float64(v)
			ss += float64(v) * float64(v)
		}
	}
	n = max(n, 1)
	return max(ss/n-s/n*s/n, 0)
}

func solveSymmetric(m *[terms][terms + 1]float64) (f [terms]float32) {
	for i := range m {
		for j := range i {
			m[i][j] = m[j][i]
		}
		m[i][i] += 1e-3
	}
	for i := range m {
		for r := i + 1; r < terms; r++ {
			g := m[r][i] / m[i][i]
			for c := i; c <= terms; c++ {
				m[r][c] -= g * m[i][c]
			}
		}
	}
	for i := terms - 1; i >= 0; i-- {
		v := m[i][terms]
		for c := i + 1; c < terms; c++ {
			v -= m[i][c] * float64(f[c])
		}
		f[i] = float32(v / m[i][i])
	}
	return f
}
