// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

const (
	frameContrast = 12   // grey levels that a picture must differ from the even ground around it
	frameShare    = 0.05 // of a row or column that must, on average over the frames
	frameLeast    = 24   // pixels that a picture is wide and high at least
)

// framed hints that the leak shows the whole title, straight or mirrored, inside an even frame: a player's window, a
// picture in a picture, bars on all sides.
func (r *reader) framed(a *Analysis) []hint {
	box := a.inside()
	w, h := float64(box.x1-box.x0), float64(box.y1-box.y0)
	if w < frameLeast || h < frameLeast || (box == rect{0, 0, a.W, a.H}) {
		return nil
	}
	cw, ch := Canonical(r.shape.Aspect)
	sx, sy := float64(cw)/w, float64(ch)/h
	return []hint{
		{analysis: a, h: linear([4]float64{sx, 0, 0, sy})},
		{analysis: a, h: linear([4]float64{-sx, 0, 0, sy})},
	}
}

// inside is what remains of the picture without the even ground at its borders.
func (a *Analysis) inside() rect {
	ground := int(a.pixels[0][0])
	columns, rows := make([]int, a.W), make([]int, a.H)
	for _, pix := range a.pixels {
		for y := range a.H {
			for x, v := range pix[y*a.W:][:a.W] {
				if d := int(v) - ground; d > frameContrast || d < -frameContrast {
					columns[x]++
					rows[y]++
				}
			}
		}
	}
	n := float64(len(a.pixels)) * frameShare
	x0, x1 := busy(columns, int(n*float64(a.H)))
	y0, y1 := busy(rows, int(n*float64(a.W)))
	return rect{x0, y0, x1, y1}
}

// busy returns the first place and the one after the last where counts are above a limit.
func busy(counts []int, limit int) (from, to int) {
	to = len(counts)
	for from < to && counts[from] <= limit {
		from++
	}
	for to > from && counts[to-1] <= limit {
		to--
	}
	return from, to
}
