// SPDX-License-Identifier: AGPL-3.0-or-later

package atlas_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spoor/report/atlas"
)

func TestCapitalsLieInTheirCountries(t *testing.T) {
	world, err := atlas.World()
	require.NoError(t, err)
	for code, at := range map[string]atlas.Point{
		"DE": {13.4, 52.5}, "US": {-98, 39}, "AU": {134, -25}, "RU": {100, 60}, "BR": {-52, -10}, "ZA": {25, -29}, "JP": {138, 36.2},
		"ID": {114, 0},
	} {
		c := atlas.At(world, at)
		require.NotNil(t, c, code)
		require.Equal(t, atlas.Number(code), c.Number, code)
	}
	require.Nil(t, atlas.At(world, atlas.Point{X: -30, Y: 40}), "the Atlantic")
	require.NotNil(t, atlas.At(world, atlas.Point{X: 28, Y: -31}))
	require.NotEqual(t, atlas.Number("ZA"),
		atlas.At(world, atlas.Point{X: 28.3, Y: -29.6}).Number, "Lesotho lies in a hole of South Africa")
}

func TestNumbers(t *testing.T) {
	for code, want := range map[string]int{"DE": 276, "de": 276, "": 0, "N/A": 0, "EU": 0, "ZZ": 0, "?!": 0, "DEU": 0} {
		require.Equal(t, want, atlas.Number(code), code)
	}
}

func TestShadesGrowWithTheCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 5000).Draw(t, "most")
		seen := 0
		for step := range atlas.Steps {
			from, to := atlas.Range(step, most)
			if from == 0 {
				continue
			}
			if from != seen+1 || to < from {
				t.Fatalf("step %d is %d to %d, after %d", step, from, to, seen)
			}
			seen = to
		}
		if seen != most {
			t.Fatalf("the shades end at %d of %d", seen, most)
		}
	})
}
