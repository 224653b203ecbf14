// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import "math"

// gains are the weights of the units in their sum, those that make it clearest: the solution of N g = a, where a is how
// strong the mark is in each unit and N how the units' noise goes together. Frugal codecs repeat in still pictures what
// they had sent before, noise included; units that show the same pattern over the same noise count little more than one.
func (k *Key) gains(units []unit, c [][Patterns]float64, f *course) []float64 {
	n := len(units)
	strength := make([]float64, n)
	noise := make([][]float64, n)
	// What the mark itself adds to the likeness of two units of strength one.
	mark := (1 - syncShare) / (2 * syncShare * float64(len(k.carriers)))
	for t := range units {
		strength[t] = strengthOf(&c[t], &f.weights[t])
		noise[t] = make([]float64, n)
		noise[t][t] = 1.1 // one, and a little more, which keeps the solution calm
		for u := range t {
			shared := likeness(units[t].message, units[u].message) - mark*strength[t]*strength[u]
			noise[t][u] = max(overlap(&f.weights[t], &f.weights[u])*shared, 0)
			noise[u][t] = noise[t][u]
		}
	}
	return relaxed(noise, strength)
}

// strengthOf is the sync correlation of a unit along the patterns it is taken for, less what noise alone would show.
func strengthOf(c, w *[Patterns]float64) float64 {
	e := overlap(c, w)
	return math.Sqrt(max(0.25, e*math.Abs(e)-1))
}

func overlap(a, b *[Patterns]float64) (sum float64) {
	for p, v := range a {
		sum += v * b[p]
	}
	return sum
}

// likeness is the correlation of the carriers of two units, 1 for the same.
func likeness(a, b []complex64) float64 {
	var sum float64
	for i, v := range a {
		w := b[i]
		sum += float64(real(v)*real(w) + imag(v)*imag(w))
	}
	return sum / float64(2*len(a))
}

// relaxed solves m x = right for x >= 0 by relaxation (Gauss-Seidel). No value of m or right is negative, and the
// diagonal of m is not 0, so that whatever the input no x can be larger than right by that diagonal.
func relaxed(m [][]float64, right []float64) []float64 {
	const rounds = 30
	x := append([]float64(nil), right...)
	for range rounds {
		for i, row := range m {
			rest := right[i]
			for j, v := range x {
				if j != i {
					rest -= row[j] * v
				}
			}
			x[i] = max(rest/row[i], 0)
		}
	}
	return x
}
