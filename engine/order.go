// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"math/bits"
	"time"

	"spoor/engine/media"
	"spoor/engine/watermark"
)

// The ways of reading, as findings name them.
const (
	auto     = "auto"
	informed = "informed"
	blind    = "blind"
)

// mostUnseen is how many windows are compared with the originals in vain before the rest is left to the blind reader.
const mostUnseen = 4

// run takes steps from the cheapest to the most expensive until a tag is certain, or all are taken.
func (t *trace) run(ctx context.Context) error {
	plan := t.plan()
	meter := newMeter(t.options.Progress, "tracing", int64(len(plan)))
	for i, s := range plan {
		if !t.options.Full && t.certain() {
			break
		}
		if t.state.Done[s] || t.needless(s) {
			continue
		}
		if err := t.step(ctx, s); err != nil {
			return err
		}
		t.state.Done[s] = true
		if err := t.checkpoint(ctx, i+1, len(plan)); err != nil {
			return err
		}
		meter.at(int64(i + 1))
	}
	if t.state.frames() == 0 {
		return &media.Error{
			Kind: media.Damaged, File: t.options.Leak, What: "no picture could be decoded", Do: "try another copy of the file",
		}
	}
	if !t.state.Shown && !t.certain() && t.options.part == nil {
		return &media.Error{
			Kind: media.Damaged, File: t.options.Leak, What: "what can be decoded shows nothing but one even colour",
			Do: "try another copy of the file",
		}
	}
	return t.conclude(ctx)
}

// step takes one step. Where the blind reader sees a mark of which nothing was seen before, the informed one starts
// from what it saw.
func (t *trace) step(ctx context.Context, s step) error {
	if s.Informed {
		return t.informed(ctx, s)
	}
	if err := t.take(ctx, s); err != nil || t.options.Method == blind {
		return err
	}
	return t.helped(ctx, s)
}

// needless tells whether a step can be left out after what was seen.
func (t *trace) needless(s step) bool {
	switch {
	case t.state.End > 0 && s.Window >= t.state.End:
		return true
	case s.Informed:
		return !t.options.Full && t.state.Unseen >= mostUnseen && !t.aligned()
	case s.Effort > watermark.AsIs && !t.state.Shown:
		return true
	case t.options.Full && (s.Effort > watermark.AsIs || t.options.Method != blind):
		return t.knows(s.Window)
	}
	return false
}

// plan lists the steps in their order: first against the originals, at places spread over the leak; then from the mark
// alone, the whole picture first, then a search for it at the first few places, then the deep search.
func (t *trace) plan() []step {
	windows := t.windows()
	quick, search, deep := quickWindows, searchWindows, deepWindows
	if t.options.Full {
		quick, search, deep = windows, windows, windows
	}
	spread := spreadOver(windows, min(quick, windows))
	var plan []step
	if t.options.Method != blind {
		for _, w := range spread {
			plan = append(plan, step{Window: w, Informed: true})
		}
	}
	for i, w := range spread {
		if t.options.Method != informed || i < search {
			plan = append(plan, step{Window: w, Effort: watermark.AsIs})
		}
	}
	for i, w := range spread {
		if i < search {
			plan = append(plan, step{Window: w, Effort: watermark.Search})
		}
	}
	for i, w := range spread {
		if i < deep && (!t.options.Full || i < searchWindows) {
			plan = append(plan, step{Window: w, Effort: watermark.Deep})
		}
	}
	return plan
}

func (t *trace) windows() int {
	n := int(min((t.info.Duration+windowLength-windowLength/4)/windowLength, mostWindows))
	return max(n, 1)
}

// stretch is where a window begins, and how long it is: the short rest of a leak belongs to the last one.
func (t *trace) stretch(window int) (from, length time.Duration) {
	from, length = time.Duration(window)*windowLength, windowLength
	if t.windows() == window+1 {
		length += windowLength / 4
	}
	return from, length
}

// spreadOver returns k of n windows, each far from those before it: the bit-reversed numbers, which fill a range
// evenly at every stage. The first few are always there, since a file may claim to be longer than it is.
func spreadOver(n, k int) []int {
	if n == 1 {
		return []int{0}
	}
	width := bits.Len(uint(n - 1))
	var out []int
	taken := make(map[int]bool)
	add := func(w int) {
		if w < n && !taken[w] && len(out) < k {
			taken[w] = true
			out = append(out, w)
		}
	}
	for i := 1; i < 1<<width && len(out) < k-1; i++ {
		add(int(bits.Reverse64(uint64(i)) >> (64 - width)))
	}
	add(0)
	for w := range n {
		add(w)
	}
	return out
}

// certain tells whether a tag has been named.
func (t *trace) certain() bool {
	for _, v := range t.state.Titles {
		if len(v.Named) > 0 {
			return true
		}
	}
	return false
}

// aligned tells whether any window was laid over a title.
func (t *trace) aligned() bool {
	for _, v := range t.state.Titles {
		if len(v.Aligned) > 0 {
			return true
		}
	}
	return false
}

// knows tells whether a window shows a mark clearly already.
func (t *trace) knows(window int) bool {
	for _, v := range t.state.Titles {
		for _, w := range []*windowReading{v.Windows[window], v.Aligned[window]} {
			if w != nil && w.clarity() >= 1 {
				return true
			}
		}
	}
	return false
}

func (t *trace) checkpoint(ctx context.Context, done, all int) error {
	saved, err := t.state.save()
	if err != nil {
		return err
	}
	t.backtrace.Percentage = min(100*done/all, 99)
	if err := t.engine.store.UpdateBacktrace(ctx, &t.backtrace); err != nil {
		return err
	}
	return t.engine.store.SaveCheckpoint(ctx, &t.backtrace, saved)
}
