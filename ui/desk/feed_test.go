// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/ui/desk"
)

// numbers loads the numbers below end in pages of 100.
func numbers(end int) func(context.Context, *int) ([]int, error) {
	return func(_ context.Context, last *int) (page []int, _ error) {
		from := 0
		if last != nil {
			from = *last + 1
		}
		for i := from; i < min(from+100, end); i++ {
			page = append(page, i)
		}
		return page, nil
	}
}

func idle[T any](f *desk.Feed[T]) func() bool {
	return func() bool { loading, _, _ := f.Status(); return !loading }
}

func TestFeedReadsAsFarAsIsLookedAt(t *testing.T) {
	changes := newBell()
	f := desk.NewFeed(numbers(1000), changes.ring)
	defer f.Close()
	require.Zero(t, f.Len())
	changes.wait(func() bool { return f.Len() == 100 })
	row, ok := f.At(10)
	require.True(t, ok)
	require.Equal(t, 10, row)
	changes.wait(idle(f))
	require.Equal(t, 100, f.Len(), "nobody looked near the end")
	f.At(99)
	changes.wait(func() bool { return f.Len() == 200 })
	_, ok = f.At(1000)
	require.False(t, ok)
}

func TestFeedEnds(t *testing.T) {
	changes := newBell()
	f := desk.NewFeed(numbers(30), changes.ring)
	defer f.Close()
	changes.wait(func() bool { f.At(29); _, whole, _ := f.Status(); return whole })
	require.Equal(t, 30, f.Len())
}

func TestFeedReloadsWhatWasRead(*testing.T) {
	changes := newBell()
	var end atomic.Int64
	end.Store(120)
	f := desk.NewFeed(func(ctx context.Context, last *int) ([]int, error) { return numbers(int(end.Load()))(ctx, last) }, changes.ring)
	defer f.Close()
	changes.wait(func() bool { f.At(f.Len() - 1); return f.Len() == 120 })
	end.Store(150)
	f.Reload()
	changes.wait(func() bool { f.At(f.Len() - 1); return f.Len() == 150 })
}

func TestFeedTellsItsErrorAndTriesAgain(t *testing.T) {
	changes := newBell()
	broken := errors.New("broken")
	var failing atomic.Bool
	failing.Store(true)
	f := desk.NewFeed(func(ctx context.Context, last *int) ([]int, error) {
		if failing.Load() {
			return nil, broken
		}
		return numbers(5)(ctx, last)
	}, changes.ring)
	defer f.Close()
	f.Len()
	changes.wait(func() bool { _, _, err := f.Status(); return err != nil })
	_, _, err := f.Status()
	require.ErrorIs(t, err, broken)
	require.Zero(t, f.Len(), "it does not try again by itself")
	failing.Store(false)
	f.Reload()
	changes.wait(func() bool { return f.Len() == 5 })
}
