// SPDX-License-Identifier: AGPL-3.0-or-later

// Package atlas knows the outlines of the countries of the world, coarse, and how maps in reports and in the window shade
// them. The data are Natural Earth's, in the public domain.
package atlas

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"golang.org/x/text/language"

	"spoor/assets"
)

// Country is a country's outline.
type Country struct {
	Number int       // ISO 3166; 0 where it has none
	Rings  [][]Point // closed
}

// Point is a place in degrees: X east, Y north.
type Point struct{ X, Y float64 }

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

// World returns the outlines of all countries.
func World() ([]Country, error) {
	var t topology
	if err := json.Unmarshal([]byte(assets.World()), &t); err != nil {
		return nil, fmt.Errorf("world map: %w", err)
	}
	var out []Country
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
		c := Country{}
		c.Number, _ = strconv.Atoi(g.ID) // some have none
		for _, polygon := range polygons {
			for _, ring := range polygon {
				c.Rings = append(c.Rings, unwrap(t.ring(ring))...)
			}
		}
		out = append(out, c)
	}
	return out, nil
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

// The part of the world that maps show, in degrees north.
const (
	North = 84.0
	South = -57.0
)

// At returns the country at a place; nil where there is none.
func At(countries []Country, at Point) *Country {
	for i := range countries {
		inside := false
		for _, ring := range countries[i].Rings {
			inside = inside != crossed(ring, at)
		}
		if inside {
			return &countries[i]
		}
	}
	return nil
}

// crossed tells whether a line from a point to the east crosses a ring an odd number of times: the point is inside.
func crossed(ring []Point, at Point) (odd bool) {
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		if (a.Y > at.Y) != (b.Y > at.Y) && at.X < a.X+(at.Y-a.Y)/(b.Y-a.Y)*(b.X-a.X) {
			odd = !odd
		}
	}
	return odd
}

// Number is the ISO 3166 number of a country that is given by its two letters; 0 where it is none.
func Number(code string) int {
	if len(code) != 2 {
		return 0
	}
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() {
		return 0
	}
	return region.M49()
}

// Steps is how many shades a map has for counts above zero.
const Steps = 4

// Step is the shade of a count, from 0 to Steps-1, where the greatest of all is most: steps of the logarithm. n is at
// least 1.
func Step(n, most int) int {
	if most <= 1 {
		return Steps - 1
	}
	return min(int(Steps*math.Log(float64(n))/math.Log(float64(most)+1)), Steps-1)
}

// Range is which counts have a shade; 0, 0 where none has.
func Range(step, most int) (from, to int) {
	for n := 1; n <= most; n++ {
		if Step(n, most) == step {
			if from == 0 {
				from = n
			}
			to = n
		}
	}
	return from, to
}
