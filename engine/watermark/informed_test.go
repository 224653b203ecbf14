// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/watermark"
)

// restsOf is what a marked clip, with so much noise of its own, shows beyond the original.
func restsOf(t *testing.T, key *watermark.Key, word *watermark.Word, n int, noise float64) []watermark.Rest {
	t.Helper()
	const w, h = 320, 180
	clip := scene(n)
	half := func(x, y float64) (float64, float64) { return x * clipW / w, y * clipH / h }
	original := resample(clip, w, h, half)
	copied := original
	if word != nil {
		copied = resample(mark(t, key, word, clip, watermark.Strong), w, h, half)
	}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	var out []watermark.Rest
	for i, f := range original {
		r := watermark.Rest{
			W: w, H: h, Original: f.Pix, Pix: make([]float32, w*h), Shown: make([]float32, w*h), Leak: f.Time, Title: f.Time,
		}
		for j, v := range copied[i].Pix {
			r.Pix[j] = float32(v) - float32(f.Pix[j]) + float32(noise*rng.NormFloat64())
			if j%w > 20 {
				r.Shown[j] = 1
			}
		}
		out = append(out, r)
	}
	return out
}

func informed(t *testing.T, key *watermark.Key, rests []watermark.Rest) *watermark.Reading {
	t.Helper()
	list, err := watermark.Fold(rests, float64(clipW)/clipH)
	require.NoError(t, err)
	r, err := key.Informed(list, shape)
	require.NoError(t, err)
	return r
}

func TestInformedReadsWhatIsLeft(t *testing.T) {
	key, word := testKey(1), testWord(1)
	rests := restsOf(t, key, word, 12, 6)
	r := informed(t, key, rests)
	require.Greater(t, score(word, r), 2*certain)
	require.Less(t, math.Abs(score(testWord(2), r)), 5.0, "a word that was not embedded")
	require.Equal(t, 12, r.Evidence().Frames)
	require.Less(t, informed(t, testKey(2), rests).Score, 20.0, "another key")
}

func TestInformedReadsOneFrame(t *testing.T) {
	key, word := testKey(1), testWord(1)
	require.Greater(t, score(word, informed(t, key, restsOf(t, key, word, 1, 4))), certain)
}

// Frugal encoders copy what stands still for seconds: it then shows the mark of the moment at which it was drawn.
func TestCopiesOfAFrameTakeNothingFromIt(t *testing.T) {
	key, word := testKey(1), testWord(1)
	rests := restsOf(t, key, word, 24, 12)
	first := score(word, informed(t, key, rests[:1]))
	require.Greater(t, first, certain)
	for i := range rests[1:] {
		rests[1+i].Pix = rests[0].Pix
	}
	require.Greater(t, score(word, informed(t, key, rests)), 0.97*first)
}

func TestTheSyncLinesRepairTheTime(t *testing.T) {
	key, word := testKey(1), testWord(1)
	rests := restsOf(t, key, word, 24, 4)
	want := score(word, informed(t, key, rests))
	for i := range rests {
		rests[i].Title += 5 * time.Second
	}
	r := informed(t, key, rests)
	require.Greater(t, score(word, r), 0.8*want)
	require.InDelta(t, rests[10].Leak.Seconds(), r.Slices[3].Title.Seconds(), 1.5, "half a slot: news point ahead")
}

func TestInformedScoresOfInnocentWordsAreNormal(t *testing.T) {
	rests := restsOf(t, nil, nil, 6, 3)
	list, err := watermark.Fold(rests, float64(clipW)/clipH)
	require.NoError(t, err)
	var n, sum, squares, above float64
	for k := range byte(12) {
		r, err := testKey(10+k).Informed(list, shape)
		require.NoError(t, err)
		for i := range uint64(2000) {
			z := score(testWord(1000+i), r)
			n++
			sum += z
			squares += z * z
			if z > 2 {
				above++
			}
		}
	}
	require.InDelta(t, 0, sum/n, 0.05)
	require.InDelta(t, 1, squares/n, 0.05)
	require.InDelta(t, 0.02275*n, above, 4*math.Sqrt(0.02275*n))
}

func TestInformedDoesNotDependOnCores(t *testing.T) {
	key, word := testKey(1), testWord(1)
	rests := restsOf(t, key, word, 6, 4)
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	runtime.GOMAXPROCS(1)
	want := informed(t, key, rests).Evidence()
	runtime.GOMAXPROCS(4)
	require.Equal(t, want, informed(t, key, rests).Evidence())
}

func TestFoldRefusesWhatIsNoPicture(t *testing.T) {
	_, err := watermark.Fold([]watermark.Rest{{W: 3, H: 3}}, 16./9)
	require.Error(t, err)
	_, err = testKey(1).Informed(nil, shape)
	require.Error(t, err)
}
