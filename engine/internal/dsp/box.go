// SPDX-License-Identifier: AGPL-3.0-or-later

package dsp

// Box replaces the w x h picture p by its mean over (2r+1) x (2r+1) pixels, n times; the border repeats the
// outermost pixel. t is scratch of the same size, acc of at least w values.
func Box(p, t, acc []float32, w, h, r, n int) {
	for range n {
		boxRows(p, t, w, h, r)
		boxColumns(t, p, acc[:w], w, h, r)
	}
}

func boxRows(src, dst []float32, w, h, r int) {
	inv := 1 / float32(2*r+1)
	for y := range h {
		s, d := src[y*w:][:w], dst[y*w:][:w]
		var a float32
		for i := -r; i <= r; i++ {
			a += s[min(max(i, 0), w-1)]
		}
		head := min(r, w)
		tail := max(w-r-1, head)
		for x := range head {
			d[x] = a * inv
			a += s[min(x+r+1, w-1)] - s[0]
		}
		if tail > head {
			in, out, mid := s[head+r+1:], s[head-r:], d[head:tail]
			in, out = in[:len(mid)], out[:len(mid)]
			for x := range mid {
				mid[x] = a * inv
				a += in[x] - out[x]
			}
		}
		for x := tail; x < w; x++ {
			d[x] = a * inv
			a += s[w-1] - s[max(x-r, 0)]
		}
	}
}

func boxColumns(src, dst, acc []float32, w, h, r int) {
	inv := 1 / float32(2*r+1)
	clear(acc)
	for i := -r; i <= r; i++ {
		row := src[min(max(i, 0), h-1)*w:][:len(acc)]
		for x, v := range row {
			acc[x] += v
		}
	}
	for y := range h {
		d := dst[y*w:][:len(acc)]
		in := src[min(y+r+1, h-1)*w:][:len(acc)]
		out := src[max(y-r, 0)*w:][:len(acc)]
		for x, a := range acc {
			d[x] = a * inv
			acc[x] = a + in[x] - out[x]
		}
	}
}

// BoxWrap smooths p over (2rx+1) x (2ry+1) values as if it were a torus, which is what a spectrum is.
func BoxWrap(p, t, acc []float32, w, h, rx, ry int) {
	rx, ry = min(rx, (w-1)/2), min(ry, (h-1)/2)
	inv := 1 / float32(2*rx+1)
	for y := range h {
		s, d := p[y*w:][:w], t[y*w:][:w]
		var a float32
		for i := -rx; i <= rx; i++ {
			a += s[(i+w)%w]
		}
		in, out := rx+1, w-rx
		for x := range d {
			d[x] = a * inv
			if in >= w {
				in -= w
			}
			if out >= w {
				out -= w
			}
			a += s[in] - s[out]
			in++
			out++
		}
	}
	acc = acc[:w]
	clear(acc)
	for i := -ry; i <= ry; i++ {
		for x, v := range t[((i+h)%h)*w:][:w] {
			acc[x] += v
		}
	}
	inv = 1 / float32(2*ry+1)
	for y := range h {
		d := p[y*w:][:w]
		in, out := t[((y+ry+1)%h)*w:][:w], t[((y-ry+h)%h)*w:][:w]
		for x, a := range acc {
			d[x] = a * inv
			acc[x] = a + in[x] - out[x]
		}
	}
}

// Erode writes to dst the smallest value of each 3x3 neighbourhood of src; t is scratch.
func Erode(src, dst, t []float32, w, h int) {
	for y := range h {
		s, d := src[y*w:][:w], t[y*w:][:w]
		prev := s[0]
		for x := range w - 1 {
			d[x] = min(prev, s[x], s[x+1])
			prev = s[x]
		}
		d[w-1] = min(prev, s[w-1])
	}
	for y := range h {
		d := dst[y*w:][:w]
		a, b, c := t[max(y-1, 0)*w:][:w], t[y*w:][:w], t[min(y+1, h-1)*w:][:w]
		for x := range d {
			d[x] = min(a[x], b[x], c[x])
		}
	}
}
