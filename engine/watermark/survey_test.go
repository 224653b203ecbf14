// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine/watermark"
)

// ground makes frames of evenly grey ground with some patches of strong texture, and grain of a standard deviation over
// all of it. The share of patches is out of 16.
func ground(n, patches int, grain float64) [][]byte {
	var out [][]byte
	for i := range n {
		rng := rand.New(rand.NewPCG(11, uint64(i)))
		plane := make([]byte, clipW*clipH)
		for y := range clipH {
			for x := range clipW {
				v := 120 + grain*rng.NormFloat64()
				if (x/40+y/40)%16 < patches {
					v += 25 * math.Sin(float64(x)*0.9+float64(3*i)) * math.Cos(float64(y)*1.1)
				}
				plane[y*clipW+x] = byte(min(max(v, 0), 255))
			}
		}
		out = append(out, plane)
	}
	return out
}

func roomOf(tb testing.TB, frames [][]byte) float64 {
	tb.Helper()
	s, err := watermark.NewSurvey(watermark.Format{Width: clipW, Height: clipH, Depth: 8})
	require.NoError(tb, err)
	require.Zero(tb, s.Room(), "nothing was looked at")
	for i := 1; i < len(frames); i++ {
		require.NoError(tb, s.Add(frames[i-1], frames[i]))
	}
	return s.Room()
}

func TestASurveyTellsWhatPicturesCanCarry(t *testing.T) {
	busy := roomOf(t, ground(4, 16, 4))
	require.Positive(t, busy, "busy ground hides more than it usually carries")
	require.LessOrEqual(t, busy, 1.0)
	require.Equal(t, busy, roomOf(t, ground(4, 16, 4)), "the same for the same title")
	require.Zero(t, roomOf(t, ground(4, 1, 0.8)), "smooth ground is what a mark hurts first")
}

func TestRoomMakesTheMarkStrongerWhereThePictureIsBusy(t *testing.T) {
	frame := ground(1, 5, 4)[0]
	marked := func(room float64) (calm, busy float64) {
		format := watermark.Format{Width: clipW, Height: clipH, Depth: 8, Room: room}
		e, err := watermark.NewEmbedder(testKey(1), testWord(1), format, watermark.Normal)
		require.NoError(t, err)
		plane := append([]byte(nil), frame...)
		require.NoError(t, e.NewMarker().Mark(plane, 0))
		var sum, n [2]float64
		for i, v := range plane {
			x, y := i%clipW, i/clipW
			d := float64(v) - float64(frame[i])
			part := 0
			if (x/40+y/40)%16 < 5 {
				part = 1
			}
			sum[part] += d * d
			n[part]++
		}
		return sum[0] / n[0], sum[1] / n[1]
	}
	calm, busy := marked(0)
	calmer, busier := marked(1)
	require.Greater(t, busier, 1.5*busy)
	require.Less(t, calmer, 1.5*calm)
	past, most := marked(7)
	require.Equal(t, []float64{calmer, busier}, []float64{past, most}, "there is no more room than all")
}

func TestASurveyRefusesWhatItCannotLookAt(t *testing.T) {
	_, err := watermark.NewSurvey(watermark.Format{Width: 20, Height: 20, Depth: 8})
	require.ErrorContains(t, err, "too small")
	s, err := watermark.NewSurvey(watermark.Format{Width: clipW, Height: clipH, Depth: 8})
	require.NoError(t, err)
	require.Error(t, s.Add(make([]byte, clipW*clipH), make([]byte, 3)))
	require.Error(t, s.Add(make([]byte, 3), make([]byte, clipW*clipH)))
	require.NoError(t, s.Add(make([]byte, clipW*clipH), make([]byte, clipW*clipH)), "black")
	require.False(t, math.IsNaN(s.Room()))
}
