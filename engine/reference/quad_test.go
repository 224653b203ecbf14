// SPDX-License-Identifier: AGPL-3.0-or-later

package reference_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spoor/engine/reference"
)

func TestMapsFromCorners(t *testing.T) {
	unit := [4][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}}
	rapid.Check(t, func(t *rapid.T) {
		var want [4][2]float64
		for i, c := range unit { // a convex figure: no corner moves by more than a fifth
			want[i] = [2]float64{
				3*c[0] - 1 + rapid.Float64Range(-0.6, 0.6).Draw(t, "x"), 2*c[1] - 0.5 + rapid.Float64Range(-0.4, 0.4).Draw(t, "y"),
			}
		}
		h, ok := reference.FromCorners(want)
		if !ok {
			t.Fatalf("%v has no map", want)
		}
		for i, c := range unit {
			if x, y := h.At(c[0], c[1]); math.Hypot(x-want[i][0], y-want[i][1]) > 1e-9 {
				t.Fatalf("%v goes to %v, %v, not to %v", c, x, y, want[i])
			}
		}
	})
	for _, flat := range [][4][2]float64{
		{},
		{{0, 0}, {1, 0}, {2, 0}, {3, 0}},
		{{0, 0}, {1, 1}, {1, 1}, {0, 1}},
		{{math.NaN(), 0}, {1, 0}, {1, 1}, {0, 1}},
	} {
		_, ok := reference.FromCorners(flat)
		require.False(t, ok, "%v", flat)
	}
}
