// SPDX-License-Identifier: AGPL-3.0-or-later

// Package dsp holds the few signal-processing kernels that the engine's rooms share: a two-dimensional
// Fourier transform in single precision, box filters, and a loop over all cores with a fixed result order.
//
// A library would be the first choice; the one that is kept and free (gonum) works in double precision and
// was measured 5 to 10 times slower on the sizes used here, which are products of 2, 3 and 5.
package dsp

import (
	"fmt"
	"math"
)

// plan is a one-dimensional mixed-radix (2, 3, 4, 5) Stockham transform of n points. It works on s
// interleaved sequences at once, so that the same loop serves rows (s = 1) and whole columns (s = width).
type plan struct {
	n       int
	factors []int
	twiddle []complex64 // exp(-2 pi i k / n)
}

func newPlan(n int) (*plan, error) {
	if n < 1 {
		return nil, fmt.Errorf("transform length %d is not positive", n)
	}
	p := &plan{n: n, twiddle: make([]complex64, n)}
	m := n
	for _, r := range []int{4, 2, 3, 5} {
		for m%r == 0 && m > 1 {
			p.factors = append(p.factors, r)
			m /= r
		}
	}
	if m != 1 {
		return nil, fmt.Errorf("transform length %d is not a product of 2, 3 and 5", n)
	}
	for k := range p.twiddle {
		s, c := math.Sincos(-2 * math.Pi * float64(k) / float64(n))
		p.twiddle[k] = complex(float32(c), float32(s))
	}
	return p, nil
}

// run transforms x, using y of the same length as scratch. The result is in the slice that is returned,
// which is one of the two.
func (p *plan) run(x, y []complex64, s int) []complex64 {
	n := p.n
	for _, r := range p.factors {
		m := n / r
		step := p.n / n
		switch r {
		case 2:
			p.radix2(x, y, m, s, step)
		case 3:
			p.radix3(x, y, m, s, step)
		case 4:
			if s == 1 {
				p.firstRadix4(x, y, m, step)
			} else {
				p.radix4(x, y, m, s, step)
			}
		case 5:
			p.radix5(x, y, m, s, step)
		}
		x, y = y, x
		n = m
		s *= r
	}
	return x
}

// times multiplies in single precision; the compiler's own product of complex64 goes through double precision.
func times(a, b complex64) complex64 {
	return complex(
		float32(real(a)*real(b))-float32(imag(a)*imag(b)), // conversions keep every processor from fusing: all round alike
		float32(real(a)*imag(b))+float32(imag(a)*real(b)),
	)
}

func (p *plan) radix2(x, y []complex64, m, s, step int) {
	for a := range m {
		w := p.twiddle[a*step]
		x0, x1 := x[s*a:][:s], x[s*(a+m):][:s]
		y0, y1 := y[s*2*a:][:s], y[s*(2*a+1):][:s]
		for q := range x0 {
			u, v := x0[q], x1[q]
			y0[q] = u + v
			y1[q] = times(u-v, w)
		}
	}
}

func (p *plan) radix3(x, y []complex64, m, s, step int) {
	const sin60 = 0.86602540378443864676
	for a := range m {
		w1, w2 := p.twiddle[a*step], p.twiddle[2*a*step]
		x0, x1, x2 := x[s*a:][:s], x[s*(a+m):][:s], x[s*(a+2*m):][:s]
		y0, y1, y2 := y[s*3*a:][:s], y[s*(3*a+1):][:s], y[s*(3*a+2):][:s]
		for q := range x0 {
			u, sum, dif := x0[q], x1[q]+x2[q], x1[q]-x2[q]
			b := complex(real(u)-0.5*real(sum), imag(u)-0.5*imag(sum))
			d := complex(sin60*imag(dif), -sin60*real(dif))
			y0[q] = u + sum
			y1[q] = times(b+d, w1)
			y2[q] = times(b-d, w2)
		}
	}
}

func (p *plan) radix4(x, y []complex64, m, s, step int) {
	for a := range m {
		w1, w2, w3 := p.twiddle[a*step], p.twiddle[2*a*step], p.twiddle[3*a*step]
		x0, x1, x2, x3 := x[s*a:][:s], x[s*(a+m):][:s], x[s*(a+2*m):][:s], x[s*(a+3*m):][:s]
		y0, y1, y2, y3 := y[s*4*a:][:s], y[s*(4*a+1):][:s], y[s*(4*a+2):][:s], y[s*(4*a+3):][:s]
		for q := range x0 {
			a0, a1, a2, a3 := x0[q], x1[q], x2[q], x3[q]
			t0, t1, t2, t3 := a0+a2, a0-a2, a1+a3, a1-a3
			j := complex(imag(t3), -real(t3))
			y0[q] = t0 + t2
			y1[q] = times(t1+j, w1)
			y2[q] = times(t0-t2, w2)
			y3[q] = times(t1-j, w3)
		}
	}
}

