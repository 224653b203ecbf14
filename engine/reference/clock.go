// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
	"slices"
	"sort"
	"time"

	"spoor/engine/internal/dsp"
)

// Clock tells which time of a title a leak shows when: title = Speed * leak + Offset.
type Clock struct {
	Speed  float64
	Offset time.Duration
	Fit    float64 // mean correlation of the pictures with the frames that the clock gives them
}

// Leak is when the leak shows a time of the title.
func (c Clock) Leak(title time.Duration) time.Duration {
	return time.Duration(float64(title-c.Offset) / c.Speed)
}

// Title is what time of the title the leak shows at a time.
func (c Clock) Title(leak time.Duration) time.Duration {
	return time.Duration(c.Speed*float64(leak)) + c.Offset
}

// Searching says how far [Synchronise] looks for a better clock.
type Searching struct {
	Reach  time.Duration // of the offset, to both sides
	Speeds bool          // other speeds too
	Level  int           // of the pictures' pyramids: 2 is coarse and quick, 1 exact
}

// The speeds that leaks really have: film shown as television and back, and what players and pirates do.
func usualSpeeds() []float64 {
	return []float64{25. / 24, 24. / 25, 1.001, 1 / 1.001, 25 / 23.976, 23.976 / 25, 1.05, 1 / 1.05, 1.1, 1 / 1.1}
}

// Synchronise finds the clock near another one under which pictures of a title, in order of time, are most like the
// frames of a leak, placed as at says. A homography swallows a camera's movement, so single pairs mistake their
// neighbours for each other; all of them together do not.
func Synchronise(pictures []Picture, frames []Frame, at Placement, near Clock, s Searching) Clock {
	if len(pictures) == 0 || len(frames) == 0 {
		return near
	}
	likeness := compareAll(pictures, frames, at, near, s)
	middle := (pictures[0].Time + pictures[len(pictures)-1].Time) / 2
	pivot := near.Leak(middle) // other speeds turn about the middle
	best := near
	best.Fit = math.Inf(-1)
	try := func(speed float64, handicap float64) {
		for d := -s.Reach; d <= s.Reach; d += 10 * time.Millisecond {
			c := Clock{Speed: speed, Offset: near.Title(pivot) + d - time.Duration(speed*float64(pivot))}
			// Of equals, the nearest: where nothing moves, nothing tells the time.
			c.Fit = likeness.under(c, frames) - handicap - 0.002*math.Abs(d.Seconds())
			if c.Fit > best.Fit {
				best = c
			}
		}
	}
	try(near.Speed, 0)
	if s.Speeds {
		for _, speed := range usualSpeeds() {
			try(near.Speed*speed, 0.004)
		}
		for speed := 0.88; speed < 1.121; speed += 0.005 {
			try(near.Speed*speed, 0.008)
		}
	}
	best.Fit = likeness.under(best, frames)
	return best
}

// besides is how far from the time asked for a frame may be.
const besides = 100 * time.Millisecond

// likeness of each picture to each frame; NaN where it was not looked at.
type likeness struct {
	pictures []Picture
	of       [][]float32
}

// under is the mean likeness of the pictures to the frames that a clock gives them.
func (l *likeness) under(c Clock, frames []Frame) float64 {
	var sum, n float64
	for i := range l.pictures {
		j, apart := nearestFrame(frames, c.Leak(l.pictures[i].Time))
		if l.of[i] == nil || apart >= besides {
			continue
		}
		if v := l.of[i][j]; v == v {
			sum += float64(v)
			n++
		}
	}
	if n < 1 || 2*n < float64(min(len(l.pictures), 4)) {
		return math.Inf(-1)
	}
	return sum / n
}

// nearestFrame finds the frame, of a list in order of time, that is nearest to a time.
func nearestFrame(frames []Frame, t time.Duration) (i int, apart time.Duration) {
	i = sort.Search(len(frames), func(k int) bool { return frames[k].Time >= t })
	if i == len(frames) || i > 0 && t-frames[i-1].Time < frames[i].Time-t {
		i--
	}
	return i, (frames[i].Time - t).Abs()
}

