// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine/code"
)

func TestFourthPowerIsThatOfTheWeights(t *testing.T) {
	var even code.Vector
	for i := range even {
		even[i] = 1
	}
	rounded, err := code.Round(&even)
	require.NoError(t, err)
	require.InEpsilon(t, 1.0/code.Chips, fourthPower(rounded), 1e-9)

	rng := rand.New(rand.NewPCG(3, 4))
	var v code.Vector
	var squares, fourth float64
	for i := range v {
		v[i] = rng.NormFloat64()
		squares += v[i] * v[i]
		fourth += math.Pow(v[i], 4)
	}
	rounded, err = code.Round(&v)
	require.NoError(t, err)
	require.InEpsilon(t, fourth/(squares*squares), fourthPower(rounded), 0.1) // but for the rounding
}

func TestCountTail(t *testing.T) {
	_, words := testKey(2)
	r := code.NewRegistry(words)
	const tags = 200_000
	require.NoError(t, r.Append(t.Context(), nobody(tags)))
	rng := rand.New(rand.NewPCG(5, 6))
	var sum tailCount
	for range 5 {
		var v code.Vector
		for i := range v {
			v[i] = rng.NormFloat64()
		}
		count, err := countTail(t.Context(), r, &v)
		require.NoError(t, err)
		sum.add(count)
	}
	require.Equal(t, 5, sum.Scans)
	require.EqualValues(t, 5*tags, sum.Scores)
	for i, z := range tailSteps()[:3] {
		require.InEpsilon(t, 5*tags*normalTail(z), sum.Normal[i], 1e-9)
		require.Less(t, sum.Signs[i], sum.Normal[i])
		require.InDelta(t, sum.Signs[i], float64(sum.Above[i]), 4*math.Sqrt(sum.Signs[i]), "above %v", z)
	}
	require.Greater(t, sum.Best, 4.0)

	nothing, err := countTail(t.Context(), r, &code.Vector{})
	require.NoError(t, err)
	require.Zero(t, nothing.Scans)
}
