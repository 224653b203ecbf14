// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"path/filepath"
	"time"

	"spoor/engine"
	"spoor/engine/code"
	"spoor/engine/watermark"
	"spoor/storage"
)

// tailSteps are the scores at which innocent scores are counted: exact bins of code.Histogram.
func tailSteps() []float64 { return []float64{3, 3.5, 4, 4.5, 5, 5.5} }

// tailCount counts the scores of unrelated tags against what theory has them be.
type tailCount struct {
	Scans  int       `json:"scans"`
	Scores int64     `json:"scores"`
	Above  []int64   `json:"above"`  // for each of tailSteps
	Normal []float64 `json:"normal"` // expected by the normal distribution
	Signs  []float64 `json:"signs"`  // expected of sums of random signs with the weights of the vectors
	Best   float64   `json:"best"`
}

func (t *tailCount) add(o tailCount) {
	if t.Above == nil {
		n := len(tailSteps())
		t.Above, t.Normal, t.Signs = make([]int64, n), make([]float64, n), make([]float64, n)
	}
	t.Scans += o.Scans
	t.Scores += o.Scores
	t.Best = max(t.Best, o.Best)
	for i := range o.Above {
		t.Above[i] += o.Above[i]
		t.Normal[i] += o.Normal[i]
		t.Signs[i] += o.Signs[i]
	}
}

// tails are the counts of one file: with keys that share the sync set of its title, which a reader finds the marks of
// the file by, and with keys that have nothing in common with it.
type tails struct {
	SameSync tailCount `json:"same_sync"`
	Foreign  tailCount `json:"foreign"`
}

// countTail compares a vector with all tags of a registry.
func countTail(ctx context.Context, r *code.Registry, v *code.Vector) (tailCount, error) {
	scan, err := r.Scan(ctx, v)
	if err != nil {
		return tailCount{}, fmt.Errorf("scan: %w", err)
	}
	if len(scan.Best) == 0 { // no evidence at all: every score is 0
		return tailCount{}, nil
	}
	rounded, err := code.Round(v)
	if err != nil {
		return tailCount{}, fmt.Errorf("scan: %w", err)
	}
	var t tailCount
	t.add(tailCount{Scans: 1, Scores: int64(scan.Tags), Best: scan.Best[0].Score})
	fourth := fourthPower(rounded)
	for i, z := range tailSteps() {
		t.Above[i] = scan.Histogram.Above(z)
		t.Normal[i] = float64(scan.Tags) * normalTail(z)
		t.Signs[i] = float64(scan.Tags) * signTail(z, fourth)
	}
	return t, nil
}

// fourthPower is the sum of w^4 over the weights that chips have in a score, found by turning over one chip at a time.
func fourthPower(r *code.Rounded) float64 {
	var word code.Word
	all := r.Score(&word)
	var sum float64
	for i := range code.Chips {
		word[i/64] ^= 1 << (i % 64)
		w := (all - r.Score(&word)) / 2
		word[i/64] ^= 1 << (i % 64)
		sum += w * w * w * w
	}
	return sum
}

// tail reads a file with many keys that nothing was marked with, and counts the scores of unrelated tags.
func (o *office) tail(ctx context.Context, x exam, keys int, registry func() (*code.Registry, error)) (tails, bool, error) {
	t, err := o.title(ctx, x.clip)
	if err != nil {
		return tails{}, false, err
	}
	key := o.w.ledger.withEngine(fmt.Sprintf("tail of %s with %d keys and %d tags, title %s, leak %s ffmpeg %s",
		x, keys, o.tags, t.ID, o.leaks.print, o.w.ffmpeg))
	fresh := !o.w.ledger.has(key)
	result, err := once(o.w.ledger, key, func() (tails, error) { return o.countTails(ctx, x, t, keys, registry) })
	return result, fresh, err
}

func (o *office) countTails(ctx context.Context, x exam, t engine.Title, keys int, registry func() (*code.Registry, error)) (tails, error) {
	path, err := o.make(ctx, x)
	if err != nil {
		return tails{}, err
	}
	sync, err := o.syncSet(ctx, t.ID)
	if err != nil {
		return tails{}, err
	}
	words, err := registry()
	if err != nil {
		return tails{}, err
	}
	a, err := analyse(ctx, o.w.tools, path)
	if err != nil {
		return tails{}, err
	}
	var result tails
	for k := range keys {
		set, into := sync, &result.SameSync
		if k%2 == 1 {
			set, into = watermark.NewSyncSet(secretOf("sync", x, k)), &result.Foreign
		}
		key := watermark.NewKey(secretOf("message", x, k), set)
		v, err := reading(a, key, watermark.Shape{Aspect: t.Original.Aspect(), Length: max(t.Duration, time.Second)}, watermark.AsIs)
		if err != nil {
			return tails{}, err
		}
		count, err := countTail(ctx, words, v)
		if err != nil {
			return tails{}, err
		}
		into.add(count)
	}
	return result, nil
}

// secretOf draws a secret that belongs to no title: another for every file and key, so that no two vectors that are
// compared with the same tags have anything in common.
func secretOf(what string, x exam, k int) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "spoor-bench %s key %d of %s", what, k, x))
}

// syncSet returns the sync set of a title.
func (o *office) syncSet(ctx context.Context, titleID string) (*watermark.SyncSet, error) {
	store, err := storage.Open(ctx, filepath.Join(o.base, "home"))
	if err != nil {
		return nil, err
	}
	key, err := store.TitleKey(titleID)
	if closing := store.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	return watermark.NewSyncSet([32]byte(key.Sync)), nil
}

// nobody lists tags that nobody has.
func nobody(n int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			if !yield(fmt.Sprintf("nobody-%07d", i), nil) {
				return
			}
		}
	}
}
