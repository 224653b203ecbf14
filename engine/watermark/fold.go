// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"fmt"
	"math"
	"time"

	"spoor/engine/internal/dsp"
)

// Rest is what a frame of a leak shows beyond the original, laid over a small picture of the original, about half the
// canonical size.
type Rest struct {
	W, H     int
	Original []byte        // the picture of the title, W*H samples
	Pix      []float32     // what the leak shows beyond it, grey levels
	Shown    []float32     // 1 where the leak shows the picture, else 0
	Leak     time.Duration // time of the frame
	Title    time.Duration // time of the picture
}

// Folded is a rest after each place was weighted by what it can tell, folded onto one tile. It knows nothing of keys,
// so that reading it with another key costs next to nothing.
type Folded struct {
	Leak, Title time.Duration
	spectrum    []complex64 // of the tile, fineCells x fineCells
}

const (
	restHighPass = 8.0  // canonical pixels: standard deviation of what is taken away
	restSurround = 16.0 // canonical pixels: radius within which noise is measured
	restFloor    = 0.02 // least variance of a place, and
	restEvenness = 1.0  // share of the whole frame's variance in it: where an encoder left nothing, there is no mark either
	restLimit    = 3.0  // standard deviations
)

// Fold prepares rests of one title, shown at the given aspect, for reading.
func Fold(rests []Rest, aspect float64) ([]Folded, error) {
	for i := range rests {
		r := &rests[i]
		if n := r.W * r.H; n == 0 || len(r.Original) != n || len(r.Pix) != n || len(r.Shown) != n {
			return nil, fmt.Errorf("the rest of the frame at %v is no picture of %dx%d", r.Leak, r.W, r.H)
		}
	}
	fft, err := dsp.NewFFT2(fineCells, fineCells)
	if err != nil {
		return nil, err
	}
	cw, ch := Canonical(aspect)
	out := make([]Folded, len(rests))
	work := make([]*folder, dsp.Workers(len(rests)))
	for i := range work {
		work[i] = newFolder(fft, 0)
	}
	dsp.Each(len(rests), func(worker, i int) {
		r, f := &rests[i], work[worker]
		h := linear([4]float64{float64(cw) / float64(r.W), 0, 0, float64(ch) / float64(r.H)})
		f.fold(r.matched(float64(cw)), r.W, &h, rect{0, 0, r.W, r.H})
		f.spectrum()
		out[i] = Folded{Leak: r.Leak, Title: r.Title, spectrum: append([]complex64(nil), f.z...)}
	})
	return out, nil
}

// matched is the matched filter: the rest without what is smoother than the mark, times how strong the mark may be at
// each place, over how strong the noise is there.
func (r *Rest) matched(canonicalWidth float64) []float32 {
	n := r.W * r.H
	scale := float64(r.W) / canonicalWidth
	buf := make([]float32, 4*n+r.W)
	e, count, noise, tmp, row := buf[:n], buf[n:2*n], buf[2*n:3*n], buf[3*n:4*n], buf[4*n:]
	copy(count, r.Shown)
	for i, s := range r.Shown {
		e[i] = s * r.Pix[i]
	}
	radius := boxRadius(restHighPass * scale)
	dsp.Box(e, tmp, row, r.W, r.H, radius, 2)
	dsp.Box(count, tmp, row, r.W, r.H, radius, 2)
	var total, shown float64
	for i, s := range r.Shown {
		d := s * (r.Pix[i] - e[i]/(count[i]+1e-3))
		e[i], noise[i] = d, d*d
		total += float64(d) * float64(d)
		shown += float64(s)
	}
	copy(count, r.Shown)
	radius = max(int(restSurround*scale+0.5), 1)
	dsp.Box(noise, tmp, row, r.W, r.H, radius, 1)
	dsp.Box(count, tmp, row, r.W, r.H, radius, 1)
	even := float32(restEvenness*total/(shown+1) + restFloor)
	mask := smallMask(r.Original, r.W, r.H)
	for i := range e {
		variance := max(noise[i]/(count[i]+1e-3), 0) + even
		limit := restLimit * float32(math.Sqrt(float64(variance)))
		e[i] = min(max(e[i], -limit), limit) * mask[i] / variance
	}
	return e
}

// boxRadius is the radius of a box filter that, applied twice, blurs with the standard deviation sigma.
func boxRadius(sigma float64) int {
	return max(int((math.Sqrt(1+6*sigma*sigma)-1)/2+0.5), 1) // two boxes of 2r+1 have the variance 2(4r²+4r)/12
}

// smallMask is the mask of the mark for a picture of half the canonical size. The mask of a copy also saw what is finer
// than that; as a weight this is near enough, whatever the strength.
func smallMask(pix []byte, w, h int) []float32 {
	m := newMask(2*w, 2*h, Normal.visibility(0))
	double := make([]float32, 4*w*h)
	for y := range h {
		for x := range w {
			v, i := float32(pix[y*w+x]), 4*y*w+2*x
			double[i], double[i+1], double[i+2*w], double[i+2*w+1] = v, v, v, v
		}
	}
	m.compute(double)
	return m.strength
}
