// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"encoding/binary"
	"fmt"
)

// shrinker makes canonical pictures of frames, one at a time, without allocating.
type shrinker struct {
	format     Format
	cw         int
	cols, rows []area    // of the frame, for each canonical column and row
	small      []float32 // the canonical picture
	sums       []uint32  // a row of sums over an area's rows
	lanes      []uint64
}

func newShrinker(f Format, cw, ch int) *shrinker {
	words := (f.Width + 7) / 8 * 2
	return &shrinker{
		format: f, cw: cw, cols: areas(f.Width, cw), rows: areas(f.Height, ch),
		small: make([]float32, cw*ch), sums: make([]uint32, 4*words), lanes: make([]uint64, words),
	}
}

// area is a run of samples of the frame: from, to (not included) and what one of them weighs.
type area struct {
	from, to int
	weight   float32
}

// areas cuts n samples into m runs of at least one.
func areas(n, m int) []area {
	out := make([]area, m)
	for c := range out {
		from, to := c*n/m, (c+1)*n/m
		to = max(to, from+1)
		out[c] = area{from: from, to: to, weight: 1 / float32(to-from)}
	}
	return out
}

// shrink averages a plane of Width*Height samples, row by row without gaps, into the canonical picture, in grey levels
// of 255. Areas are whole samples: the mask needs no more.
func (s *shrinker) shrink(plane []byte) error {
	f := s.format
	bytes := 1
	if f.Depth > 8 {
		bytes = 2
	}
	if len(plane) != f.Width*f.Height*bytes {
		return fmt.Errorf("luma plane of %d bytes where %dx%d at %d bits needs %d",
			len(plane), f.Width, f.Height, f.Depth, f.Width*f.Height*bytes)
	}
	depth := float32(int(1) << (s.format.Depth - 8))
	for cy, r := range s.rows {
		if s.format.Depth == 8 {
			s.addRows8(plane, r.from, r.to)
		} else {
			s.addRows16(plane, r.from, r.to)
		}
		out := s.small[cy*s.cw:][:s.cw]
		scale := r.weight / depth
		for cx, c := range s.cols {
			var sum uint32
			for _, v := range s.sums[c.from:c.to] {
				sum += v
			}
			out[cx] = float32(sum) * scale * c.weight
		}
	}
	return nil
}

// addRows8 sums rows into sums.
func (s *shrinker) addRows8(plane []byte, from, to int) {
	w := s.format.Width
	clear(s.lanes)
	whole := w / 8
	for y := from; y < to; y++ {
		row := plane[y*w:][:w]
		lanes := s.lanes[:2*whole]
		for i := 0; i+1 < len(lanes); i += 2 {
			v := binary.LittleEndian.Uint64(row[4*i:])
			lanes[i] += v & laneBytes
			lanes[i+1] += v >> 8 & laneBytes
		}
	}
	for i := range whole {
		even, odd := s.lanes[2*i], s.lanes[2*i+1]
		out := s.sums[8*i:][:8]
		out[0], out[1] = uint32(even&0xffff), uint32(odd&0xffff)
		out[2], out[3] = uint32(even>>16&0xffff), uint32(odd>>16&0xffff)
		out[4], out[5] = uint32(even>>32&0xffff), uint32(odd>>32&0xffff)
		out[6], out[7] = uint32(even>>48), uint32(odd>>48)
	}
	for x := 8 * whole; x < w; x++ {
		s.sums[x] = 0
		for y := from; y < to; y++ {
			s.sums[x] += uint32(plane[y*w+x])
		}
	}
}

func (s *shrinker) addRows16(plane []byte, from, to int) {
	w := s.format.Width
	sums := s.sums[:w]
	clear(sums)
	for y := from; y < to; y++ {
		row := plane[2*y*w:][:2*w]
		for x := range sums {
			sums[x] += uint32(binary.LittleEndian.Uint16(row[2*x:]))
		}
	}
}
