// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import "math"

// FromCorners returns the map that takes the corners 0,0, 1,0, 1,1 and 0,1 to four places in that order; ok is false where
// three of them lie on a line. (Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, section 2.2.3.)
func FromCorners(c [4][2]float64) (h Homography, ok bool) {
	dx1, dy1 := c[1][0]-c[2][0], c[1][1]-c[2][1]
	dx2, dy2 := c[3][0]-c[2][0], c[3][1]-c[2][1]
	sx, sy := c[0][0]-c[1][0]+c[2][0]-c[3][0], c[0][1]-c[1][1]+c[2][1]-c[3][1]
	det := dx1*dy2 - dx2*dy1
	if math.Abs(det) < 1e-12 || math.IsNaN(det) || math.IsInf(det, 0) {
		return Homography{}, false
	}
	g, k := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	h = Homography{
		c[1][0] - c[0][0] + g*c[1][0], c[3][0] - c[0][0] + k*c[3][0], c[0][0],
		c[1][1] - c[0][1] + g*c[1][1], c[3][1] - c[0][1] + k*c[3][1], c[0][1],
		g, k, 1,
	}
	_, ok = h.Inverse()
	return h, ok
}
