// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"codeberg.org/go-pdf/fpdf"

	"spoor/assets"
)

// world is the outlines of the countries.
type world struct {
	countries []country
}

// country is a country's outline: rings of longitude and latitude in degrees.
type country struct {
	number int // ISO 3166; 0 where it has none
	rings  [][]Point
}

// topology is as much of TopoJSON as the map uses.
type topology struct {
	Transform struct{ Scale, Translate [2]float64 }
	Arcs      [][][2]float64
	Objects   struct {
		Countries struct {
			Geometries []struct {
				Type string
				ID   string
				Arcs json.RawMessage
			}
		}
	}
}

func loadWorld() (*world, error) {
	var t topology
	if err := json.Unmarshal([]byte(assets.World()), &t); err != nil {
		return nil, fmt.Errorf("world map: %w", err)
	}
	var out world
	for _, g := range t.Objects.Countries.Geometries {
		var polygons [][][]int
		switch g.Type {
		case "Polygon":
			polygons = make([][][]int, 1)
			if err := json.Unmarshal(g.Arcs, &polygons[0]); err != nil {
				return nil, fmt.Errorf("world map: %w", err)
			}
		case "MultiPolygon":
			if err := json.Unmarshal(g.Arcs, &polygons); err != nil {
				return nil, fmt.Errorf("world map: %w", err)
			}
		}
		c := country{}
		c.number, _ = strconv.Atoi(g.ID) // some have none
		for _, polygon := range polygons {
			for _, ring := range polygon {
				c.rings = append(c.rings, unwrap(t.ring(ring))...)
			}
		}
		out.countries = append(out.countries, c)
	}
	return &out, nil
}

// ring joins arcs; ^i is arc i read backwards.
func (t *topology) ring(arcs []int) []Point {
	var out []Point
	for _, index := range arcs {
		back := index < 0
		if back {
			index = ^index
		}
		if index >= len(t.Arcs) {
			continue
		}
		var arc []Point
		var x, y float64
		for _, d := range t.Arcs[index] {
			x, y = x+d[0], y+d[1]
			arc = append(arc, Point{x*t.Transform.Scale[0] + t.Transform.Translate[0], y*t.Transform.Scale[1] + t.Transform.Translate[1]})
		}
		if back {
			slices.Reverse(arc)
		}
		if len(out) > 0 && len(arc) > 0 {
			arc = arc[1:] // the end of the one is the beginning of the other
		}
		out = append(out, arc...)
	}
	return out
}

// unwrap takes a ring that crosses the date line apart into one on each side, so that no line runs across the map.
func unwrap(ring []Point) [][]Point {
	crosses := false
	for i := 1; i < len(ring); i++ {
		crosses = crosses || math.Abs(ring[i].X-ring[i-1].X) > 180
	}
	if !crosses {
		return [][]Point{ring}
	}
	var east, west []Point
	for _, q := range ring {
		east = append(east, Point{max(q.X, wrapped(q.X, 180)), q.Y})
		west = append(west, Point{min(q.X, wrapped(q.X, -180)), q.Y})
	}
	return [][]Point{east, west}
}

// wrapped is a longitude of the other side as the edge of this one.
func wrapped(x, edge float64) float64 {
	if (x < 0) == (edge < 0) {
		return x
	}
	return edge
}

// The part of the world that is drawn, in degrees north.
const (
	northMost = 84.0
	southMost = -57.0
)

// worldMap shades countries by how many clients were there. There are no dots: they would be read as addresses.
func (p *pages) worldMap(s *summary) error {
	w, err := loadWorld()
	if err != nil {
		return err
	}
	counts := map[int]int{}
	unknown := 0
	for key, n := range s.countries {
		if number := countryNumber(key); number > 0 {
			counts[number] += n
		} else {
			unknown += n
		}
	}
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	height := p.width * (northMost - southMost) / 360
	caption := p.words.MapCaption
	if unknown > 0 {
		caption += " " + fmt.Sprintf(p.words.MapUnknown, p.words.whole(int64(unknown)))
	}
	p.figure(height+5, caption, func(x, y float64) {
		p.fill(rgb{246, 249, 252})
		p.pdf.Rect(x, y, p.width, height, "F")
		p.pdf.ClipRect(x, y, p.width, height, false)
		p.stroke(rgb{255, 255, 255}, 0.1)
		for _, c := range w.countries {
			p.fill(mapShade(counts[c.number], most))
			for _, ring := range c.rings {
				points := make([]fpdf.PointType, len(ring))
				for i, q := range ring {
					points[i] = fpdf.PointType{X: x + (q.X+180)/360*p.width, Y: y + (northMost-q.Y)/360*p.width}
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
	return mapSteps()[mapStep(n, most)]
}

func mapSteps() [4]rgb {
	return [4]rgb{{172, 204, 234}, {106, 158, 212}, {48, 104, 168}, {14, 48, 92}}
}

func mapStep(n, most int) int {
	if most <= 1 {
		return 3
	}
	return min(int(4*math.Log(float64(n))/math.Log(float64(most)+1)), 3)
}

func (p *pages) mapKey(x, y float64, most int) {
	p.tiny(p.words.KeyClients, x, y, 24, left, soft())
	x += 22
	p.fill(mapShade(0, most))
	p.pdf.Rect(x, y+0.6, 4, 2.4, "F")
	p.tiny("0", x+5, y, 10, left, soft())
	x += 12
	for step, c := range mapSteps() {
		from, to := 0, 0
		for n := 1; n <= most; n++ {
			if mapStep(n, most) == step {
				if from == 0 {
					from = n
				}
				to = n
			}
		}
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
