// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import "math"

// TailLog10 returns the decimal logarithm of the probability that an unrelated
// tag scores z or more: log10 of min(1, c Q(z)) with the constant of Bentkus and
// Dzindzalieta (see the package comment). It is 0 for z <= 0 and for a z that
// is not a number, falls with z, and is accurate to better than 1e-9 however
// large z is.
func TailLog10(z float64) float64 {
	if !(z > 0) {
		return 0
	}
	c := 1 / (2 * math.Erfc(1)) // 4 Q(sqrt 2) = 2 erfc(1)
	return min(0, math.Log10(c)+normalTailLog10(z))
}

// normalTailLog10 returns log10 Q(z), z > 0.
func normalTailLog10(z float64) float64 {
	const far = 8
	if z < far {
		return math.Log10(math.Erfc(z/math.Sqrt2) / 2)
	}
	// Q(z) = phi(z) / (z + 1/(z + 2/(z + 3/(z + ...)))), which converges within a few dozen
	// steps here and cannot underflow when taken as a logarithm.
	fraction := z
	for k := 60.0; k >= 1; k-- {
		fraction = z + k/fraction
	}
	return -z*z/2*math.Log10E - math.Log10(fraction*math.Sqrt(2*math.Pi))
}

// Log10P returns the decimal logarithm of the probability that any of so many
// unrelated tags scores z or more by coincidence, after all corrections: the
// tail bound, times the tags compared, times the factor spent on looks at the
// evidence ([Spend]; products of several spendings are multiplied by the
// caller). It is never above 0. Fewer than one tag counts as one, and a factor
// below 1 as 1.
func Log10P(z float64, tags int, spent float64) float64 {
	return min(0, TailLog10(z)+math.Log10(float64(max(1, tags)))+math.Log10(max(1, spent)))
}

// Spend returns the factor that the k-th look at growing evidence costs, k from
// 1: pi^2 k^2 / 6, that is 1.64, 6.6, 14.8 ... The inverses sum to one, so the
// looks need not be numbered in advance. A k below 1 counts as 1.
func Spend(k int) float64 {
	n := float64(max(1, k))
	return math.Pi * math.Pi * n * n / 6
}
