// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func randomWords(seed uint64, n int) []Word {
	rnd := rand.New(rand.NewPCG(seed, 4))
	words := make([]Word, n)
	for i := range words {
		for j := range words[i] {
			words[i][j] = rnd.Uint64()
		}
	}
	return words
}

func randomVector(seed uint64) *Vector {
	rnd := rand.New(rand.NewPCG(seed, 5))
	var v Vector
	for i := range v {
		v[i] = rnd.NormFloat64()
	}
	return &v
}

// integers gives back the odd integers that a rounded vector stands for.
func (r *Rounded) integers() [Chips]int {
	var q [Chips]int
	for i := range q {
		for b := range planes {
			q[i] += int(r.plane[b].Chip(i)) << b
		}
	}
	return q
}

// naiveScan is the definition: multiply, add, sort.
func naiveScan(words []Word, q *Rounded) Scan {
	ints := q.integers()
	out := Scan{Tags: len(words)}
	for i := range words {
		sum := 0
		for k, x := range ints {
			sum += int(words[i].Chip(k)) * x
		}
		z := float64(sum) / q.norm
		out.Best = append(out.Best, Hit{i, z})
		out.Histogram[histogramBin(z)]++
	}
	slices.SortFunc(out.Best, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Index, b.Index)) })
	out.Best = out.Best[:min(BestHits, len(out.Best))]
	return out
}

func TestScanIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := randomWords(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 700).Draw(t, "tags"))
		for range rapid.IntRange(0, 20).Draw(t, "twins") { // equal scores
			words[rapid.IntRange(0, len(words)-1).Draw(t, "to")] = words[rapid.IntRange(0, len(words)-1).Draw(t, "from")]
		}
		q, err := Round(randomVector(rapid.Uint64().Draw(t, "vector")))
		require.NoError(t, err)
		want := naiveScan(words, q)
		r := &Registry{words: words}
		for name, dot := range map[string]dotFunc{"plain": dotWords, "fast": fastDot()} {
			got, err := r.scan(t.Context(), q, 2, dot)
			require.NoError(t, err)
			require.Equal(t, want, got, name)
		}
		for _, hit := range want.Best {
			require.Equal(t, hit.Score, q.Score(&words[hit.Index]))
		}
	})
}

func TestScanIsTheSameOnAnyNumberOfCores(t *testing.T) {
	words := randomWords(1, 5*scanChunk+77)
	for i := range 40 {
		words[i*2000] = words[3] // the best score, many times over, in every chunk
	}
	v := words[3].Vector()
	q, err := Round(v)
	require.NoError(t, err)
	r := &Registry{words: words}
	want, err := r.scan(t.Context(), q, 1, dotWords)
	require.NoError(t, err)
	require.Equal(t, 0, want.Best[0].Index)
	for workers := 2; workers <= 9; workers++ {
		got, err := r.scan(t.Context(), q, workers, fastDot())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestRoundGivesOddIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := randomVector(rapid.Uint64().Draw(t, "seed"))
		q, err := Round(v)
		require.NoError(t, err)
		square := 0
		for i, x := range q.integers() {
			require.True(t, x >= -15 && x <= 15 && x%2 != 0)
			require.Equal(t, v[i] >= 0, x > 0, "the sign is kept")
			square += x * x
		}
		require.Equal(t, math.Sqrt(float64(square)), q.norm)
	})
}

func TestHistogramBins(t *testing.T) {
	var h Histogram
	for i := range h {
		z := float64(i)/8 - 32
		require.Equal(t, i, histogramBin(z))
		require.Equal(t, i, histogramBin(math.Nextafter(z+0.125, -40)))
		h[i] = 1
	}
	require.Equal(t, 511, histogramBin(32))
	require.EqualValues(t, 512, h.Above(-32))
	require.EqualValues(t, 256, h.Above(0))
	require.EqualValues(t, 512, h.Above(-100))
}

// memoryPass reads every word once, as quickly as plain code can.
func memoryPass(words []Word) uint64 {
	var a, b, c, d uint64
	for i := range words {
		w := &words[i]
		a += w[0] + w[4] + w[8] + w[12]
		b += w[1] + w[5] + w[9] + w[13]
		c += w[2] + w[6] + w[10] + w[14]
		d += w[3] + w[7] + w[11] + w[15]
	}
	return a + b + c + d
}

// parallelPass is one pass over the words with as many goroutines as a scan has.
func parallelPass(words []Word) {
	var group sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	sums := make([]uint64, n)
	for i := range n {
		group.Go(func() { sums[i] = memoryPass(words[i*len(words)/n : (i+1)*len(words)/n]) })
	}
	group.Wait()
	runtime.KeepAlive(sums)
}

// byteTableScan is the usual way: 128 tables of 256 partial sums.
func byteTableScan(words []Word, q *Rounded) float64 {
	var table [128][256]int16
	ints := q.integers()
	for at := range table {
		for b := range 256 {
			for bit := range 8 {
				table[at][b] += int16(ints[8*at+bit] * (1 - 2*(b>>bit&1)))
			}
		}
	}
	best := math.MinInt
	for i := range words {
		sum := 0
		for j, x := range words[i] {
			for k := range 8 {
				sum += int(table[8*j+k][byte(x>>(8*k))])
			}
		}
		best = max(best, sum)
	}
	return float64(best) / q.norm
}

func quickest(f func()) time.Duration {
	best := time.Duration(math.MaxInt64)
	for range 5 {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

// BenchmarkScan1e6 scans a million tags and relates the quickest scan to the
// quickest single pass over the same memory, both on all cores, taken in turn.
func BenchmarkScan1e6(b *testing.B) {
	r := &Registry{words: randomWords(1, 1_000_000)}
	v := randomVector(2)
	q, err := Round(v)
	require.NoError(b, err)
	kernels := map[string]dotFunc{"best": fastDot(), "plain": dotWords}
	for _, name := range []string{"best", "plain"} {
		b.Run(name, func(b *testing.B) {
			scan, pass := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for b.Loop() {
				pass = min(pass, quickest(func() { parallelPass(r.words) }))
				scan = min(scan, quickest(func() { _, err = r.scan(b.Context(), q, runtime.GOMAXPROCS(0), kernels[name]) }))
				require.NoError(b, err)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(scan.Microseconds())/1e3, "scan-ms")
			b.ReportMetric(float64(pass.Microseconds())/1e3, "pass-ms")
			b.ReportMetric(float64(scan)/float64(pass), "scan/pass")
		})
	}
	b.Run("byte-table", func(b *testing.B) {
		for b.Loop() {
			byteTableScan(r.words, q)
		}
	})
}
