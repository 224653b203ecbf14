// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"fmt"
	"math"
	"time"

	"spoor/engine/internal/dsp"
)

// gridScale is the size of the analysis picture as a share of the canonical one. At 0.6 the mark's highest
// frequency is still well below the limit of sampling; whole pictures and crops down to a tenth of the area were
// measured to read as well as at full size, at a third of the cost.
const gridScale = 0.6

// Grid returns the size of the analysis picture for a leak that is shown at the given aspect: the leak's own
// aspect, with sides that transform fast (384x216 for 16:9). Frames are scaled to it before they are given to
// Analyse.
func Grid(aspect float64) (w, h int) {
	aspect = min(max(aspect, 0.2), 5)
	const area = canonicalArea * gridScale * gridScale
	return dsp.SmoothSize(math.Sqrt(area * aspect)), dsp.SmoothSize(math.Sqrt(area / aspect))
}

// Frame is one luma picture of a leak on the analysis grid.
type Frame struct {
	Pix  []byte
	Time time.Duration
}

const (
	highPassRadius  = 6
	normalRadius    = 5
	normalFloor     = 1.0
	normalLimit     = 3.0
	fewestForStatic = 8   // frames from which on the static background can be told
	peakLimit       = 8.0 // power of a single frequency over its surroundings
	leastPower      = 1.0 // of a frequency; noise of variance one has as much as the picture has pixels
	coherentSeconds = 2.0 // summed for the power spectrum
)

// Analysis is a stretch of a leak made ready for reading: whitened frames. It knows nothing of keys, so that one
// analysis serves all of them.
type Analysis struct {
	W, H   int
	times  []time.Duration
	pixels [][]byte
	frames [][]float32 // whitened; where the static background could be told, it is the last one
	static bool
	power  []float32 // mean power spectrum, about one everywhere but at the mark's lines; nil until asked for
	mean   float64   // of power in the band of the lines
	spread float64
	turn   *Analysis // of the picture turned by a quarter; nil until asked for
}

// Analyse prepares frames of w x h pixels, a size that Grid returned. It keeps the pixels.
func Analyse(frames []Frame, w, h int) (*Analysis, error) {
	if len(frames) == 0 {
		return nil, fmt.Errorf("no frames to analyse")
	}
	a := &Analysis{W: w, H: h}
	for _, f := range frames {
		if len(f.Pix) != w*h {
			return nil, fmt.Errorf("frame at %v has %d samples, not %dx%d", f.Time, len(f.Pix), w, h)
		}
		a.pixels = append(a.pixels, f.Pix)
		a.times = append(a.times, f.Time)
	}
	return a, a.prepare()
}

func (a *Analysis) prepare() error {
	fft, err := dsp.NewFFT2(a.W, a.H)
	if err != nil {
		return fmt.Errorf("analysis: %w", err)
	}
	a.highPass()
	a.removeStatic()
	a.whiten(fft)
	return nil
}

// scratch is the memory of one goroutine that works on an analysis.
type scratch struct {
	a, b, c, d []float32
	row        []float32
	z          []complex64
	fft        *dsp.FFT2
}

func (a *Analysis) scratch(fft *dsp.FFT2) *scratch {
	n := a.W * a.H
	buf := make([]float32, 4*n+a.W)
	s := &scratch{a: buf[:n], b: buf[n : 2*n], c: buf[2*n : 3*n], d: buf[3*n : 4*n], row: buf[4*n:]}
	if fft != nil {
		s.z = make([]complex64, n)
		s.fft = fft.Clone()
	}
	return s
}

func (a *Analysis) scratches(n int, fft *dsp.FFT2) []*scratch {
	out := make([]*scratch, dsp.Workers(n))
	for i := range out {
		out[i] = a.scratch(fft)
	}
	return out
}

// highPass takes away what is smoother than the mark.
func (a *Analysis) highPass() {
	n := len(a.pixels)
	a.frames = make([][]float32, n)
	work := a.scratches(n, nil)
	dsp.Each(n, func(worker, i int) {
		s := work[worker]
		out := make([]float32, a.W*a.H)
		for j, v := range a.pixels[i] {
			out[j] = float32(v)
		}
		copy(s.a, out)
		dsp.Box(s.a, s.b, s.row, a.W, a.H, highPassRadius, 2)
		for j, v := range s.a {
			out[j] -= v
		}
		a.frames[i] = out
	})
}

