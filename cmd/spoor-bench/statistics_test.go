// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{
		{0, 0, 0, 1},
		{0, 10, 0, 0.2775},
		{10, 10, 0.7225, 1},
		{5, 10, 0.2366, 0.7634},
		{95, 100, 0.8882, 0.9785}, // Newcombe's values
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
	} {
		low, high := wilson(c.k, c.n)
		require.InDelta(t, c.low, low, 1e-4, "%d of %d", c.k, c.n)
		require.InDelta(t, c.high, high, 1e-4, "%d of %d", c.k, c.n)
	}
}

func TestNormalTail(t *testing.T) {
	for z, want := range map[float64]float64{0: 0.5, 1.959964: 0.025, 3: 1.349898e-3, 4.753424: 1e-6, 5: 2.866516e-7} {
		require.InEpsilon(t, want, normalTail(z), 1e-5)
	}
}

// TestSignTailIsTheBinomialTail compares with sums of equal weights, whose tail is exactly known.
func TestSignTailIsTheBinomialTail(t *testing.T) {
	const n = 1024
	for _, z := range []float64{3, 3.5, 4, 4.5, 5} { // values that such a sum can have
		exact := 0.0
		for heads := range n + 1 {
			all, _ := math.Lgamma(n + 1)
			up, _ := math.Lgamma(float64(heads) + 1)
			down, _ := math.Lgamma(float64(n-heads) + 1)
			p := math.Exp(all - up - down - n*math.Ln2)
			switch sum := 2*heads - n; {
			case sum > int(z*32):
				exact += p
			case sum == int(z*32):
				exact += p / 2 // a density has no steps
			}
		}
		require.InEpsilon(t, exact, signTail(z, 1.0/n), 0.02, "z = %v", z)
		require.InEpsilon(t, normalTail(z), signTail(z, 0), 1e-12)
	}
	require.Greater(t, normalTail(5)/signTail(5, 1.0/n), 1.04)
}

func TestMedian(t *testing.T) {
	require.Zero(t, median([]float64{}))
	require.InDelta(t, 2.0, median([]float64{3, 1, 2}), 0)
	require.InDelta(t, 2.5, median([]float64{4, 1, 3, 2}), 0)
	require.Equal(t, time.Second, median([]time.Duration{time.Second, time.Hour, 0}))
}

func TestRatio(t *testing.T) {
	require.InDelta(t, 1.5, ratio(3*time.Second, 2*time.Second), 1e-12)
	require.Zero(t, ratio(time.Second, 0))
}
