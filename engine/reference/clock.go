// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
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
		if v := l.of[i][j]; apart < 100*time.Millisecond && v == v {
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
	reach := s.Reach + 100*time.Millisecond
	if s.Speeds {
		reach += time.Duration(0.13 * float64(frames[len(frames)-1].Time-frames[0].Time) / 2)
	}
	seen := make([][]float32, len(frames))
	shown := make([]float32, 0)
	first := newTarget(&pictures[0])
	level := min(s.Level, len(first.levels)-1)
	dsp.Each(len(frames), func(_, i int) {
		p := first.levels[level]
		buf := make([]float32, 2*len(p.pix))
		out, mask := buf[:len(p.pix)], buf[len(p.pix):]
		newShot(&frames[i]).warped(&at, first, p, out, mask)
		equalise(out, mask, p.w, p.h)
		normalise(out, mask)
		seen[i] = out
		if i == 0 {
			shown = mask
		}
	})
	l := &likeness{pictures: pictures, of: make([][]float32, len(pictures))}
	dsp.Each(len(pictures), func(_, i int) {
		p := newTarget(&pictures[i]).levels[level]
		equalise(p.pix, shown, p.w, p.h)
		normalise(p.pix, shown)
		l.of[i] = make([]float32, len(frames))
		for j := range frames {
			l.of[i][j] = float32(math.NaN())
			if (near.Leak(pictures[i].Time) - frames[j].Time).Abs() <= reach {
				l.of[i][j] = product(p.pix, seen[j])
			}
		}
	})
	return l
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

func product(a, b []float32) (sum float32) {
	b = b[:len(a)]
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// PairUp gives each picture the frame that a clock says, if there is one within tolerance.
func PairUp(pictures []Picture, frames []Frame, c Clock, tolerance time.Duration) (pairs []Pair) {
	if len(frames) == 0 {
		return nil
	}
	for i := range pictures {
		if j, apart := nearestFrame(frames, c.Leak(pictures[i].Time)); apart <= tolerance {
			pairs = append(pairs, NewPair(&pictures[i], &frames[j]))
		}
	}
	return pairs
}
