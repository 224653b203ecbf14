// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"image"

	"spoor/engine/reference"
)

// TitleAt is the time of the title, in milliseconds, that the leak shows at a time, by the clock of this place.
func (s *Sight) TitleAt(leakMS int64) int64 {
	return s.TitleMS + int64(s.Speed*float64(leakMS-s.LeakMS))
}

// Overlay shows of a picture of the title what a picture of the leak shows of it: turned, stretched and cropped as that is,
// width x height pixels. What the title does not have stays black. ok is false where the corners make no picture.
func (s *Sight) Overlay(title *image.RGBA, width, height int) (out *image.RGBA, ok bool) {
	if len(s.Corners) != 4 || title == nil {
		return nil, false
	}
	place, ok := reference.FromCorners([4][2]float64(s.Corners))
	if !ok {
		return nil, false
	}
	size := title.Bounds().Size()
	out = image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			u, v := place.At((float64(x)+0.5)/float64(width), (float64(y)+0.5)/float64(height))
			to := out.Pix[out.PixOffset(x, y):][:4:4]
			to[3] = 255
			if u >= 0 && u < 1 && v >= 0 && v < 1 {
				copy(to, title.Pix[title.PixOffset(title.Rect.Min.X+int(u*float64(size.X)), title.Rect.Min.Y+int(v*float64(size.Y))):][:4])
			}
		}
	}
	return out, true
}
