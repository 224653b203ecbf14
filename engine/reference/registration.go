// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
	"slices"
	"time"

	"spoor/engine/internal/dsp"
)

// Registration is a stretch of a leak laid over a title, in time and in space.
type Registration struct {
	Clock  Clock
	At     Placement // of all pairs together; Fit is its mean
	Pairs  []Pair
	Places []Placement // of each pair: differs from At where a hand shook
}

const (
	jointPairs = 6    // that fix the placement together
	leastFit   = 0.25 // of a pair that takes part in anything
	shakes     = 0.02 // a pair that fits worse than the rest by so much, and better by so much when moved, was shaken

	roughRate     = 12                     // frames a second that the clock is looked for with
	exactReach    = 120 * time.Millisecond // by which it may then be off
	exactPictures = 12                     // that find it to the frame
)

// LayOver registers frames of a leak, in order of time, with pictures of a title that they are thought to show. start
// may be off by a few hundredths of the picture, near by reach; speeds says that another speed is possible. The
// result has no pairs where nothing fits. A still is for [Stills].
func LayOver(pictures []Picture, frames []Frame, start Placement, near Clock, reach time.Duration, speeds bool) Registration {
	r := Registration{Clock: near, At: start}
	tolerance := frameTolerance(frames)
	var rough []couple
	for range 2 {
		r.Clock = Synchronise(pictures, Thinned(frames, roughRate), r.At, near, Searching{Reach: reach, Speeds: speeds, Level: 2})
		rough = spread(couplesOf(pictures, frames, r.Clock, tolerance), exactPictures)
		if len(rough) == 0 {
			return r
		}
		r.At = settleRoughly(pairsOf(pictures, frames, spread(rough, jointPairs)), r.At)
		if r.Clock.Speed == near.Speed {
			break // else it may be another one where the picture lies better
		}
	}
	chosen := make([]Picture, len(rough))
	for i, c := range rough {
		chosen[i] = pictures[c.picture]
	}
	r.Clock = Synchronise(chosen, frames, r.At, r.Clock, Searching{Reach: exactReach, Level: 1})
	r.Pairs = pairsOf(pictures, frames, couplesOf(pictures, frames, r.Clock, tolerance))
	r.At = settle(spread(r.Pairs, jointPairs), r.At)
	r.placeEach()
	return r
}

// Thinned keeps about so many frames a second of those that are in order of time.
func Thinned(frames []Frame, rate float64) (out []Frame) {
	for _, f := range frames {
		if n := len(out); n == 0 || (f.Time-out[n-1].Time).Seconds() >= 0.9/rate {
			out = append(out, f)
		}
	}
	return out
}

// frameTolerance is how far from the time asked for a frame may be.
func frameTolerance(frames []Frame) time.Duration {
	const most = 300 * time.Millisecond
	if len(frames) < 2 {
		return most
	}
	apart := (frames[len(frames)-1].Time - frames[0].Time) / time.Duration(len(frames)-1)
	return min(apart*3/4+time.Millisecond, most)
}

// spread picks most of a list, evenly spread.
func spread[T any](list []T, most int) []T {
	if len(list) <= most {
		return list
	}
	out := make([]T, most)
	for i := range out {
		out[i] = list[(2*i+1)*len(list)/(2*most)]
	}
	return out
}

// settleRoughly registers pairs so well that frames beside each other are told apart.
func settleRoughly(pairs []Pair, start Placement) Placement {
	return Register(pairs, start, Steps{From: 2, To: 1, Most: 10, Unknowns: 8})
}

// settle registers pairs that lie about right already to a fraction of a pixel, and with the bend of a lens where that
// shows.
func settle(pairs []Pair, start Placement) Placement {
	if len(pairs) == 0 {
		return start
	}
	const clearly = 0.001
	at := Register(pairs, start, Steps{From: 1, To: 1, Most: 10, Unknowns: 8})
	unknown := 8
	if bent := Register(pairs, at, Steps{From: 1, To: 1, Most: 6, Unknowns: 9}); bent.Fit > at.Fit+clearly && math.Abs(bent.Bend) < 0.1 {
		at, unknown = bent, 9
	}
	return Register(pairs, at, Steps{From: 0, To: 0, Most: 10, Unknowns: unknown})
}

// placeEach gives each pair its own placement where it needs one, and drops pairs that do not fit.
func (r *Registration) placeEach() {
	places := make([]Placement, len(r.Pairs))
	fits := make([]float64, len(r.Pairs))
	spaces := spacesFor(len(r.Pairs))
	dsp.Each(len(r.Pairs), func(worker, i int) { fits[i] = r.Pairs[i].fit(&r.At, 1, &spaces[worker]) })
	usual := 0.0
	if len(fits) > 0 {
		sorted := slices.Sorted(slices.Values(fits))
		usual = sorted[len(sorted)/2]
	}
	dsp.Each(len(r.Pairs), func(_, i int) {
		places[i] = r.At
		places[i].Fit = fits[i]
		if fits[i] < usual-shakes || usual < 0.85 {
			own := Register(r.Pairs[i:i+1], r.At, Steps{From: 1, To: 1, Most: 6, Unknowns: 8})
			if own.Fit > fits[i]+shakes {
				places[i] = Register(r.Pairs[i:i+1], own, Steps{From: 0, To: 0, Most: 4, Unknowns: 8})
			}
		}
	})
	var kept []Pair
	for i, p := range places {
		if p.Fit >= leastFit {
			kept = append(kept, r.Pairs[i])
			r.Places = append(r.Places, p)
		}
	}
	r.Pairs = kept
}

// Spread is the registration with at most so many of its pairs, evenly spread: of those beside each other, the one that
// fits best.
func (r *Registration) Spread(most int) Registration {
	out := Registration{Clock: r.Clock, At: r.At}
	n := min(most, len(r.Pairs))
	for k := range n {
		best := k * len(r.Pairs) / n
		for i := best + 1; i < (k+1)*len(r.Pairs)/n; i++ {
			if r.Places[i].Fit > r.Places[best].Fit {
				best = i
			}
		}
		out.Pairs, out.Places = append(out.Pairs, r.Pairs[best]), append(out.Places, r.Places[best])
	}
	return out
}

// Rests subtracts the title from all pairs.
func (r *Registration) Rests() []Rest {
	out := make([]Rest, len(r.Pairs))
	dsp.Each(len(out), func(_, i int) { out[i] = r.Pairs[i].Subtract(r.Places[i]) })
	return out
}
