// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"codeberg.org/go-pdf/fpdf"

	"spoor/report/atlas"
)

// worldMap shades countries by how many clients were there. There are no dots: they would be read as addresses.
func (p *pages) worldMap(s *summary) error {
	countries, err := atlas.World()
	if err != nil {
		return err
	}
	counts := map[int]int{}
	unknown := 0
	for key, n := range s.countries {
		if number := atlas.Number(key); number > 0 {
			counts[number] += n
		} else {
			unknown += n
		}
	}
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	height := p.width * (atlas.North - atlas.South) / 360
	caption := p.words.MapCaption
	if unknown > 0 {
		caption += " " + p.words.count(p.words.MapUnknown, unknown)
	}
	p.figure(height+5, caption, func(x, y float64) {
		p.fill(rgb{246, 249, 252})
		p.pdf.Rect(x, y, p.width, height, "F")
		p.pdf.ClipRect(x, y, p.width, height, false)
		p.stroke(rgb{255, 255, 255}, 0.1)
		for _, c := range countries {
			p.fill(mapShade(counts[c.Number], most))
			for _, ring := range c.Rings {
				points := make([]fpdf.PointType, len(ring))
				for i, q := range ring {
					points[i] = fpdf.PointType{X: x + (q.X+180)/360*p.width, Y: y + (atlas.North-q.Y)/360*p.width}
				}
				p.pdf.Polygon(points, "FD")
			}
		}
		p.pdf.ClipEnd()
		p.mapKey(x, y+height+1, most)
	})
	return nil
}

// mapShade is the colour of a country: one of four steps of the logarithm.
func mapShade(n, most int) rgb {
	if n <= 0 {
		return rgb{216, 221, 227}
	}
	return mapSteps()[atlas.Step(n, most)]
}

func mapSteps() [atlas.Steps]rgb {
	return [atlas.Steps]rgb{{172, 204, 234}, {106, 158, 212}, {48, 104, 168}, {14, 48, 92}}
}

func (p *pages) mapKey(x, y float64, most int) {
	p.tiny(p.words.KeyClients, x, y, 24, left, soft())
	x += 22
	p.fill(mapShade(0, most))
	p.pdf.Rect(x, y+0.6, 4, 2.4, "F")
	p.tiny("0", x+5, y, 10, left, soft())
	x += 12
	for step, c := range mapSteps() {
		from, to := atlas.Range(step, most)
		if from == 0 {
			continue
		}
		text := p.words.whole(int64(from))
		if to > from {
			text += "–" + p.words.whole(int64(to))
		}
		p.fill(c)
		p.pdf.Rect(x, y+0.6, 4, 2.4, "F")
		p.tiny(text, x+5, y, 30, left, soft())
		x += 28
	}
}
