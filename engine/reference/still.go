// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"cmp"
	"slices"
	"time"

	"spoor/engine/internal/dsp"
)

// sighted is a picture that a still could show, and where it would lie.
type sighted struct {
	pair Pair
	at   Placement
}

// sightings registers a frame coarsely with each picture, from each start, since the camera may have moved as well; the best
// start of each picture is kept, and the likest pictures come first.
func sightings(pictures []Picture, frame *Frame, starts []Placement) []sighted {
	list := make([]sighted, len(pictures))
	s := newShot(frame)
	s.complete() // here, not by many at once
	dsp.Each(len(list), func(_, i int) {
		g := &list[i]
		g.pair, g.at.Fit = Pair{newTarget(&pictures[i]), s}, -1
		for _, start := range starts {
			moved := Register([]Pair{g.pair}, start, Steps{From: 2, To: 2, Most: 6, Unknowns: 6})
			for _, at := range []Placement{moved, start} {
				if at.Fit = g.pair.Fit(at, 1); at.Fit > g.at.Fit {
					g.at = at
				}
			}
		}
	})
	slices.SortStableFunc(list, func(a, b sighted) int { return cmp.Compare(b.at.Fit, a.at.Fit) })
	return list
}

// Moments are the times of the few pictures that a still is most like, the likest first, each more than apart from those
// before it. starts are where its picture may lie, roughly. Keypoints do not tell the moment where the ground stands
// still and people move.
func Moments(pictures []Picture, frame *Frame, starts []Placement, most int, apart time.Duration) (out []time.Duration) {
	for _, g := range sightings(pictures, frame, starts) {
		t := g.pair.Picture().Time
		near := slices.ContainsFunc(out, func(o time.Duration) bool { return (t - o).Abs() <= apart })
		if len(out) < most && !near {
			out = append(out, t)
		}
	}
	return out
}

// Stills registers a still with the few pictures that it is most like, each a registration of its own, the likest first:
// a page that is scrolled and a camera that moves look alike at many moments, and only the mark tells which it was.
func Stills(pictures []Picture, frame *Frame, starts []Placement, most int) []Registration {
	list := sightings(pictures, frame, starts)
	list = list[:min(most, len(list))]
	out := make([]Registration, len(list))
	dsp.Each(len(list), func(_, i int) {
		pairs := []Pair{list[i].pair}
		at := settle(pairs, Register(pairs, list[i].at, Steps{From: 1, To: 1, Most: 8, Unknowns: 8}))
		if rough := Register(pairs, list[i].at, Steps{From: 0, To: 0, Most: 8, Unknowns: 8}); rough.Fit > at.Fit {
			at = rough
		}
		clock := Clock{Speed: 1, Offset: pairs[0].Picture().Time - frame.Time, Fit: at.Fit}
		out[i] = Registration{Clock: clock, At: at, Pairs: pairs, Places: []Placement{at}}
	})
	return out
}
