// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

// Retime finds by how many frames an alignment in time is off: a homography swallows a camera's movement, so that
// neighbours of the true frame seem to fit as well, until all pairs are asked at once. with gives a pair's frame so many
// frames later, nil where there is none. The shift returned is -most to most; 0 unless another clearly fits better.
func Retime(pairs []Pair, with func(pair, shift int) *Frame, at Placement, most int) int {
	const clearly = 0.0005 // of the mean fit
	steps := Steps{From: 1, To: 1, Most: 3, Unknowns: 8}
	fit := func(shift int) float64 {
		var list []Pair
		for i, p := range pairs {
			f := with(i, shift)
			if f == nil {
				return 0
			}
			list = append(list, p.With(f))
		}
		var sum float64
		for _, p := range list {
			sum += Register([]Pair{p}, at, steps).Fit
		}
		return sum / float64(len(list))
	}
	best, found := fit(0), 0
	for _, way := range []int{1, -1} {
		falling := 0
		last := best
		for shift := way; shift*way <= most && falling < 2; shift += way {
			f := fit(shift)
			if f > best+clearly {
				best, found = f, shift
			}
			if f < last {
				falling++
			} else {
				falling = 0
			}
			last = f
		}
	}
	return found
}
