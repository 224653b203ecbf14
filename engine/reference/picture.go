// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
	"time"
)

// Picture is one small gray picture of a title.
type Picture struct {
	Time time.Duration // of the frame in the original, exact
	W, H int           // see [PictureSize]
	Pix  []byte        // W*H samples row by row, 0 black to 255 white
}

// Area of a picture in pixels, whatever the shape.
const pictureArea = 320 * 180

// PointsScale is how much larger than a reference's pictures those are that its
// keypoints are found in: small crops show few pixels of it.
const PointsScale = 2

// PicturePoints is how many keypoints a picture of a reference has, about.
const PicturePoints = 400

// PictureSize is the size of the pictures of a title of that shape (width by
// height as shown): 320x180 for 16:9 and the same area for other shapes, in
// multiples of two.
func PictureSize(aspect float64) (w, h int) {
	return sizeOf(pictureArea, aspect)
}

// sizeOf is the size of that area and shape, both sides even.
func sizeOf(area, aspect float64) (w, h int) {
	aspect = min(max(aspect, 1.0/16), 16)
	even := func(v float64) int { return 2 * int(math.Round(v/2)) }
	return even(math.Sqrt(area * aspect)), even(math.Sqrt(area / aspect))
}

// Halve fills dst with src of w x h, both even, at half its width and height.
func Halve(dst, src []byte, w, h int) {
	for y := range h / 2 {
		a, b := src[2*y*w:][:w], src[(2*y+1)*w:][:w]
		for x := range w / 2 {
			dst[y*(w/2)+x] = byte((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 2) / 4)
		}
	}
}
