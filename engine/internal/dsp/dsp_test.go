// SPDX-License-Identifier: AGPL-3.0-or-later

package dsp_test

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine/internal/dsp"
)

func TestForwardIsTheFourierTransform(t *testing.T) {
	for _, size := range [][2]int{{2, 2}, {4, 6}, {15, 8}, {30, 20}, {24, 45}} {
		w, h := size[0], size[1]
		fft, err := dsp.NewFFT2(w, h)
		require.NoError(t, err)
		d := noise(w * h)
		want := slowTransform(d, w, h)
		fft.Forward(d)
		for i := range d {
			require.InDelta(t, 0, cmplx.Abs(complex128(d[i])-want[i]), 1e-3, "%dx%d bin %d", w, h, i)
		}
	}
}

func TestInverseUndoesForward(t *testing.T) {
	fft, err := dsp.NewFFT2(384, 216)
	require.NoError(t, err)
	d := noise(384 * 216)
	want := append([]complex64(nil), d...)
	other := fft.Clone()
	fft.Forward(d)
	other.Inverse(d)
	for i := range d {
		require.InDelta(t, float64(real(want[i])), float64(real(d[i]))/float64(len(d)), 1e-4)
	}
}

func TestLengthsWithOtherFactorsAreRefused(t *testing.T) {
	for _, n := range []int{0, -4, 7, 22, 1009} {
		_, err := dsp.NewFFT2(n, 8)
		require.Error(t, err, n)
		_, err = dsp.NewFFT2(8, n)
		require.Error(t, err, n)
	}
}

func TestSmoothSizeIsEvenNearAndTransformable(t *testing.T) {
	for x := 2.0; x < 2000; x += 7.3 {
		n := dsp.SmoothSize(x)
		require.Zero(t, n%2)
		require.InEpsilon(t, x, float64(n), 0.5)
		_, err := dsp.NewFFT2(n, 2)
		require.NoError(t, err)
	}
}

func TestBoxIsTheMeanOfItsNeighbourhood(t *testing.T) {
	for _, c := range []struct{ w, h, r int }{{9, 7, 1}, {9, 7, 3}, {40, 30, 6}, {5, 4, 6}, {1, 1, 2}} {
		p := floats(c.w * c.h)
		want := make([]float32, len(p))
		wrapped := make([]float32, len(p))
		for y := range c.h {
			for x := range c.w {
				want[y*c.w+x] = mean(c.r, func(dx, dy int) float32 {
					return p[min(max(y+dy, 0), c.h-1)*c.w+min(max(x+dx, 0), c.w-1)]
				})
				wrapped[y*c.w+x] = mean(c.r, func(dx, dy int) float32 {
					return p[((y+dy)%c.h+c.h)%c.h*c.w+((x+dx)%c.w+c.w)%c.w]
				})
			}
		}
		got, tmp, row := append([]float32(nil), p...), make([]float32, len(p)), make([]float32, c.w)
		dsp.Box(got, tmp, row, c.w, c.h, c.r, 1)
		require.InDeltaSlice(t, want, got, 1e-4, "%+v", c)
		if 2*c.r < min(c.w, c.h) {
			copy(got, p)
			dsp.BoxWrap(got, tmp, row, c.w, c.h, c.r, c.r)
			require.InDeltaSlice(t, wrapped, got, 1e-4, "%+v", c)
		}
	}
}

func TestErodeIsTheSmallestNeighbour(t *testing.T) {
	const w, h = 13, 9
	p := floats(w * h)
	got := make([]float32, len(p))
	dsp.Erode(p, got, make([]float32, len(p)), w, h)
	for y := range h {
		for x := range w {
			low := float32(math.Inf(1))
			for dy := max(y-1, 0); dy <= min(y+1, h-1); dy++ {
				for dx := max(x-1, 0); dx <= min(x+1, w-1); dx++ {
					low = min(low, p[dy*w+dx])
				}
			}
			require.Equal(t, low, got[y*w+x])
		}
	}
}

func TestEachCallsEveryNumberOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		calls := make([]atomic.Int32, n)
		dsp.Each(n, func(worker, i int) {
			if worker < 0 || worker >= dsp.Workers(n) {
				t.Errorf("worker %d of %d", worker, dsp.Workers(n))
			}
			calls[i].Add(1)
		})
		for i := range calls {
			require.EqualValues(t, 1, calls[i].Load())
		}
	}
}

func mean(r int, at func(dx, dy int) float32) float32 {
	var sum float32
	for dy := -r; dy <= r; dy++ {
		for dx := -r; dx <= r; dx++ {
			sum += at(dx, dy)
		}
	}
	return sum / float32((2*r+1)*(2*r+1))
}

func noise(n int) []complex64 {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	out := make([]complex64, n)
	for i := range out {
		out[i] = complex(float32(rng.NormFloat64()), float32(rng.NormFloat64()))
	}
	return out
}

func floats(n int) []float32 {
	rng := rand.New(rand.NewPCG(2, uint64(n)))
	out := make([]float32, n)
	for i := range out {
		out[i] = rng.Float32()
	}
	return out
}

func slowTransform(d []complex64, w, h int) []complex128 {
	out := make([]complex128, len(d))
	for v := range h {
		for u := range w {
			for y := range h {
				for x := range w {
					a := -2 * math.Pi * (float64(u*x)/float64(w) + float64(v*y)/float64(h))
					out[v*w+u] += complex128(d[y*w+x]) * cmplx.Rect(1, a)
				}
			}
		}
	}
	return out
}
