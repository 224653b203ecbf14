// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"math"
	"time"

	"spoor/engine/internal/dsp"
)

// unit is the sum of a few frames, folded onto one tile under a geometry: the complex amplitudes of the sync
// lines and of the message carriers, scaled so that each real part has variance one without a mark.
type unit struct {
	sync, message []complex64
	from, at, to  time.Duration // first, middle and last moment of its frames
	frames        int
	static        bool // made of what all frames have in common
}

// unitSeconds of frames make a unit where chips are read. Geometries are compared on longer ones, in which a
// weak mark stands out more.
const unitSeconds, checkSeconds = 0.5, 1.0

// group is a run of frames of an analysis that make a unit.
type group struct {
	from, to int
	static   bool
}

// groups cuts the frames of an analysis into runs of so many seconds; the static frame is a run of its own.
func (a *Analysis) groups(seconds float64) []group {
	var out []group
	n := a.framesIn(seconds)
	moving := a.moving()
	for i := 0; i < moving; i += n {
		out = append(out, group{from: i, to: min(i+n, moving)})
	}
	if a.static {
		out = append(out, group{from: moving, to: moving + 1, static: true})
	}
	return out
}

// folder folds pictures onto tiles of n x n cells; it holds the memory of one goroutine.
type folder struct {
	n     int
	cells []float32
	z     []complex64
	fft   *dsp.FFT2
	sum   []float32
}

func newFolder(fft *dsp.FFT2, pixels int) *folder {
	n := fft.W
	return &folder{n: n, cells: make([]float32, n*n), z: make([]complex64, n*n), fft: fft.Clone(), sum: make([]float32, pixels)}
}

// rect is a part of a picture: columns x0 to x1-1, rows y0 to y1-1.
type rect struct{ x0, y0, x1, y1 int }

// fold adds a part of a picture to the cells that its pixels fall into under h.
func (f *folder) fold(pix []float32, w int, h *Homography, part rect) {
	const far = Period << 12 // keeps coordinates positive without changing the cell
	share := float64(f.n) / Period
	mask := f.n - 1
	straight := h[6] == 0 && h[7] == 0
	for y := part.y0; y < part.y1; y++ {
		row := pix[y*w+part.x0 : y*w+part.x1]
		if !straight {
			for i, v := range row {
				x, y := h.At(float64(part.x0+i)+0.5, float64(y)+0.5)
				cx, cy := int((x+far)*share)&mask, int((y+far)*share)&mask
				f.cells[cy*f.n+cx] += v
			}
			continue
		}
		x, yy := h.At(float64(part.x0)+0.5, float64(y)+0.5)
		fx, fy := int64((x+far)*share*65536), int64((yy+far)*share*65536)
		dx, dy := int64(math.Round(h[0]/h[8]*share*65536)), int64(math.Round(h[3]/h[8]*share*65536))
		for _, v := range row {
			f.cells[(int(fy>>16)&mask)*f.n+int(fx>>16)&mask] += v
			fx += dx
			fy += dy
		}
	}
}

// spectrum transforms the cells and empties them.
func (f *folder) spectrum() {
	for i, v := range f.cells {
		f.z[i] = complex(v, 0)
	}
	clear(f.cells)
	f.fft.Forward(f.z)
}

// gather reads amplitudes of the folded tile; the middle of a cell is half a cell from its corner.
func (f *folder) gather(list []frequency, out []complex64) {
	for i, q := range list {
		s, c := math.Sincos(-math.Pi * float64(q.i+q.j) / float64(f.n))
		out[i] = f.z[q.j*f.n+(q.i+f.n)%f.n] * complex(float32(c), float32(s))
	}
}

// Folding onto coarse cells is five times cheaper and enough to compare geometries; reading chips takes fine
// ones.
const coarseCells, fineCells = Period / 2, Period

// units folds groups of frames of an analysis under a geometry onto cells x cells.
func (k *Key) units(a *Analysis, h *Homography, groups []group, cells int) ([]unit, error) {
	fft, err := dsp.NewFFT2(cells, cells)
	if err != nil {
		return nil, err
	}
	work := make([]*folder, dsp.Workers(len(groups)))
	for i := range work {
		work[i] = newFolder(fft, a.W*a.H)
	}
	out := make([]unit, len(groups))
	dsp.Each(len(groups), func(worker, i int) {
		out[i] = k.unit(a, h, groups[i], work[worker])
	})
	return out, nil
}

func (k *Key) unit(a *Analysis, h *Homography, g group, f *folder) unit {
	f.fold(a.sum(g, f.sum), a.W, h, rect{0, 0, a.W, a.H})
	f.spectrum()
	u := unit{sync: make([]complex64, len(k.lines)), message: make([]complex64, len(k.carriers)), static: g.static}
	if !g.static {
		u.from, u.to = a.times[g.from], a.times[g.to-1]
		u.at = (u.from + u.to) / 2
		u.frames = g.to - g.from
	}
	f.gather(k.lines, u.sync)
	f.gather(k.carriers, u.message)
	k.normalise(&u)
	return u
}

// sum adds the frames of a group, into buf where there are several.
func (a *Analysis) sum(g group, buf []float32) []float32 {
	first := a.frames[g.from]
	if g.to == g.from+1 {
		return first
	}
	copy(buf, first)
	for _, frame := range a.frames[g.from+1 : g.to] {
		for i, v := range frame {
			buf[i] += v
		}
	}
	return buf
}

// normalise gives the carriers of each ring variance one and limits what sticks out.
func (k *Key) normalise(u *unit) {
	var energy, count [rings]float64
	for i, r := range k.ring {
		v := u.message[i]
		energy[r] += float64(real(v)*real(v) + imag(v)*imag(v))
		count[r] += 2
	}
	var gain [rings]float32
	for r := range gain {
		gain[r] = float32(1 / math.Sqrt(energy[r]/max(count[r], 1)+1e-20))
	}
	for i, r := range k.ring {
		u.message[i] = limited(u.message[i], gain[r], 16)
	}
	for i, r := range k.SyncSet.rings {
		u.sync[i] = limited(u.sync[i], gain[r], 25)
	}
}

func limited(v complex64, gain, power float32) complex64 {
	v *= complex(gain, 0)
	if m := real(v)*real(v) + imag(v)*imag(v); m > power {
		v *= complex(float32(math.Sqrt(float64(power/m))), 0)
	}
	return v
}

// correlations returns, for each unit and pattern, how well the sync lines fit after a shift by (dx, dy)
// canonical pixels: N(0, 1) where there is no mark.
func (s *SyncSet) correlations(units []unit, dx, dy float64) [][Patterns]float64 {
	turn := make([]complex64, len(s.lines))
	for i, f := range s.lines {
		turn[i] = phasor(f, dx, dy)
	}
	norm := 1 / math.Sqrt(float64(len(s.lines)))
	out := make([][Patterns]float64, len(units))
	for t := range units {
		for p := range Patterns {
			var sum float64
			for i, v := range units[t].sync {
				v *= turn[i]
				q := s.phase[p][i]
				sum += float64(real(v)*real(q) + imag(v)*imag(q))
			}
			out[t][p] = sum * norm
		}
	}
	return out
}

// phasor undoes a shift by (dx, dy) at a frequency.
func phasor(f frequency, dx, dy float64) complex64 {
	s, c := math.Sincos(-2 * math.Pi * (float64(f.i)*dx + float64(f.j)*dy) / Period)
	return complex(float32(c), float32(s))
}
