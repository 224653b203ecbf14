// SPDX-License-Identifier: AGPL-3.0-or-later

package code_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spoor/engine/code"
)

func testKey(n byte) code.Key {
	return code.Key(sha256.Sum256([]byte{n}))
}

// numbered yields the tags user-from ... user-(to-1).
func numbered(from, to int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := from; i < to; i++ {
			if !yield(tagName(i), nil) {
				return
			}
		}
	}
}

func tagName(i int) string { return fmt.Sprintf("user-%d", i) }

func newRegistry(tb testing.TB, tags int) *code.Registry {
	tb.Helper()
	r := code.NewRegistry(testKey(1))
	require.NoError(tb, r.Append(tb.Context(), numbered(0, tags)))
	require.Equal(tb, tags, r.Len())
	return r
}

// noise returns a vector of normal chips with a few that are much louder, as
// real readers give.
func noise(seed uint64) *code.Vector {
	rnd := rand.New(rand.NewPCG(seed, 7))
	var v code.Vector
	for i := range v {
		v[i] = rnd.NormFloat64() * math.Exp(rnd.NormFloat64()/2)
	}
	return &v
}

// withWord adds a word times a factor to a copy of the vector.
func withWord(v *code.Vector, w code.Word, factor float64) *code.Vector {
	out := *v
	for i := range out {
		out[i] += factor * w.Chip(i)
	}
	return &out
}

// drawVector draws vectors of many shapes: small and huge, integers, mostly zero.
func drawVector(t *rapid.T, label string) *code.Vector {
	seed := rapid.Uint64().Draw(t, label+" seed")
	shape := rapid.SampledFrom([]string{"normal", "integers", "sparse", "signs", "cauchy"}).Draw(t, label+" shape")
	scale := math.Exp2(float64(rapid.IntRange(-500, 500).Draw(t, label+" scale")))
	rnd := rand.New(rand.NewPCG(seed, 1))
	var v code.Vector
	for i := range v {
		x := rnd.NormFloat64()
		switch shape {
		case "integers":
			x = math.Round(10 * x)
		case "sparse":
			if rnd.IntN(50) != 0 {
				x = 0
			}
		case "signs":
			x = math.Copysign(1, x)
		case "cauchy":
			x /= rnd.NormFloat64()
		}
		v[i] = x * scale
	}
	return &v
}

func drawWord(t *rapid.T, label string) code.Word {
	return testKey(2).Word(rapid.String().Draw(t, label))
}

func TestKeyWordIsHMAC(t *testing.T) {
	k := testKey(3)
	for _, tag := range []string{"", "alice", "Ünïcode/客户", strings.Repeat("x", 256)} {
		w := k.Word(tag)
		for block := range 4 {
			mac := hmac.New(sha256.New, k[:])
			mac.Write(append([]byte{'T', byte(block)}, tag...))
			for j, b := range mac.Sum(nil) {
				for bit := range 8 {
					require.Equal(t, 1-2*float64(b>>bit&1), w.Chip(256*block+8*j+bit), "tag %q", tag)
				}
			}
		}
	}
}

// The codewords of copies that are out in the world must stay what they are.
func TestKeyWordIsFrozen(t *testing.T) {
	w := testKey(1).Word("alice")
	require.Equal(t, [2]uint64{0x3c65515dabb60c0e, 0x11100e79614e2875}, [2]uint64{w[0], w[15]})
}

func TestKeyIsNeverPrinted(t *testing.T) {
	k := testKey(4)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", k, "pointer", &k)
	asJSON, err := json.Marshal(struct{ K code.Key }{k})
	require.NoError(t, err)
	texts := []string{
		fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s %q %x %X %d", k, k, k, k, k, k, k, k),
		fmt.Sprintf("%v %x", &k, &k), fmt.Sprintf("%v", struct{ K code.Key }{k}), log.String(), string(asJSON),
	}
	require.Equal(t, "registry of 0 tags", fmt.Sprintf("%+v", code.NewRegistry(k)))
	for _, text := range texts {
		require.Contains(t, text, "[secret]")
		require.NotContains(t, strings.ToLower(text), fmt.Sprintf("%x", k[:4]))
		require.NotContains(t, text, fmt.Sprintf("%d %d %d", k[0], k[1], k[2]))
	}
}

func TestWordDot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawWord(t, "a"), drawWord(t, "b")
		sum := 0.0
		for i := range code.Chips {
			sum += a.Chip(i) * b.Chip(i)
		}
		require.Equal(t, int(sum), a.Dot(&b))
		require.Equal(t, code.Chips, a.Dot(&a))
	})
}

