// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
)

// Registry holds the codewords of all tags of a title, in registry order: the word at
// index i belongs to the i-th tag appended, from 0. It takes 128 bytes of
// memory a tag. Any number of goroutines may scan it at once, but not while
// another appends.
type Registry struct {
	key   Key
	words []Word
	file  cacheFile
}

// NewRegistry returns an empty registry for a title's key.
func NewRegistry(k Key) *Registry { return &Registry{key: k} }

// Format says how many tags there are, whatever the verb: printing a registry
// gives away neither key nor words.
func (r *Registry) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "registry of %d tags", len(r.words)) }

// Len returns the number of tags.
func (r *Registry) Len() int { return len(r.words) }

// Word returns the word at an index, 0..Len()-1.
func (r *Registry) Word(index int) Word { return r.words[index] }

// Is says whether the word at an index is that of a tag, recomputed from its
// text. Check it before naming anybody: it catches a cache file that belongs
// to another list of tags.
func (r *Registry) Is(index int, tag string) bool {
	return index >= 0 && index < len(r.words) && r.words[index] == r.key.Word(tag)
}

// Reserve makes room for so many more tags, so that appending them moves nothing: half the memory, at its peak.
func (r *Registry) Reserve(tags int) { r.words = slices.Grow(r.words, max(tags, 0)) }

// appendRound is how many tags are turned into words at a time: while one round is
// computed, the next is read.
const appendRound = 1 << 14

// Append adds tags in their order, computing their words on all cores while it
// reads on: a million take about a second. It stops at the first error of the
// sequence or when the context ends; the tags read before that are in.
func (r *Registry) Append(ctx context.Context, tags iter.Seq2[string, error]) error {
	running := r.startRound(nil)
	finish := func() { r.words = running() }
	batch := make([]string, 0, appendRound)
	var err error
	for tag, tagErr := range tags {
		if err = tagErr; err == nil {
			err = ctx.Err()
		}
		if err != nil {
			break
		}
		if batch = append(batch, tag); len(batch) == cap(batch) {
			finish()
			running = r.startRound(batch)
			batch = make([]string, 0, appendRound)
		}
	}
	finish()
	r.words = r.startRound(batch)()
	if err != nil {
		return fmt.Errorf("reading tags after the first %d: %w", len(r.words), err)
	}
	return nil
}

// startRound begins to compute words, behind those that are there, and returns the function that waits for them and
// gives all.
func (r *Registry) startRound(tags []string) func() []Word {
	n := len(r.words)
	all := slices.Grow(r.words, len(tags))[:n+len(tags)]
	words := all[n:]
	workers := min(runtime.GOMAXPROCS(0), (len(tags)+63)/64)
	group := new(sync.WaitGroup)
	for i := range workers {
		from, to := i*len(tags)/workers, (i+1)*len(tags)/workers
		group.Go(func() {
			d := newDeriver(&r.key)
			for j := from; j < to; j++ {
				d.word(tags[j], &words[j])
			}
		})
	}
	return func() []Word {
		group.Wait()
		return all
	}
}