// removeStatic subtracts from each frame what the others show at the same place, as far as it is there: the
// mark changes over time, the background does not. What was common is kept as one more frame, since codecs
// freeze the mark into blocks that they skip.
func (a *Analysis) removeStatic() {
	n := len(a.frames)
	if n < fewestForStatic {
		return
	}
	mean := make([]float32, a.W*a.H)
	for _, f := range a.frames {
		for i, v := range f {
			mean[i] += v
		}
	}
	for i := range mean {
		mean[i] /= float32(n)
	}
	all, one := float32(n)/float32(n-1), 1/float32(n-1)
	work := a.scratches(n, nil)
	dsp.Each(n, func(worker, k int) {
		s, f := work[worker], a.frames[k]
		others, energy := s.c, s.d
		for i, v := range f {
			m := all*mean[i] - one*v
			others[i] = m
			s.a[i] = v * m
			energy[i] = m * m
		}
		dsp.Box(s.a, s.b, s.row, a.W, a.H, normalRadius, 1)
		dsp.Box(energy, s.b, s.row, a.W, a.H, normalRadius, 1)
		for i := range f {
			gain := s.a[i] / (energy[i] + 0.05)
			if gain > 0 {
				f[i] -= min(gain, 1) * others[i]
			}
		}
	})
	a.frames = append(a.frames, mean)
	a.static = true
}

// whiten makes all places and all frequencies of a frame count by what they can tell: divides by the local
// standard deviation, then by the smoothed spectrum.
func (a *Analysis) whiten(fft *dsp.FFT2) {
	pairs := (len(a.frames) + 1) / 2
	work := a.scratches(pairs, fft)
	dsp.Each(pairs, func(worker, i int) {
		p := a.frames[2*i]
		var q []float32
		if 2*i+1 < len(a.frames) {
			q = a.frames[2*i+1]
		}
		a.whitenPair(p, q, work[worker])
	})
}

// whitenPair works on two real frames as one complex one; q may be nil.
func (a *Analysis) whitenPair(p, q []float32, s *scratch) {
	a.normalise(p, s)
	if q != nil {
		a.normalise(q, s)
		for i, v := range p {
			s.z[i] = complex(v, q[i])
		}
	} else {
		for i, v := range p {
			s.z[i] = complex(v, 0)
		}
	}
	s.fft.Forward(s.z)
	a.powerOf(s.z, s.c)
	copy(s.a, s.c)
	a.smooth(s.a, s)
	for y := range a.H {
		fy := signedFrequency(y, a.H)
		for x := range a.W {
			fx := signedFrequency(x, a.W)
			i := y*a.W + x
			if f2 := fx*fx + fy*fy; f2 < 0.02*0.02 || f2 > 0.42*0.42 {
				s.z[i] = 0
				continue
			}
			around := max(s.a[i], 0) + leastPower
			if over := s.c[i] / around; over > peakLimit {
				around *= over / peakLimit
			}
			s.z[i] *= complex(float32(1/math.Sqrt(float64(around))), 0)
		}
	}
	s.fft.Inverse(s.z)
	for i, v := range s.z {
		p[i] = real(v)
	}
	if q != nil {
		for i, v := range s.z {
			q[i] = imag(v)
		}
	}
}

func signedFrequency(k, n int) float64 {
	if k > n/2 {
		k -= n
	}
	return float64(k) / float64(n)
}

// normalise divides f by its local standard deviation.
func (a *Analysis) normalise(f []float32, s *scratch) {
	for i, v := range f {
		s.a[i] = v * v
	}
	dsp.Box(s.a, s.b, s.row, a.W, a.H, normalRadius, 2)
	for i, v := range f {
		v /= float32(math.Sqrt(float64(max(s.a[i], 0) + normalFloor)))
		f[i] = min(max(v, -normalLimit), normalLimit)
	}
}

