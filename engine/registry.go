// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"fmt"
	"iter"

	"spoor/engine/code"
)

// registry returns the codewords of all tags of a title, in the order of the registry: the word at index i belongs to
// the tag with the ordinal i+1. What was computed before comes from the home's cache; the rest is added to it.
func (e *Engine) registry(ctx context.Context, titleID string, key code.Key, report func(Progress)) (*code.Registry, error) {
	count, err := e.store.TagCount(ctx, titleID)
	if err != nil {
		return nil, err
	}
	path, err := e.store.CachePath("codewords", titleID)
	if err != nil {
		return nil, err
	}
	r := code.LoadRegistry(path, key)
	if ok, err := e.agrees(ctx, r, titleID, count); err != nil {
		return nil, err
	} else if !ok {
		r = code.NewRegistry(key)
	}
	missing := count - int64(r.Len())
	if missing == 0 {
		return r, nil
	}
	r.Reserve(int(missing))
	meter := newMeter(report, "computing codewords", missing)
	if err := r.Append(ctx, counted(e.store.EachTagText(ctx, titleID, int64(r.Len())), meter)); err != nil {
		return nil, fmt.Errorf("codewords of the title %s: %w", titleID, err)
	}
	if err := r.Save(path); err != nil { // only the time is lost
		e.log.Warn("the codewords could not be kept for next time", "file", path, "error", err)
	}
	return r, nil
}

// agrees checks some words of a cache against the tags they should belong to.
func (e *Engine) agrees(ctx context.Context, r *code.Registry, titleID string, count int64) (bool, error) {
	n := int64(r.Len())
	if n > count {
		return false, nil
	}
	for _, i := range []int64{0, n / 3, n / 2, n - 1} {
		if i < 0 || i >= n {
			continue
		}
		tag, err := e.store.TagByOrdinal(ctx, titleID, i+1)
		if err != nil {
			return false, err
		}
		if !r.Is(int(i), tag.Text) {
			return false, nil
		}
	}
	return true, nil
}

func counted[T any](seq iter.Seq2[T, error], m *meter) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var n int64
		for item, err := range seq {
			n++
			if n%1024 == 0 {
				m.at(n)
			}
			if !yield(item, err) {
				return
			}
		}
		m.at(n)
	}
}
