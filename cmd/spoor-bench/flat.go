// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/binary"
	"math"
	"time"

	"spoor/engine/watermark"
)

const (
	flatBlock     = 16   // samples a side
	flatDeviation = 2.5  // grey levels: blocks of the original with less are flat
	flatFrame     = 0.01 // share of flat blocks from which on a frame can be the worst
	slotBorder    = 250 * time.Millisecond
	cut           = 10.0 // grey levels: flat ground that changes by more from one frame to the next is another scene
)

// flatFigures say how a mark shows on flat ground, in grey levels of 255.
type flatFigures struct {
	Share  float64 `json:"share"`  // of the picture that is flat, mean over frames
	RMS    float64 `json:"rms"`    // of the mark there
	Border float64 `json:"border"` // mean change of the mark from frame to frame within 0.25 s of a slot's border
	Inside float64 `json:"inside"` // likewise, elsewhere
	Worst  float64 `json:"worst"`  // mean over the flat ground of the worst frame

	WorstAt time.Duration `json:"worst_at"`
	Steady  float64       `json:"steady"` // of the worst frame that is not the first after a cut
}

// ratio is the flicker at the borders over that inside; 0 where it cannot be told.
func (f flatFigures) ratio() float64 {
	if f.Inside == 0 {
		return 0
	}
	return f.Border / f.Inside
}

// flatWatch follows the mark on flat ground through a clip, frame by frame in their order.
type flatWatch struct {
	width, height int
	depth         int

	mark, last   []int16 // of this and the last frame, in steps of the sample depth
	plain        []byte  // the last frame without the mark
	flat, before []bool  // blocks of this and the last frame
	frames       int

	share, squares float64
	pixels         int64 // that squares is over
	border, inside mean
	worst, steady  float64
	worstAt        time.Duration
}

// mean is a mean that grows.
type mean struct {
	sum float64
	n   int64
}

func (m *mean) add(sum float64, n int64) { m.sum, m.n = m.sum+sum, m.n+n }

func (m *mean) value() float64 {
	if m.n == 0 {
		return 0
	}
	return m.sum / float64(m.n)
}

func newFlatWatch(width, height, depth int) *flatWatch {
	blocks := (width / flatBlock) * (height / flatBlock)
	return &flatWatch{
		width: width, height: height, depth: depth,
		mark: make([]int16, width*height), last: make([]int16, width*height),
		flat: make([]bool, blocks), before: make([]bool, blocks),
	}
}

// add takes the next frame: its luma without and with the mark.
func (w *flatWatch) add(plain, marked []byte, at time.Duration) {
	w.mark, w.last = w.last, w.mark
	w.flat, w.before = w.before, w.flat
	across := w.width / flatBlock
	var change, scene mean
	for i := range w.flat {
		x, y := i%across*flatBlock, i/across*flatBlock
		w.flat[i] = w.block(plain, marked, x, y)
		if w.flat[i] && w.before[i] && w.frames > 0 {
			change.add(w.change(x, y), flatBlock*flatBlock)
			scene.add(w.scene(plain, x, y), flatBlock*flatBlock)
		}
	}
	w.frames++
	w.plain = append(w.plain[:0], plain...)
	if change.n == 0 {
		return
	}
	if nearBorder(at) {
		w.border.add(change.sum, change.n)
	} else {
		w.inside.add(change.sum, change.n)
	}
	if float64(change.n) < flatFrame*float64(w.width*w.height) {
		return
	}
	if change.value() > w.worst {
		w.worst, w.worstAt = change.value(), at
	}
	if scene.value() <= cut {
		w.steady = max(w.steady, change.value())
	}
}

// block notes the mark of a block and reports whether the block is flat.
func (w *flatWatch) block(plain, marked []byte, x0, y0 int) bool {
	var sum, squares, energy int64
	for y := y0; y < y0+flatBlock; y++ {
		for i := y*w.width + x0; i < y*w.width+x0+flatBlock; i++ {
			p := int64(w.sample(plain, i))
			d := int64(w.sample(marked, i)) - p
			w.mark[i] = int16(d)
			sum, squares, energy = sum+p, squares+p*p, energy+d*d
		}
	}
	const n = flatBlock * flatBlock
	level := float64(int(1) << (w.depth - 8))
	variance := (float64(squares) - float64(sum)*float64(sum)/n) / n / (level * level)
	if variance >= flatDeviation*flatDeviation {
		return false
	}
	w.share += n / float64(w.width*w.height)
	w.squares += float64(energy) / (level * level)
	w.pixels += n
	return true
}

func (w *flatWatch) sample(plane []byte, i int) int {
	if w.depth == 8 {
		return int(plane[i])
	}
	return int(binary.LittleEndian.Uint16(plane[2*i:]))
}

// change sums how far the mark of a block moved since the last frame, in grey levels.
func (w *flatWatch) change(x0, y0 int) float64 {
	var sum int64
	for y := y0; y < y0+flatBlock; y++ {
		now, last := w.mark[y*w.width+x0:][:flatBlock], w.last[y*w.width+x0:][:flatBlock]
		for i, v := range now {
			d := int64(v) - int64(last[i])
			sum += max(d, -d)
		}
	}
	return float64(sum) / float64(int(1)<<(w.depth-8))
}

// scene sums how far the picture of a block changed since the last frame, in grey levels.
func (w *flatWatch) scene(plain []byte, x0, y0 int) float64 {
	sum := 0
	for y := y0; y < y0+flatBlock; y++ {
		for i := y*w.width + x0; i < y*w.width+x0+flatBlock; i++ {
			d := w.sample(plain, i) - w.sample(w.plain, i)
			sum += max(d, -d)
		}
	}
	return float64(sum) / float64(int(1)<<(w.depth-8))
}

// nearBorder tells whether a pattern begins or ends near a time. At the very start nothing changes.
func nearBorder(at time.Duration) bool {
	const slot = time.Duration(watermark.SlotSeconds * float64(time.Second))
	if at < slot/2 {
		return false
	}
	off := at % slot
	return min(off, slot-off) <= slotBorder
}

func (w *flatWatch) figures() flatFigures {
	f := flatFigures{Border: w.border.value(), Inside: w.inside.value(), Worst: w.worst, WorstAt: w.worstAt, Steady: w.steady}
	if w.frames > 0 {
		f.Share = w.share / float64(w.frames)
	}
	if w.pixels > 0 {
		f.RMS = math.Sqrt(w.squares / float64(w.pixels))
	}
	return f
}
