// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
	"time"
)

// How densely a title is sampled, in frames a second.
const (
	// CandidateRate is how often a [Pace] has to be asked.
	CandidateRate = 6
	calmRate      = 2 // where little moves
)

// How often a picture gets keypoints.
const (
	pointsAtLeast = 500 * time.Millisecond // where the picture changes
	pointsAtMost  = 2 * time.Second        // where it does not
	pointsChange  = 0.25                   // share of the picture that has changed
	cameraMoves   = 0.5                    // share of the picture that moves from candidate to candidate
)

// Choice says what becomes of a candidate.
type Choice int

// The choices.
const (
	Skip       Choice = iota
	Keep              // a picture of the reference
	KeepPoints        // and it gets keypoints
)

// Pace chooses which frames of a title become pictures of its reference: two
// a second, up to six where the camera moves or the shot changes, since what
// is between two pictures cannot be predicted there.
type Pace struct {
	w, h    int
	last    []byte // candidate before this one
	pointed []byte // picture that got keypoints last
	at      time.Duration
	tick    int64
}

// NewPace chooses among pictures of w x h.
func NewPace(w, h int) *Pace {
	return &Pace{w: w, h: h, tick: -1}
}

// Choose looks at the next candidate: the first frame at or after each
// multiple of 1/CandidateRate seconds.
func (p *Pace) Choose(t time.Duration, pix []byte) Choice {
	tick := int64(math.Floor(t.Seconds()*calmRate + 1e-6))
	first := p.last == nil
	keep := first || tick > p.tick || moved(p.last, pix, p.w, p.h) > cameraMoves
	p.last = append(p.last[:0], pix...)
	if !keep {
		return Skip
	}
	p.tick = tick
	since := t - p.at
	if first || since >= pointsAtMost || since >= pointsAtLeast && changed(p.pointed, pix, p.w, p.h) > pointsChange {
		p.pointed = append(p.pointed[:0], pix...)
		p.at = t
		return KeepPoints
	}
	return Keep
}

// changed returns the share of the blocks with something in them that show
// something else in b than in a.
func changed(a, b []byte, w, h int) float64 {
	return share(a, b, w, h, func(k blockFacts) bool { return k.difference > 2+0.3*k.spread })
}

// moved returns the share of the blocks with something in them that differ as
// much as by a shift of more than a pixel.
func moved(a, b []byte, w, h int) float64 {
	return share(a, b, w, h, func(k blockFacts) bool { return k.difference > 1.5+1.2*k.slope })
}

func share(a, b []byte, w, h int, differs func(blockFacts) bool) float64 {
	const side = 20
	busy, other := 0, 0
	for y := 0; y+side <= h; y += side {
		for x := 0; x+side <= w; x += side {
			k := compareBlocks(a, b, y*w+x, w, side)
			if k.spread < 3 && k.difference < 3 {
				continue
			}
			busy++
			if differs(k) {
				other++
			}
		}
	}
	if busy == 0 {
		return 0
	}
	return float64(other) / float64(busy)
}

// blockFacts are about the same block of two pictures, in grey levels.
type blockFacts struct {
	spread     float64 // standard deviation, of the one with more
	difference float64 // mean, without sign
	slope      float64 // mean difference of neighbours in the second picture, without sign
}

func compareBlocks(a, b []byte, at, stride, side int) blockFacts {
	var s, q [2]int
	d, g := 0, 0
	for y := range side {
		ra, rb := a[at+y*stride:][:side], b[at+y*stride:][:side]
		last := int(rb[0])
		for x, v := range ra {
			u, v := int(v), int(rb[x])
			s[0] += u
			s[1] += v
			q[0] += u * u
			q[1] += v * v
			d += max(u-v, v-u)
			g += max(last-v, v-last)
			last = v
		}
	}
	n := float64(side * side)
	k := blockFacts{difference: float64(d) / n, slope: float64(g) / n}
	for i := range s {
		m := float64(s[i]) / n
		k.spread = max(k.spread, float64(q[i])/n-m*m)
	}
	k.spread = math.Sqrt(k.spread)
	return k
}
