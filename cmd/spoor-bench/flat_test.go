// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// plane makes samples of the depth from levels of 255.
func plane(levels []int, depth int) []byte {
	if depth == 8 {
		out := make([]byte, len(levels))
		for i, v := range levels {
			out[i] = byte(v)
		}
		return out
	}
	out := make([]byte, 2*len(levels))
	for i, v := range levels {
		binary.LittleEndian.PutUint16(out[2*i:], uint16(v<<(depth-8)))
	}
	return out
}

// TestFlatWatch looks at a picture whose left half is flat and whose right half is a chessboard; the mark is 1 on the
// first frame, -1 from then on, and a jump at a slot's border makes it 2.
func TestFlatWatch(t *testing.T) {
	const w, h = 64, 32
	for _, depth := range []int{8, 10} {
		watch := newFlatWatch(w, h, depth)
		frame := func(level, mark int) (plain, marked []byte) {
			a, b := make([]int, w*h), make([]int, w*h)
			for i := range a {
				a[i] = level
				if i%w >= w/2 {
					a[i] = 60 + 80*((i+i/w)%2)
				}
				b[i] = a[i] + mark
			}
			return plane(a, depth), plane(b, depth)
		}
		for i, mark := range []int{1, -1, -1, 2, 2} {
			at := []time.Duration{0, time.Second, 2 * time.Second, 3100 * time.Millisecond, 4 * time.Second}[i]
			plain, marked := frame([]int{100, 100, 100, 120, 120}[i], mark)
			watch.add(plain, marked, at)
		}
		f := watch.figures()
		require.InDelta(t, 0.5, f.Share, 1e-9)
		require.InDelta(t, 3, f.Border, 1e-9)
		require.InDelta(t, 2.0/3, f.Inside, 1e-9)
		require.InDelta(t, 4.5, f.ratio(), 1e-9)
		require.InDelta(t, 3, f.Worst, 1e-9)
		require.Equal(t, 3100*time.Millisecond, f.WorstAt)
		require.InDelta(t, 2, f.Steady, 1e-9, "the worst is the first of another scene")
		require.InDelta(t, 1.4832, f.RMS, 1e-4) // the root of (1+1+1+4+4)/5
	}
	require.Zero(t, newFlatWatch(w, h, 8).figures())
}

func TestNearBorder(t *testing.T) {
	for at, want := range map[time.Duration]bool{
		0: false, 200 * time.Millisecond: false, 2700 * time.Millisecond: false, 2750 * time.Millisecond: true,
		3 * time.Second: true, 3250 * time.Millisecond: true, 3300 * time.Millisecond: false, 6 * time.Second: true,
	} {
		require.Equal(t, want, nearBorder(at), at)
	}
}
