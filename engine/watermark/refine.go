// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"math"
	"sort"

	"spoor/engine/internal/dsp"
)

const (
	blocksX, blocksY = 4, 3
	refineUnits      = 10 // the units with the best sync take part
	blockReach       = 8  // canonical pixels that a block may lie off
)

// displacement is where a block of the picture lies against where the geometry puts it.
type displacement struct {
	x, y   float64 // middle of the block in the picture
	tx, ty float64 // canonical point that it shows
	score  float64 // height of the correlation peak over noise
}

// displacements measures, block by block, how far the mark lies off the geometry h.
func (k *Key) displacements(a *Analysis, h *Homography, groups []group, f *course, c [][Patterns]float64) ([]displacement, error) {
	type pick struct {
		unit int
		gain float64
	}
	var picks []pick
	for t := range groups {
		var e float64
		for q, v := range c[t] {
			e += v * f.weights[t][q]
		}
		picks = append(picks, pick{t, max(e, 0)})
	}
	sort.SliceStable(picks, func(a, b int) bool { return picks[a].gain > picks[b].gain })
	picks = picks[:min(refineUnits, len(picks))]

	fft, err := dsp.NewFFT2(coarseCells, coarseCells)
	if err != nil {
		return nil, err
	}
	const blocks = blocksX * blocksY
	work := make([]*folder, dsp.Workers(len(picks)))
	for i := range work {
		work[i] = newFolder(fft, a.W*a.H)
	}
	found := make([][blocks][]complex64, len(picks))
	var noise float64
	for _, q := range picks {
		noise += q.gain * q.gain
	}
	dsp.Each(len(picks), func(worker, i int) {
		expected := k.expectedPhases(&f.weights[picks[i].unit])
		wf := work[worker]
		pix := a.sum(groups[picks[i].unit], wf.sum)
		for b := range blocks {
			found[i][b] = k.blockLines(wf, pix, a, h, b, expected, picks[i].gain)
		}
	})
	var out []displacement
	for b := range blocks {
		total := make([]complex64, len(k.lines))
		for i := range found {
			for l, v := range found[i][b] {
				total[l] += v
			}
		}
		out = append(out, k.peakOf(fft, total, a, h, b, math.Sqrt(noise)))
	}
	return out, nil
}

// expectedPhases are the conjugate phases of the lines in a mixture of patterns.
func (s *SyncSet) expectedPhases(w *[Patterns]float64) []complex64 {
	out := make([]complex64, len(s.lines))
	for q, share := range w {
		for i, v := range s.phase[q] {
			out[i] += complex(real(v), -imag(v)) * complex(float32(share), 0)
		}
	}
	return out
}

func block(a *Analysis, b int) rect {
	x, y := b%blocksX, b/blocksX
	return rect{x * a.W / blocksX, y * a.H / blocksY, (x + 1) * a.W / blocksX, (y + 1) * a.H / blocksY}
}

// blockLines correlates the sync lines of one block with what is expected.
func (k *Key) blockLines(f *folder, pix []float32, a *Analysis, h *Homography, b int, expected []complex64, gain float64) []complex64 {
	f.fold(pix, a.W, h, block(a, b))
	f.spectrum()
	out := make([]complex64, len(k.lines))
	f.gather(k.lines, out)
	var energy float64
	for _, v := range out {
		energy += float64(real(v)*real(v) + imag(v)*imag(v))
	}
	if energy == 0 {
		return out
	}
	g := complex(float32(gain/math.Sqrt(energy/2)), 0)
	for i := range out {
		out[i] *= expected[i] * g
	}
	return out
}

// peakOf finds the shift at which the correlation of a block is highest.
func (k *Key) peakOf(fft *dsp.FFT2, lines []complex64, a *Analysis, h *Homography, b int, noise float64) displacement {
	z := make([]complex64, coarseCells*coarseCells)
	for i, f := range k.lines {
		z[f.j*coarseCells+(f.i+coarseCells)%coarseCells] = lines[i]
	}
	fft.Forward(z)
	const step = Period / coarseCells
	at := func(x, y int) float64 {
		return float64(real(z[(y+coarseCells)%coarseCells*coarseCells+(x+coarseCells)%coarseCells]))
	}
	best, bx, by := math.Inf(-1), 0, 0
	for y := -blockReach / step; y <= blockReach/step; y++ {
		for x := -blockReach / step; x <= blockReach/step; x++ {
			if v := at(x, y); v > best {
				best, bx, by = v, x, y
			}
		}
	}
	dx := step * (float64(bx) + vertex(at(bx-1, by), best, at(bx+1, by)))
	dy := step * (float64(by) + vertex(at(bx, by-1), best, at(bx, by+1)))
	r := block(a, b)
	d := displacement{x: float64(r.x0+r.x1) / 2, y: float64(r.y0+r.y1) / 2, score: best / (noise + 1e-9)}
	d.tx, d.ty = h.At(d.x, d.y)
	d.tx += dx
	d.ty += dy
	return d
}

// fit finds the geometry through the displacements that score at least threshold: affine, or with perspective
// where there are enough of them. It reports whether there were any to fit.
func fit(h Homography, list []displacement, threshold float64, perspective bool, width int) (Homography, bool) {
	var used []displacement
	for _, d := range list {
		if d.score >= threshold {
			used = append(used, d)
		}
	}
	n := 6
	if perspective && len(used) >= 7 {
		n = 8
	}
	if len(used) < 4 {
		return h, false
	}
	s := 1 / float64(width)
	var m [8][9]float64
	add := func(row [8]float64, want, weight float64) {
		for i := range n {
			for j := range n {
				m[i][j] += weight * row[i] * row[j]
			}
			m[i][8] += weight * row[i] * want
		}
	}
	for _, d := range used {
		x, y, w := d.x*s, d.y*s, d.score*d.score
		add([8]float64{x, y, 1, 0, 0, 0, -x * d.tx, -y * d.tx}, d.tx, w)
		add([8]float64{0, 0, 0, x, y, 1, -x * d.ty, -y * d.ty}, d.ty, w)
	}
	now := [8]float64{h[0] / s, h[1] / s, h[2], h[3] / s, h[4] / s, h[5], h[6] / s, h[7] / s}
	for i := range n { // a pull towards the geometry as it was keeps what no block speaks for
		pull := 0.02
		if i >= 6 {
			pull = 1e-4 * m[i][i]
		}
		m[i][i] += pull
		m[i][8] += pull * now[i]
	}
	v, ok := solve(&m, n)
	if !ok {
		return h, false
	}
	return Homography{v[0] * s, v[1] * s, v[2], v[3] * s, v[4] * s, v[5], v[6] * s, v[7] * s, 1}, true
}

// solve solves n linear equations by elimination with pivots; column 8 is the right-hand side.
func solve(m *[8][9]float64, n int) (out [8]float64, ok bool) {
	for i := range n {
		pivot := i
		for r := i + 1; r < n; r++ {
			if math.Abs(m[r][i]) > math.Abs(m[pivot][i]) {
				pivot = r
			}
		}
		m[i], m[pivot] = m[pivot], m[i]
		if math.Abs(m[i][i]) < 1e-12 {
			return out, false
		}
		for r := range n {
			if r == i {
				continue
			}
			f := m[r][i] / m[i][i]
			for c := i; c < 9; c++ {
				m[r][c] -= f * m[i][c]
			}
		}
	}
	for i := range n {
		out[i] = m[i][8] / m[i][i]
	}
	return out, true
}
