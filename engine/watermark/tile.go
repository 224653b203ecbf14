// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"fmt"
	"math"

	"spoor/engine/internal/dsp"
)

// tile is one period of a pattern, Period x Period values row by row, of mean square one. Its samples lie in
// the middle of canonical pixels.
type tile []float32

// finest is the highest frequency, in cycles per canonical pixel, that a title's own samples can show across and
// down: carriers above it would come out as others.
type finest struct{ x, y float64 }

func (l finest) shows(f frequency) bool {
	return math.Abs(float64(f.i)) <= l.x*Period && float64(f.j) <= l.y*Period
}

// tiles builds the patterns that carry a codeword.
func (k *Key) tiles(word *Word, limit finest) ([Patterns]tile, error) {
	var out [Patterns]tile
	fft, err := dsp.NewFFT2(Period, Period)
	if err != nil {
		return out, fmt.Errorf("tile transform: %w", err)
	}
	for p := range out {
		out[p] = k.tile(fft, p, word, limit)
	}
	return out, nil
}

func (k *Key) tile(fft *dsp.FFT2, p int, word *Word, limit finest) tile {
	spectrum := make([]complex64, Period*Period)
	put := func(f frequency, v complex64) {
		if !limit.shows(f) {
			return
		}
		v *= complex64(halfPixel(f))
		x := (f.i + Period) % Period
		spectrum[f.j*Period+x] = v
		spectrum[(Period-f.j)*Period+(Period-x)%Period] = complex(real(v), -imag(v))
	}
	a := math.Sqrt(syncShare / float64(len(k.lines)))
	for i, f := range k.lines {
		put(f, k.phase[p][i]*complex(float32(a*f.amplitude()), 0))
	}
	a = math.Sqrt((1 - syncShare) / float64(2*len(k.carriers)))
	for n, f := range k.carriers {
		re := k.sign[p][2*n] * word.chip(k.chip[p][2*n])
		im := k.sign[p][2*n+1] * word.chip(k.chip[p][2*n+1])
		put(f, complex(re, im)*complex(float32(a*f.amplitude()), 0))
	}
	fft.Inverse(spectrum)
	out := make(tile, len(spectrum))
	var energy float64
	for i, v := range spectrum {
		out[i] = real(v)
		energy += float64(real(v)) * float64(real(v))
	}
	gain := float32(1 / math.Sqrt(energy/float64(len(out))))
	for i := range out {
		out[i] *= gain
	}
	return out
}

// halfPixel is the phase that a carrier gains over half a canonical pixel in both directions: samples are
// taken in the middle of pixels, phases are counted from their corner.
func halfPixel(f frequency) complex128 {
	s, c := math.Sincos(math.Pi * float64(f.i+f.j) / Period)
	return complex(c, s)
}
