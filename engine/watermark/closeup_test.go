// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine/watermark"
)

func TestASmallPictureInAFrameIsReadCloseUp(t *testing.T) {
	key, word := testKey(1), testWord(1)
	clip := markedClip(t, key, word, 30)
	const scale, x0, y0 = 0.3, 0.41, 0.22 // of the leak
	leak := func(w, h int) []watermark.Frame {
		return resample(clip, w, h, func(x, y float64) (float64, float64) {
			return (x/float64(w) - x0) / scale * clipW, (y/float64(h) - y0) / scale * clipH
		})
	}
	w, h := watermark.Grid(shape.Aspect)
	whole, err := watermark.Analyse(leak(w, h), w, h)
	require.NoError(t, err)
	c, small := whole.CloseUp(shape.Aspect)
	require.True(t, small)
	var frames []watermark.Frame
	for _, f := range leak(c.Width, c.Height) {
		frames = append(frames, watermark.Frame{Pix: c.Cut(f.Pix), Time: f.Time})
	}
	near, err := watermark.Analyse(frames, c.W, c.H)
	require.NoError(t, err)
	var best *watermark.Reading
	for r, err := range key.Readings(near, shape, watermark.Search, watermark.Search) {
		require.NoError(t, err)
		if best == nil || score(word, r) > score(word, best) {
			best = r
		}
	}
	require.Greater(t, score(word, best), certain)

	in := c.Whole(best.Geometry)
	cw, ch := watermark.Canonical(shape.Aspect)
	for _, at := range [][2]float64{{0.1, 0.2}, {0.5, 0.5}, {0.8, 0.9}} { // of the picture; the tile repeats
		x, y := in.At((x0+scale*at[0])*float64(w), (y0+scale*at[1])*float64(h))
		require.InDelta(t, 0, offTile(x-at[0]*float64(cw)), 2)
		require.InDelta(t, 0, offTile(y-at[1]*float64(ch)), 2)
	}
}

// offTile is how far a distance is from a whole number of tiles.
func offTile(d float64) float64 {
	for ; d > watermark.Period/2; d -= watermark.Period {
	}
	for ; d < -watermark.Period/2; d += watermark.Period {
	}
	return d
}

func TestOtherPicturesAreNotLookedAtCloseUp(t *testing.T) {
	clip := scene(2)
	_, small := grid(t, clip, identity).CloseUp(shape.Aspect)
	require.False(t, small, "the whole picture")
	_, small = grid(t, clip, func(x, y float64) (float64, float64) { return 1.25*x - 90, 1.25*y - 40 }).CloseUp(shape.Aspect)
	require.False(t, small, "large enough as it is")
	for i := range clip {
		clip[i].Pix = make([]byte, clipW*clipH)
	}
	_, small = grid(t, clip, identity).CloseUp(shape.Aspect)
	require.False(t, small, "black")
}
