// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import "math"

const (
	closeShare  = 0.55 // of the width or height: pictures below lose the mark's finer waves on the analysis grid
	closeMargin = 2    // pixels of the frame that are kept around, so that its edge can be found more exactly
	closeMost   = 3840 // samples a side that a leak is decoded at
)

// CloseUp says how to look closely at a small picture in an even frame: frames of the leak are decoded at Width x Height,
// of which the part of W x H samples from X, Y on is a picture for [Analyse].
type CloseUp struct {
	Width, Height int
	X, Y, W, H    int
	fromW, fromH  int // of the analysis that it was found on
}

// CloseUp tells whether the leak shows a picture in a frame that is too small for the analysis grid. aspect is how the
// leak is shown, width by height.
func (a *Analysis) CloseUp(aspect float64) (CloseUp, bool) {
	box := a.inside()
	if w, h := box.x1-box.x0, box.y1-box.y0; w < frameLeast || h < frameLeast ||
		float64(w) > closeShare*float64(a.W) || float64(h) > closeShare*float64(a.H) {
		return CloseUp{}, false
	}
	box = rect{max(box.x0-closeMargin, 0), max(box.y0-closeMargin, 0), min(box.x1+closeMargin, a.W), min(box.y1+closeMargin, a.H)}
	across, down := float64(box.x1-box.x0)/float64(a.W), float64(box.y1-box.y0)/float64(a.H)
	c := CloseUp{fromW: a.W, fromH: a.H}
	c.W, c.H = Grid(aspect * across / down)
	c.Width, c.Height = 2*int(math.Round(float64(c.W)/across/2)), 2*int(math.Round(float64(c.H)/down/2))
	c.X = min(int(float64(box.x0)/float64(a.W)*float64(c.Width)), c.Width-c.W)
	c.Y = min(int(float64(box.y0)/float64(a.H)*float64(c.Height)), c.Height-c.H)
	return c, c.Width <= closeMost && c.Height <= closeMost && c.X >= 0 && c.Y >= 0
}

// Cut takes the part out of a frame of Width x Height samples.
func (c CloseUp) Cut(pix []byte) []byte {
	out := make([]byte, 0, c.W*c.H)
	for y := c.Y; y < c.Y+c.H; y++ {
		out = append(out, pix[y*c.Width+c.X:][:c.W]...)
	}
	return out
}

// Whole brings a geometry of the close-up to the analysis that it was found on.
func (c CloseUp) Whole(h Homography) Homography {
	sx, sy := float64(c.Width)/float64(c.fromW), float64(c.Height)/float64(c.fromH)
	for i := range 3 {
		row := h[3*i:][:3]
		row[2] -= row[0]*float64(c.X) + row[1]*float64(c.Y)
		row[0] *= sx
		row[1] *= sy
	}
	return h
}