// firstRadix4 is radix4 for one sequence, as rows begin: without a loop for each single value.
func (p *plan) firstRadix4(x, y []complex64, m, step int) {
	x0, x1, x2, x3 := x[:m], x[m:][:m], x[2*m:][:m], x[3*m:][:m]
	y = y[:4*m]
	for a := range x0 {
		w1, w2, w3 := p.twiddle[a*step], p.twiddle[2*a*step], p.twiddle[3*a*step]
		a0, a1, a2, a3 := x0[a], x1[a], x2[a], x3[a]
		t0, t1, t2, t3 := a0+a2, a0-a2, a1+a3, a1-a3
		j := complex(imag(t3), -real(t3))
		b := y[4*a:][:4]
		b[0] = t0 + t2
		b[1] = times(t1+j, w1)
		b[2] = times(t0-t2, w2)
		b[3] = times(t1-j, w3)
	}
}

func (p *plan) radix5(x, y []complex64, m, s, step int) {
	const (
		c1 = 0.30901699437494742410
		s1 = 0.95105651629515357212
		c2 = -0.80901699437494742410
		s2 = 0.58778525229247312917
	)
	for a := range m {
		w1, w2, w3, w4 := p.twiddle[a*step], p.twiddle[2*a*step], p.twiddle[3*a*step], p.twiddle[4*a*step]
		x0, x1, x2, x3, x4 := x[s*a:][:s], x[s*(a+m):][:s], x[s*(a+2*m):][:s], x[s*(a+3*m):][:s], x[s*(a+4*m):][:s]
		y0, y1, y2, y3, y4 := y[s*5*a:][:s], y[s*(5*a+1):][:s], y[s*(5*a+2):][:s], y[s*(5*a+3):][:s], y[s*(5*a+4):][:s]
		for q := range x0 {
			u := x0[q]
			p1, m1 := x1[q]+x4[q], x1[q]-x4[q]
			p2, m2 := x2[q]+x3[q], x2[q]-x3[q]
			b1 := complex(real(u)+c1*real(p1)+c2*real(p2), imag(u)+c1*imag(p1)+c2*imag(p2))
			b2 := complex(real(u)+c2*real(p1)+c1*real(p2), imag(u)+c2*imag(p1)+c1*imag(p2))
			d1 := complex(s1*imag(m1)+s2*imag(m2), -(s1*real(m1) + s2*real(m2)))
			d2 := complex(s2*imag(m1)-s1*imag(m2), -(s2*real(m1) - s1*real(m2)))
			y0[q] = u + p1 + p2
			y1[q] = times(b1+d1, w1)
			y2[q] = times(b2+d2, w2)
			y3[q] = times(b2-d2, w3)
			y4[q] = times(b1-d1, w4)
		}
	}
}

// FFT2 transforms W x H arrays of complex numbers, rows first. It holds scratch memory: one goroutine at a
// time may use it; Clone gives another goroutine its own.
type FFT2 struct {
	W, H     int
	row, col *plan
	scratch  []complex64
}

// NewFFT2 makes a transform for arrays of w columns and h rows, both products of 2, 3 and 5.
func NewFFT2(w, h int) (*FFT2, error) {
	row, err := newPlan(w)
	if err != nil {
		return nil, err
	}
	col, err := newPlan(h)
	if err != nil {
		return nil, err
	}
	return &FFT2{W: w, H: h, row: row, col: col, scratch: make([]complex64, w*h)}, nil
}

// Clone shares the tables and has scratch memory of its own.
func (f *FFT2) Clone() *FFT2 {
	c := *f
	c.scratch = make([]complex64, len(f.scratch))
	return &c
}

// Forward replaces d (W*H values, row by row) by its transform, not normalised.
func (f *FFT2) Forward(d []complex64) {
	for y := range f.H {
		row := d[y*f.W:][:f.W]
		if r := f.row.run(row, f.scratch[:f.W], 1); &r[0] != &row[0] {
			copy(row, r)
		}
	}
	if r := f.col.run(d, f.scratch, f.W); &r[0] != &d[0] {
		copy(d, r)
	}
}

// Inverse replaces d by its inverse transform, not normalised: Inverse after Forward gives W*H times d.
func (f *FFT2) Inverse(d []complex64) {
	conjugate(d)
	f.Forward(d)
	conjugate(d)
}

func conjugate(d []complex64) {
	for i, v := range d {
		d[i] = complex(real(v), -imag(v))
	}
}

// SmoothSize returns the product of 2, 3 and 5 that is nearest to x and even (at least 2).
func SmoothSize(x float64) int {
	n := max(int(math.Round(x)), 2)
	for d := 0; ; d++ {
		if isSmooth(n + d) {
			return n + d
		}
		if n-d >= 2 && isSmooth(n-d) {
			return n - d
		}
	}
}

func isSmooth(n int) bool {
	if n%2 != 0 {
		return false
	}
	for _, p := range []int{2, 3, 5} {
		for n%p == 0 {
			n /= p
		}
	}
	return n == 1
}
