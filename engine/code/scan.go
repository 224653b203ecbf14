// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// BestHits is the most hits that a scan reports.
const BestHits = 16

const (
	// scanChunk is what a goroutine takes at a time: 2 MiB of words, so that a
	// core slowed down by a neighbour does not hold up the others.
	scanChunk = 1 << 14
	// scanBlock words are compared before their scores are looked at, so that
	// both the words' planes and the scores stay in the first-level cache.
	scanBlock = 512
)

// Hit is a tag of the registry and its score.
type Hit struct {
	Index int     // position in the registry, from 0
	Score float64 // -32..32
}

// Scan is the outcome of comparing evidence with a whole registry.
type Scan struct {
	Tags      int       // words compared
	Best      []Hit     // the BestHits highest, falling; equal scores by rising index
	Histogram Histogram // all scores
}

// Histogram counts scores in 512 bins of 1/8 from -32 to 32: bin i holds the scores z
// with i/8-32 <= z < (i+1)/8-32. The last bin includes 32.
type Histogram [512]int64

// Above returns how many scores lie at z or higher. z is exact at multiples of 1/8
// and rounded down to one elsewhere.
func (h *Histogram) Above(z float64) int64 {
	sum := int64(0)
	for _, n := range h[histogramBin(z):] {
		sum += n
	}
	return sum
}

func histogramBin(z float64) int {
	return int(max(0, min(float64(len(Histogram{})-1), math.Floor(z*8)+256)))
}

// Scan scores every word of the registry against a vector, on all cores. The
// result is the same whatever their number. All-zero evidence has a histogram but no best
// hits. Errors: [ErrNotFinite] for the vector, the context's when it ends.
func (r *Registry) Scan(ctx context.Context, v *Vector) (Scan, error) {
	rounded, err := Round(v)
	if err != nil {
		return Scan{}, fmt.Errorf("scanning the registry: %w", err)
	}
	return r.scan(ctx, rounded, runtime.GOMAXPROCS(0), fastDot())
}

type dotFunc = func([]Word, *[planes]Word, []int32)

func (r *Registry) scan(ctx context.Context, q *Rounded, workers int, dot dotFunc) (Scan, error) {
	if q.norm == 0 {
		out := Scan{Tags: len(r.words)}
		out.Histogram[histogramBin(0)] = int64(len(r.words))
		return out, nil
	}
	workers = max(1, min(workers, (len(r.words)+scanChunk-1)/scanChunk))
	tallies := make([]*tally, workers)
	var next atomic.Int64
	var group sync.WaitGroup
	for i := range tallies {
		tallies[i] = newTally()
		group.Go(func() {
			for ctx.Err() == nil {
				from := int(next.Add(scanChunk)) - scanChunk
				if from >= len(r.words) {
					return
				}
				tallies[i].chunk(r.words[from:min(from+scanChunk, len(r.words))], from, q, dot)
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return Scan{}, fmt.Errorf("scanning the registry: %w", err)
	}
	for _, t := range tallies[1:] {
		tallies[0].merge(t)
	}
	return tallies[0].scan(len(r.words), q.norm), nil
}

// A tally is what one goroutine has seen: integers only, so that merging is exact and
// in any order.
type tally struct {
	count []int32 // words by disagreement
	best  []rank
	limit int32 // disagreement at or above which a word is no candidate
	block [scanBlock]int32
}

type rank struct {
	apart int32
	index int
}

func newTally() *tally {
	return &tally{count: make([]int32, fullScale+1), limit: fullScale + 1}
}

func (t *tally) chunk(words []Word, from int, q *Rounded, dot dotFunc) {
	for len(words) > 0 {
		n := min(scanBlock, len(words))
		out := t.block[:n]
		dot(words[:n], &q.plane, out)
		for i, apart := range out {
			t.count[apart]++
			if apart < t.limit {
				t.offer(rank{apart, from + i})
			}
		}
		words, from = words[n:], from+n
	}
}

// offer keeps the candidates in order. A goroutine meets indexes in rising
// order, so of equals the first to come stays.
func (t *tally) offer(k rank) {
	at, _ := slices.BinarySearchFunc(t.best, k, compareRanks)
	t.best = slices.Insert(t.best, at, k)
	if len(t.best) > BestHits {
		t.best = t.best[:BestHits]
	}
	if len(t.best) == BestHits {
		t.limit = t.best[BestHits-1].apart
	}
}

func compareRanks(a, b rank) int {
	return cmp.Or(cmp.Compare(a.apart, b.apart), cmp.Compare(a.index, b.index))
}

func (t *tally) merge(o *tally) {
	for i, n := range o.count {
		t.count[i] += n
	}
	t.best = append(t.best, o.best...)
	slices.SortFunc(t.best, compareRanks)
	t.best = t.best[:min(BestHits, len(t.best))]
}

func (t *tally) scan(tags int, norm float64) Scan {
	out := Scan{Tags: tags}
	for _, k := range t.best {
		out.Best = append(out.Best, Hit{Index: k.index, Score: float64(chipSum(k.apart)) / norm})
	}
	for apart, n := range t.count {
		if n > 0 {
			out.Histogram[histogramBin(float64(chipSum(int32(apart)))/norm)] += int64(n)
		}
	}
	return out
}