// powerOf writes the power spectrum that the two real frames of z have together.
func (a *Analysis) powerOf(z []complex64, out []float32) {
	for y := range a.H {
		y2 := (a.H - y) % a.H
		for x := range a.W {
			x2 := x
			if x > 0 {
				x2 = a.W - x
			}
			u, v := z[y*a.W+x], z[y2*a.W+x2]
			out[y*a.W+x] = real(u)*real(u) + imag(u)*imag(u) + real(v)*real(v) + imag(v)*imag(v)
		}
	}
}

// smooth replaces a spectrum by its surroundings.
func (a *Analysis) smooth(power []float32, s *scratch) {
	const rx, ry = 6, 4
	dsp.BoxWrap(power, s.b, s.row, a.W, a.H, rx, ry)
	dsp.BoxWrap(power, s.b, s.row, a.W, a.H, rx/2, ry/2)
}

// moving returns how many frames there are beside the static one.
func (a *Analysis) moving() int {
	if a.static {
		return len(a.frames) - 1
	}
	return len(a.frames)
}

// framesIn returns how many frames there are in so many seconds, at least one.
func (a *Analysis) framesIn(seconds float64) int {
	n := a.moving()
	if n < 2 {
		return 1
	}
	apart := (a.times[n-1] - a.times[0]).Seconds() / float64(n-1)
	if apart <= 0 {
		return 1
	}
	return max(int(seconds/apart+0.5), 1)
}

// spectrum makes the mean power spectrum in which the sync lines stand out: of sums over about a second, in
// which the mark adds up and the rest does not.
func (a *Analysis) spectrum() error {
	if a.power != nil {
		return nil
	}
	sums := a.coherentSums()
	fft, err := dsp.NewFFT2(a.W, a.H)
	if err != nil {
		return fmt.Errorf("spectrum: %w", err)
	}
	pairs := (len(sums) + 1) / 2
	work := a.scratches(pairs, fft)
	ratio := make([][]float32, pairs)
	dsp.Each(pairs, func(worker, i int) {
		s := work[worker]
		for j, v := range sums[2*i] {
			s.z[j] = complex(v, 0)
		}
		if 2*i+1 < len(sums) {
			for j, v := range sums[2*i+1] {
				s.z[j] = complex(real(s.z[j]), v)
			}
		}
		s.fft.Forward(s.z)
		out := make([]float32, len(s.z))
		a.powerOf(s.z, out)
		copy(s.a, out)
		a.smooth(s.a, s)
		for j, v := range out {
			out[j] = min(v/(max(s.a[j], 0)+leastPower), peakLimit)
		}
		ratio[i] = out
	})
	a.power = make([]float32, a.W*a.H)
	for _, r := range ratio {
		for i, v := range r {
			a.power[i] += v / float32(pairs)
		}
	}
	a.level()
	return nil
}

func (a *Analysis) coherentSums() [][]float32 {
	n, coherentFrames := a.moving(), a.framesIn(coherentSeconds)
	var sums [][]float32
	for from := 0; from == 0 || from+coherentFrames <= n; from += max(coherentFrames/2, 1) {
		sum := make([]float32, a.W*a.H)
		for _, f := range a.frames[from:min(from+coherentFrames, n)] {
			for i, v := range f {
				sum[i] += v
			}
		}
		sums = append(sums, sum)
	}
	if a.static {
		sums = append(sums, a.frames[n])
	}
	return sums
}

// level measures mean and spread of the spectrum in the band of the lines and cuts what is far above: a
// station logo must not outvote the mark.
func (a *Analysis) level() {
	var sum, squares, n float64
	for y := int(0.03 * float64(a.H)); y < int(0.3*float64(a.H)); y++ {
		for x := int(0.03 * float64(a.W)); x < int(0.3*float64(a.W)); x++ {
			v := float64(a.power[y*a.W+x])
			sum += v
			squares += v * v
			n++
		}
	}
	a.mean = sum / n
	a.spread = math.Sqrt(max(squares/n-a.mean*a.mean, 1e-12))
	top := float32(a.mean + 3*a.spread)
	for i, v := range a.power {
		a.power[i] = min(v, top)
	}
}
