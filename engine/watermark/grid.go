// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import "math"

// canonicalArea is the number of canonical pixels of any title: 640x360 for 16:9.
const canonicalArea = 640 * 360

// Canonical returns the size of the canonical picture of a title that is shown at the given aspect (width by
// height): even numbers, of the same aspect and of the area of 640x360. The mark is defined in this picture, so
// that it scales with the title.
func Canonical(aspect float64) (w, h int) {
	aspect = min(max(aspect, 0.1), 10)
	w = 2 * int(math.Round(math.Sqrt(canonicalArea*aspect)/2))
	h = 2 * int(math.Round(math.Sqrt(canonicalArea/aspect)/2))
	return w, h
}