// compareAll compares each picture with the frames that could be its own.
func compareAll(pictures []Picture, frames []Frame, at Placement, near Clock, s Searching) *likeness {
	reach := s.Reach + besides
	if s.Speeds {
		reach += time.Duration(0.13 * float64(frames[len(frames)-1].Time-frames[0].Time) / 2)
	}
	possible := func(p *Picture, f *Frame) bool { return (near.Leak(p.Time) - f.Time).Abs() <= reach }
	seen, shown := laidOver(frames, at, newTarget(&pictures[0]), s.Level, func(f *Frame) bool {
		return slices.ContainsFunc(pictures, func(p Picture) bool { return possible(&p, f) })
	})
	l := &likeness{pictures: pictures, of: make([][]float32, len(pictures))}
	if shown == nil {
		return l
	}
	spaces := spacesFor(len(pictures))
	dsp.Each(len(pictures), func(worker, i int) {
		t := newTarget(&pictures[i])
		p := t.at(min(s.Level, t.depth()-1))
		equalise(p.pix, shown, p.w, p.h, &spaces[worker])
		normalise(p.pix, shown)
		l.of[i] = make([]float32, len(frames))
		for j := range frames {
			l.of[i][j] = float32(math.NaN())
			if seen[j] != nil && possible(&pictures[i], &frames[j]) {
				l.of[i][j] = product(p.pix, seen[j])
			}
		}
	})
	return l
}

// laidOver lays those frames that are wanted over a level of a picture and makes their light equal; shown is where the
// first of them has something to show, nil where none is wanted.
func laidOver(frames []Frame, at Placement, t *target, level int, wanted func(*Frame) bool) (seen [][]float32, shown []float32) {
	seen = make([][]float32, len(frames))
	p := t.at(min(level, t.depth()-1))
	first := slices.IndexFunc(frames, func(f Frame) bool { return wanted(&f) })
	spaces := spacesFor(len(frames))
	dsp.Each(len(frames), func(worker, i int) {
		if first < 0 || !wanted(&frames[i]) {
			return
		}
		s := &spaces[worker]
		s.room(p)
		newShot(&frames[i]).warped(&at, t, p, s)
		equalise(s.warped, s.shown, p.w, p.h, s)
		normalise(s.warped, s.shown)
		seen[i] = slices.Clone(s.warped)
		if i == first {
			shown = slices.Clone(s.shown)
		}
	})
	return seen, shown
}

// normalise gives the pixels that are shown mean 0 and a sum of squares of 1, the others 0.
func normalise(pix, shown []float32) {
	var n, s, q float32
	for i, v := range pix {
		n += shown[i]
		s += v * shown[i]
	}
	mean := s / max(n, 1)
	for i, v := range pix {
		pix[i] = (v - mean) * shown[i]
		q += pix[i] * pix[i]
	}
	gain := 1 / float32(math.Sqrt(float64(q)+1e-9))
	for i := range pix {
		pix[i] *= gain
	}
}

// product is the scalar product, in four sums that processors add up side by side.
func product(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	for len(a) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		s0 += v * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// couple is a picture and a frame, by their numbers.
type couple struct{ picture, frame int }

// couplesOf gives each picture the frame that a clock says, if there is one within tolerance.
func couplesOf(pictures []Picture, frames []Frame, c Clock, tolerance time.Duration) (list []couple) {
	if len(frames) == 0 {
		return nil
	}
	for i := range pictures {
		if j, apart := nearestFrame(frames, c.Leak(pictures[i].Time)); apart <= tolerance {
			list = append(list, couple{i, j})
		}
	}
	return list
}

func pairsOf(pictures []Picture, frames []Frame, list []couple) []Pair {
	pairs := make([]Pair, len(list))
	for i, c := range list {
		pairs[i] = NewPair(&pictures[c.picture], &frames[c.frame])
	}
	return pairs
}

// PairUp gives each picture the frame that a clock says, if there is one within tolerance.
func PairUp(pictures []Picture, frames []Frame, c Clock, tolerance time.Duration) []Pair {
	return pairsOf(pictures, frames, couplesOf(pictures, frames, c, tolerance))
}
