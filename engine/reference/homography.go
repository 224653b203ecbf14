// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import "math"

// Homography takes (x, y) to (X/Z, Y/Z) with
// (X, Y, Z) = (h0 x + h1 y + h2, h3 x + h4 y + h5, h6 x + h7 y + h8).
type Homography [9]float64

// Identity leaves every place where it is.
func Identity() Homography { return Homography{0: 1, 4: 1, 8: 1} }

// At returns where a place goes. On the vanishing line it is far away.
func (h *Homography) At(x, y float64) (float64, float64) {
	z := h[6]*x + h[7]*y + h[8]
	if math.Abs(z) < 1e-12 {
		z = math.Copysign(1e-12, z)
	}
	return (h[0]*x + h[1]*y + h[2]) / z, (h[3]*x + h[4]*y + h[5]) / z
}

// Then returns the map that does h first and g after it.
func (h *Homography) Then(g *Homography) Homography {
	var out Homography
	for r := range 3 {
		for c := range 3 {
			out[3*r+c] = g[3*r]*h[c] + g[3*r+1]*h[3+c] + g[3*r+2]*h[6+c]
		}
	}
	return out.scaled()
}

// Inverse returns the map back; ok is false where there is none.
func (h *Homography) Inverse() (inverse Homography, ok bool) {
	det := h.determinant()
	if math.Abs(det) < 1e-12 || math.IsNaN(det) {
		return Homography{}, false
	}
	inverse = Homography{
		h[4]*h[8] - h[5]*h[7], h[2]*h[7] - h[1]*h[8], h[1]*h[5] - h[2]*h[4],
		h[5]*h[6] - h[3]*h[8], h[0]*h[8] - h[2]*h[6], h[2]*h[3] - h[0]*h[5],
		h[3]*h[7] - h[4]*h[6], h[1]*h[6] - h[0]*h[7], h[0]*h[4] - h[1]*h[3],
	}
	return inverse.scaled(), true
}

// Mirrors tells whether h turns left into right.
func (h *Homography) Mirrors() bool { return h.scaledCopy().determinant() < 0 }

func (h *Homography) determinant() float64 {
	return h[0]*(h[4]*h[8]-h[5]*h[7]) - h[1]*(h[3]*h[8]-h[5]*h[6]) + h[2]*(h[3]*h[7]-h[4]*h[6])
}

func (h *Homography) scaledCopy() *Homography {
	s := h.scaled()
	return &s
}

// scaled makes the last element 1 where it can.
func (h *Homography) scaled() Homography {
	out := *h
	if f := h[8]; math.Abs(f) > 1e-12 {
		for i := range out {
			out[i] /= f
		}
	}
	return out
}
