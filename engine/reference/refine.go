// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"slices"
	"time"

	"spoor/engine/internal/dsp"
)

const (
	refineReach = 150 * time.Millisecond // by which the clock of a sparse registration may be off
	clearlyLike = 0.001                  // by how much a neighbour has to fit better than the picture that the clock says
)

// Refine lays the frames of a registration over denser pictures of the same stretch, best all that the title has: each
// frame is then compared with the very picture that it shows, and nothing that moved in between is left. At most so many
// pairs are made, evenly spread. The result has no pairs where nothing fits.
func (r *Registration) Refine(pictures []Picture, frames []Frame, most int) Registration {
	fine := Registration{Clock: r.Clock, At: r.At}
	if len(pictures) == 0 || len(frames) == 0 {
		return fine
	}
	fine.Clock = Synchronise(pictures, frames, r.At, r.Clock, Searching{Reach: refineReach, Level: 1})
	fine.Pairs = shown(pictures, spread(frames, most), fine.Clock, r.At)
	fine.At = settle(spread(fine.Pairs, jointPairs), r.At)
	fine.placeEach()
	return fine
}

// shown pairs each frame with the picture that it shows: the one that the clock says, or a neighbour that is clearly more
// like it, since at another rate frames are shown early and late. Frames for which there is no picture are left out.
func shown(pictures []Picture, frames []Frame, c Clock, at Placement) []Pair {
	list, spaces := make([]*Pair, len(frames)), spacesFor(len(frames))
	dsp.Each(len(frames), func(worker, i int) {
		k, apart := nearestPicture(pictures, c.Title(frames[i].Time))
		if apart > refineReach {
			return
		}
		shot := newShot(&frames[i])
		best := Pair{newTarget(&pictures[k]), shot}
		fit := best.fit(&at, 1, &spaces[worker])
		for _, n := range []int{k - 1, k + 1} {
			if n < 0 || n >= len(pictures) {
				continue
			}
			p := Pair{newTarget(&pictures[n]), shot}
			if f := p.fit(&at, 1, &spaces[worker]); f > fit+clearlyLike {
				best, fit = p, f
			}
		}
		list[i] = &best
	})
	var pairs []Pair
	for _, p := range list {
		if p != nil {
			pairs = append(pairs, *p)
		}
	}
	return pairs
}

// nearestPicture finds the picture, of a list in order of time, that is nearest to a time.
func nearestPicture(pictures []Picture, t time.Duration) (i int, apart time.Duration) {
	i, _ = slices.BinarySearchFunc(pictures, t, func(p Picture, t time.Duration) int { return int(p.Time - t) })
	if i == len(pictures) || i > 0 && t-pictures[i-1].Time < pictures[i].Time-t {
		i--
	}
	return i, (pictures[i].Time - t).Abs()
}
