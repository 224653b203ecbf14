// SPDX-License-Identifier: AGPL-3.0-or-later

package code_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spoor/engine/code"
)

// Q(z) as published by scipy 1.11, scipy.stats.norm.logsf(z) / ln 10.
func TestTailLog10Values(t *testing.T) {
	c := -math.Log10(2 * math.Erfc(1)) // 4 Q(sqrt 2) = 2 erfc(1)
	for _, row := range []struct{ z, log10Q float64 }{
		{1, math.Log10(0.15865525393145707)},
		{5, math.Log10(2.8665157187919333e-07)},
		{7.999, math.Log10(math.Erfc(7.999/math.Sqrt2) / 2)},
		{8.001, math.Log10(math.Erfc(8.001/math.Sqrt2) / 2)},
		{10, math.Log10(7.61985302416047e-24)},
		{20, math.Log10(2.7536241186062337e-89)},
		{32, math.Log10(math.Erfc(32/math.Sqrt2) / 2)},
	} {
		require.InDelta(t, min(0, c+row.log10Q), code.TailLog10(row.z), 1e-8, "z = %g", row.z)
	}
	// Far out Q(z) = phi(z)/z (1 - 1/z^2 + 3/z^4 - ...).
	for _, z := range []float64{40, 100, 1e3, 1e6} {
		want := c - z*z/2*math.Log10E - math.Log10(z*math.Sqrt(2*math.Pi)) + math.Log10(1-1/(z*z)+3/(z*z*z*z))
		require.InEpsilon(t, want, code.TailLog10(z), 1e-9, "z = %g", z)
	}
	for _, z := range []float64{0, -1, -40, math.Inf(-1), math.NaN(), 0.1} {
		require.Zero(t, code.TailLog10(z), "z = %g", z)
	}
	require.Equal(t, math.Inf(-1), code.TailLog10(math.Inf(1)))
	require.InDelta(t, 3.1787, math.Pow(10, code.TailLog10(5))/2.8665157187919333e-07, 1e-4, "the published constant")
}

func TestTailLog10Falls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(-5, 60).Draw(t, "a"), rapid.Float64Range(-5, 60).Draw(t, "b")
		require.GreaterOrEqual(t, code.TailLog10(min(a, b)), code.TailLog10(max(a, b)))
		z := max(a, b)
		if z > 0.7 {
			require.LessOrEqual(t, code.TailLog10(z), -z*z/2*math.Log10E+1e-12, "never looser than Hoeffding")
		}
	})
}

// The bound is a theorem about all weights: count every sign pattern of short
// sums, which are farther from normal than 1024 chips ever are.
func TestTailBoundsEveryRademacherSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float64Range(0.01, 1), 1, 12).Draw(t, "weights")
		square := 0.0
		for _, w := range weights {
			square += w * w
		}
		x := rapid.Float64Range(0, 3.6).Draw(t, "x")
		above := 0
		for signs := range 1 << len(weights) {
			s := 0.0
			for i, w := range weights {
				s += w * (1 - 2*float64(signs>>i&1))
			}
			if s/math.Sqrt(square) >= x {
				above++
			}
		}
		p := float64(above) / float64(int(1)<<len(weights))
		require.LessOrEqual(t, p, math.Pow(10, code.TailLog10(x))+1e-12)
	})
}

func TestLog10P(t *testing.T) {
	require.InDelta(t, code.TailLog10(10)+6+math.Log10(math.Pi*math.Pi/6), code.Log10P(10, 1_000_000, code.Spend(1)), 1e-12)
	for _, row := range []struct {
		z     float64
		tags  int
		spent float64
	}{{0, 1, 1}, {1, 1_000_000, 1}, {2, 10, 1e9}, {math.NaN(), 0, 0}, {-5, -1, -1}} {
		require.Zero(t, code.Log10P(row.z, row.tags, row.spent), "never above certainty: %+v", row)
	}
	require.Equal(t, code.Log10P(8, 1, 1), code.Log10P(8, 0, 0.5), "counts and factors below one are one")
}

func TestSpendSumsToOne(t *testing.T) {
	sum := 0.0
	const looks = 1_000_000
	for k := 1; k <= looks; k++ {
		sum += 1 / code.Spend(k)
	}
	require.Less(t, sum, 1.0)
	require.InDelta(t, 1, sum, 1e-5)
	require.Equal(t, code.Spend(1), code.Spend(0))
}
