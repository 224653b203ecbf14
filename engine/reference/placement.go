// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import "math"

// Placement says where a frame of a leak shows the picture of the title.
type Placement struct {
	// Map takes places in the title's picture to places in the leak's frame: the way back of a [Match]'s Map.
	Map Homography
	// Bend is the mild distortion of a lens: a place at the distance r from the middle of the title's picture, in half
	// widths, is bent to r (1 + Bend r²) before Map applies.
	Bend float64
	// Fit is how well the two agree after light was made equal: a correlation, 1 at best, about 0 by chance.
	Fit float64
}

// Placed is the placement that a match suggests; ok is false if its map has no way back.
func (m *Match) Placed() (p Placement, ok bool) {
	p.Map, ok = m.Map.Inverse()
	return p, ok
}

// At returns where in the leak's frame a place of the title's picture, which has the given aspect, is shown.
func (p *Placement) At(x, y, aspect float64) (float64, float64) {
	xn, yn := 2*x-1, (2*y-1)/aspect
	f := 1 + p.Bend*(xn*xn+yn*yn)
	return p.Map.At((xn*f+1)/2, (yn*f*aspect+1)/2)
}

// Apart returns how far two placements lie from each other: the largest distance between where they put places of the
// title's picture that the leak shows, in widths of that picture as the leak shows it.
func (p *Placement) Apart(q *Placement) float64 {
	const aspect = 16. / 9 // bends are mild: the shape matters little
	x0, y0 := p.Map.At(0, 0.5)
	x1, y1 := p.Map.At(1, 0.5)
	width := max(math.Hypot(x1-x0, y1-y0), 1e-9)
	shown, all := 0.0, 0.0
	for y := 0.05; y < 1; y += 0.15 {
		for x := 0.05; x < 1; x += 0.15 {
			ax, ay := p.At(x, y, aspect)
			bx, by := q.At(x, y, aspect)
			d := math.Hypot(ax-bx, ay-by) / width
			all = max(all, d)
			if ax > 0 && ax < 1 && ay > 0 && ay < 1 {
				shown = max(shown, d)
			}
		}
	}
	if shown == 0 {
		return all
	}
	return shown
}

// grid is the set of pixels of one level of a title's picture, and how they map into one level of a frame's pyramid.
type grid struct {
	toFrame Homography // from centred coordinates: (0, 0) in the middle, 1 at half the width
	bend    float32
	scale   float32 // centred units per pixel
	cx, cy  float32 // pixel in the middle
}

// gridOf lays the pixels of a level of a picture, which is w x h in full, over a level of a frame's pyramid.
func (p *Placement) gridOf(level *plane, w, h int, frame *plane, fw, fh int) grid {
	aspect := float64(w) / float64(h)
	centred := Homography{0.5, 0, 0.5, 0, 0.5 * aspect, 0.5, 0, 0, 1}
	pixels := Homography{float64(fw) / frame.step, 0, -0.5, 0, float64(fh) / frame.step, -0.5, 0, 0, 1}
	m := centred.Then(&p.Map)
	return grid{
		toFrame: m.Then(&pixels), bend: float32(p.Bend),
		scale: float32(2 * level.step / float64(w)),
		cx:    float32(float64(w)/level.step/2 - 0.5), cy: float32(float64(h)/level.step/2 - 0.5),
	}
}

// row calls at for each pixel of row y, w pixels wide, with the pixel it maps to.
func (g *grid) row(y, w int, u, v []float32) {
	h := &g.toFrame
	yn := (float32(y) - g.cy) * g.scale
	for x := range w {
		xn := (float32(x) - g.cx) * g.scale
		f := 1 + g.bend*(xn*xn+yn*yn)
		a, b := xn*f, yn*f
		d := 1 / (float32(h[6])*a + float32(h[7])*b + float32(h[8]))
		u[x] = (float32(h[0])*a + float32(h[1])*b + float32(h[2])) * d
		v[x] = (float32(h[3])*a + float32(h[4])*b + float32(h[5])) * d
	}
}

// updated is the placement after the picture was found to be moved by step, in centred coordinates: six numbers of an
// affine move, two of perspective, one of bend.
func (p *Placement) updated(step *[unknowns]float64, w, h int) (Placement, bool) {
	aspect := float64(w) / float64(h)
	centred := Homography{0.5, 0, 0.5, 0, 0.5 * aspect, 0.5, 0, 0, 1}
	move := Homography{1 + step[0], step[1], step[2], step[3], 1 + step[4], step[5], step[6], step[7], 1}
	back, ok := move.Inverse()
	if !ok {
		return *p, false
	}
	home, ok := centred.Inverse()
	if !ok {
		return *p, false
	}
	toCentred := home.Then(&back)
	inUnits := toCentred.Then(&centred)
	return Placement{Map: inUnits.Then(&p.Map), Bend: p.Bend - step[8], Fit: p.Fit}, true
}
