// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"math"
	"math/rand/v2"
)

const (
	wordBits  = 128
	turns     = 64 // directions that the pattern is kept for
	reach     = 12 // pixels of a level that the pattern goes to
	keyBits   = 20 // of a word, the first: they choose where the index looks
	weakCount = 6
)

// pattern is the list of comparisons of a word, for every direction.
type pattern struct {
	tests [turns][wordBits][4]int8 // x, y of one pixel and x, y of the other, from the keypoint
}

// weakness lists the answers of a word's key that were the least clear, the
// least clear first: those that another view is most likely to give otherwise.
type weakness struct {
	bit  [weakCount]uint8
	cost [weakCount]float32 // squared difference by that of an ordinary comparison
}

// newPattern draws the comparisons: pairs of pixels of a normal distribution around the keypoint.
func newPattern() *pattern {
	r := rand.New(rand.NewPCG(0x5f00, 1)) //nolint:gosec // the same comparisons on every machine
	p := &pattern{}
	for i := range wordBits {
		ax, ay := drawPlace(r)
		bx, by := drawPlace(r)
		for math.Hypot(ax-bx, ay-by) < 4 {
			bx, by = drawPlace(r)
		}
		p.set(i, ax, ay, bx, by)
	}
	return p
}

func drawPlace(r *rand.Rand) (x, y float64) {
	for {
		x, y = r.NormFloat64()*5, r.NormFloat64()*5
		if math.Hypot(x, y) <= reach {
			return x, y
		}
	}
}

// set fills in a comparison for every direction.
func (p *pattern) set(i int, ax, ay, bx, by float64) {
	for t := range turns {
		s, c := math.Sincos(float64(t) * 2 * math.Pi / turns)
		turn := func(x, y float64) (int8, int8) {
			return int8(math.Round(c*x - s*y)), int8(math.Round(s*x + c*y))
		}
		q := &p.tests[t][i]
		q[0], q[1] = turn(ax, ay)
		q[2], q[3] = turn(bx, by)
	}
}

// describe makes the word of a keypoint, and with it what is weak about it.
func (p *pattern) describe(l *level, x, y int, angle uint8, weak bool) (word Word, weakest weakness) {
	tests := &p.tests[(int(angle)+128/turns)*turns/256%turns]
	at := y*l.w + x
	var key [keyBits]float32
	var energy float32
	for i := range tests {
		q := &tests[i]
		d := l.blur[at+int(q[1])*l.w+int(q[0])] - l.blur[at+int(q[3])*l.w+int(q[2])]
		if d < 0 {
			word[i>>6] |= 1 << (i & 63)
		}
		energy += d * d
		if i < keyBits {
			key[i] = d //nolint:gosec // asked for in the line above
		}
	}
	if weak {
		weakest = weakestOf(&key, energy/wordBits)
	}
	return word, weakest
}

// weakestOf lists the least clear answers.
func weakestOf(key *[keyBits]float32, usual float32) (w weakness) {
	for i := range w.cost {
		w.cost[i] = math.MaxFloat32
	}
	scale := 1 / (usual + 1e-6)
	for i, d := range key {
		c := d * d * scale
		k := weakCount
		for k > 0 && c < w.cost[k-1] {
			k--
		}
		if k < weakCount {
			copy(w.cost[k+1:], w.cost[k:weakCount-1])
			copy(w.bit[k+1:], w.bit[k:weakCount-1])
			w.cost[k], w.bit[k] = c, uint8(i)
		}
	}
	return w
}