func TestVectorAddMerges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Frames of small integers add exactly, so any order must give the same bits.
		frames := make([]code.Vector, rapid.IntRange(1, 20).Draw(t, "frames"))
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		for i := range frames {
			for j := range frames[i] {
				frames[i][j] = float64(rnd.IntN(2001) - 1000)
			}
		}
		var all code.Vector
		for i := range frames {
			all.Add(&frames[i])
		}
		var slices [3]code.Vector
		for _, i := range rnd.Perm(len(frames)) {
			slices[rnd.IntN(3)].Add(&frames[i])
		}
		var merged code.Vector
		for _, i := range rnd.Perm(3) {
			merged.Add(&slices[i])
		}
		require.Equal(t, all, merged)
		w := drawWord(t, "tag")
		require.Equal(t, code.Score(&w, &all), code.Score(&w, &merged))
	})
}

func TestScoreProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w := drawVector(t, "v"), drawWord(t, "tag")
		z := code.Score(&w, v)
		require.LessOrEqual(t, math.Abs(z), 32.0)

		opposite := w
		for i := range opposite {
			opposite[i] = ^opposite[i]
		}
		require.Equal(t, -z, code.Score(&opposite, v), "the opposite word scores the opposite")

		var louder code.Vector
		for i := range v {
			louder[i] = 4 * v[i]
		}
		require.Equal(t, z, code.Score(&w, &louder), "loudness does not matter")
	})
}

func TestScoreOfTheWordItself(t *testing.T) {
	w := testKey(1).Word("alice")
	require.InDelta(t, 32, code.Score(&w, w.Vector()), 1e-12)
}

func TestRoundingKeepsTheScore(t *testing.T) {
	w := testKey(1).Word("alice")
	kept := 0.0
	const vectors = 50
	for seed := range uint64(vectors) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		var v code.Vector
		dot, square := 0.0, 0.0
		for i := range v {
			v[i] = rnd.NormFloat64() + 0.3*w.Chip(i)
			dot += v[i] * w.Chip(i)
			square += v[i] * v[i]
		}
		kept += code.Score(&w, &v) / (dot / math.Sqrt(square)) / vectors
	}
	require.InDelta(t, 0.9942, kept, 0.002)
}

func TestBadVectors(t *testing.T) {
	r := newRegistry(t, 100)
	w := r.Word(0)
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		v := noise(1)
		v[500] = bad
		_, err := r.Scan(t.Context(), v)
		require.ErrorIs(t, err, code.ErrNotFinite)
		_, err = code.Round(v)
		require.ErrorIs(t, err, code.ErrNotFinite)
		_, err = code.FitTags([]code.Word{w}, v)
		require.ErrorIs(t, err, code.ErrNotFinite)
		require.Zero(t, code.Score(&w, v))
	}
	s, err := r.Scan(t.Context(), new(code.Vector))
	require.NoError(t, err)
	require.Empty(t, s.Best, "no evidence, no candidates")
	require.EqualValues(t, 100, s.Histogram.Above(0))
	require.Zero(t, s.Histogram.Above(0.125))
	for _, tiny := range []float64{math.SmallestNonzeroFloat64, math.MaxFloat64} {
		var v code.Vector
		v[3], v[9] = tiny, -tiny
		require.InDelta(t, 0, code.Score(&w, &v), 32)
		require.False(t, math.IsNaN(code.Score(&w, &v)))
	}
}

func TestScanFindsTheTag(t *testing.T) {
	r := newRegistry(t, 50_000)
	s, err := r.Scan(t.Context(), withWord(noise(5), r.Word(43_210), 0.5))
	require.NoError(t, err)
	require.Equal(t, 50_000, s.Tags)
	require.Len(t, s.Best, code.BestHits)
	require.Equal(t, 43_210, s.Best[0].Index)
	require.Less(t, code.Log10P(s.Best[0].Score, s.Tags, code.Spend(1)), -9.0)
	require.Greater(t, code.Log10P(s.Best[1].Score, s.Tags, code.Spend(1)), -4.0)
	require.True(t, r.Is(43_210, tagName(43_210)))
	require.False(t, r.Is(43_210, tagName(43_211)))
	require.False(t, r.Is(-1, "x"))
	require.False(t, r.Is(50_000, "x"))
}

