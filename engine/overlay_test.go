// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"image"
	"image/color"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
)

func TestOverlayShowsWhatTheLeakShows(t *testing.T) {
	title := image.NewRGBA(image.Rect(0, 0, 40, 20)) // each pixel says where it is
	for y := range 20 {
		for x := range 40 {
			title.SetRGBA(x, y, color.RGBA{R: uint8(x), G: uint8(y), A: 255})
		}
	}
	whole := engine.Sight{Corners: [][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}
	out, ok := whole.Overlay(title, 40, 20)
	require.True(t, ok)
	require.Equal(t, title.Pix, out.Pix)

	half := engine.Sight{Corners: [][2]float64{{0.5, 0}, {1, 0}, {1, 1}, {0.5, 1}}}
	out, ok = half.Overlay(title, 20, 20)
	require.True(t, ok)
	require.Equal(t, title.RGBAAt(20, 7), out.RGBAAt(0, 7))
	require.Equal(t, title.RGBAAt(39, 19), out.RGBAAt(19, 19))

	wider := engine.Sight{Corners: [][2]float64{{-1, 0}, {2, 0}, {2, 1}, {-1, 1}}} // a phone sees more than the screen
	out, ok = wider.Overlay(title, 120, 20)
	require.True(t, ok)
	require.Equal(t, color.RGBA{A: 255}, out.RGBAAt(5, 5))
	require.Equal(t, title.RGBAAt(0, 5), out.RGBAAt(40, 5))

	for _, bad := range []engine.Sight{{}, {Corners: [][2]float64{{0, 0}, {0, 0}, {0, 0}, {0, 0}}}} {
		_, ok = bad.Overlay(title, 4, 4)
		require.False(t, ok)
	}
	require.EqualValues(t, 14_000, (&engine.Sight{LeakMS: 1000, TitleMS: 10_000, Speed: 2}).TitleAt(3000))
}