func TestScanOfNothing(t *testing.T) {
	s, err := code.NewRegistry(testKey(1)).Scan(t.Context(), noise(1))
	require.NoError(t, err)
	require.Zero(t, s.Tags)
	require.Empty(t, s.Best)
}

func TestScanStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newRegistry(t, 10).Scan(ctx, noise(1))
	require.ErrorIs(t, err, context.Canceled)
}

// Scores of tags that are not in the leak follow the normal distribution within
// counting error, whatever the vector, and never beat the bound.
func TestScoresOfUnrelatedTags(t *testing.T) {
	const tags = 300_000
	r := newRegistry(t, tags)
	var loud code.Vector // a vector that only a few dozen chips decide
	for i := range loud {
		loud[i] = math.Sin(float64(i)) + 1
	}
	for i := range 40 {
		loud[i*25] = 6
	}
	for name, v := range map[string]*code.Vector{
		"heavy-tailed": noise(11), "another": noise(12), "uneven": &loud, "a word": withWord(new(code.Vector), testKey(9).Word("x"), 1),
	} {
		s, err := r.Scan(t.Context(), v)
		require.NoError(t, err)
		require.EqualValues(t, tags, s.Histogram.Above(-32), name)
		for z := -4.0; z <= 5; z += 0.5 {
			want := float64(tags) * math.Erfc(z/math.Sqrt2) / 2
			// The sum over signs is discrete, which moves a bin's border by less
			// than 1/32, and counts scatter by the root of their number.
			border := float64(tags) * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) / 32
			require.InDelta(t, want, float64(s.Histogram.Above(z)), border+5*math.Sqrt(want)+4, "%s: scores above %g", name, z)
		}
	}
}

func TestResidualScanAccusesNobody(t *testing.T) {
	r := newRegistry(t, 20_000)
	v := withWord(withWord(noise(21), r.Word(100), 0.6), r.Word(200), 0.4)
	fit, err := code.FitTags([]code.Word{r.Word(100), r.Word(200)}, v)
	require.NoError(t, err)
	s, err := r.Scan(t.Context(), &fit.Residual)
	require.NoError(t, err)
	require.Greater(t, code.Log10P(s.Best[0].Score, s.Tags, code.Spend(3)), -3.0)
}

func TestFitTags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "tags")
		base := rapid.IntRange(0, 1000).Draw(t, "base")
		words := make([]code.Word, n)
		truth := make([]float64, n)
		v := new(code.Vector)
		sum := 0.0
		for i := range words {
			words[i] = testKey(5).Word(tagName(base + i))
			truth[i] = rapid.Float64Range(0.1, 10).Draw(t, "amplitude")
			v = withWord(v, words[i], truth[i])
			sum += truth[i]
		}
		fit, err := code.FitTags(words, v)
		require.NoError(t, err)
		total := 0.0
		for i := range words {
			require.InDelta(t, truth[i], fit.Amplitudes[i], 1e-9)
			require.InDelta(t, truth[i]/sum, fit.Weights[i], 1e-9)
			total += fit.Weights[i]
		}
		require.InDelta(t, 1, total, 1e-12)
		for i := range v {
			require.InDelta(t, 0, fit.Residual[i], 1e-9, "nothing is left")
		}
	})
}

func TestFitTagsResidualIsOrthogonal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 8).Draw(t, "tags")
		words := make([]code.Word, n)
		for i := range words {
			words[i] = testKey(6).Word(tagName(i))
		}
		v := noise(rapid.Uint64().Draw(t, "seed"))
		fit, err := code.FitTags(words, v)
		require.NoError(t, err)
		require.Len(t, fit.Weights, n)
		for i := range words {
			dot := 0.0
			for k := range fit.Residual {
				dot += fit.Residual[k] * words[i].Chip(k)
			}
			require.InDelta(t, 0, dot, 1e-8)
			require.GreaterOrEqual(t, fit.Weights[i], 0.0)
		}
	})
}

func TestFitTagsRefusesDependentWords(t *testing.T) {
	a, b := testKey(1).Word("a"), testKey(1).Word("b")
	opposite := a
	for i := range opposite {
		opposite[i] = ^opposite[i]
	}
	for _, words := range [][]code.Word{{a, a}, {a, b, a}, {a, opposite}} {
		_, err := code.FitTags(words, noise(1))
		require.ErrorContains(t, err, "mixture")
	}
	fit, err := code.FitTags([]code.Word{a}, withWord(new(code.Vector), a, -1))
	require.NoError(t, err)
	require.Equal(t, []float64{0}, fit.Weights, "a negative amplitude is evidence for nobody")
}
