// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"encoding/binary"
	"time"
)

// Marker marks frames, one at a time, without allocating. It holds the scratch memory of one goroutine.
type Marker struct {
	*shrinker
	e     *Embedder
	times *timetable
	mask  *mask
	mix   tile    // the pattern of this moment
	delta []int32 // the mark on the canonical grid, in 1/256 grey levels
	upper laneRow
	lower laneRow
}

// laneRow is one canonical row of the mark, stretched to the width of the frame: 1/16 grey levels plus 256, in
// lanes of 16 bits; of each eight columns the even ones are in one word, the odd ones in the next.
type laneRow struct {
	row   int // which one it holds; -1 none
	words []uint64
}

// Eight samples are worked on at a time, as two words of four lanes.
const (
	laneBytes = 0x00ff00ff00ff00ff
	laneHigh  = 0x8000800080008000
	laneOnes  = 0x0001000100010001
	laneBias  = 256  // of a stretched row, in 1/16 grey levels
	mostMark  = 4080 // in 1/256 grey levels: what a lane can hold
)

// NewMarker makes a Marker.
func (e *Embedder) NewMarker() *Marker {
	words := (e.format.Width + 7) / 8 * 2
	return &Marker{
		shrinker: newShrinker(e.format, e.cw, e.ch), e: e, times: newTimetable(e.key), mask: newMask(e.cw, e.ch, e.rule),
		mix: make(tile, Period*Period), delta: make([]int32, e.cw*e.ch),
		upper: laneRow{words: make([]uint64, words)}, lower: laneRow{words: make([]uint64, words)},
	}
}

// Mark adds the mark to a luma plane in place. plane holds Width*Height samples, row by row without gaps; at is
// the frame's time from the start of the title.
func (m *Marker) Mark(plane []byte, at time.Duration) error {
	if err := m.shrink(plane); err != nil {
		return err
	}
	m.mask.compute(m.small)
	m.pattern(m.times.at(at.Seconds()))
	if m.e.format.Depth == 8 {
		m.add8(plane)
	} else {
		m.add16(plane)
	}
	return nil
}

// pattern multiplies the mixed tile by the mask into delta.
func (m *Marker) pattern(now moment) {
	a, b := m.e.tiles[now.first], m.e.tiles[now.second]
	for i := range m.mix {
		m.mix[i] = 256 * (now.cos*a[i] + now.sin*b[i])
	}
	cw := m.e.cw
	for y := range m.e.ch {
		row := m.mix[y%Period*Period:][:Period]
		strength := m.mask.strength[y/2*m.mask.w:][:m.mask.w]
		out := m.delta[y*cw:][:cw]
		for x, s := range strength {
			t := (2 * x) % Period
			out[2*x] = int32(min(max(s*row[t], -mostMark), mostMark))
			out[2*x+1] = int32(min(max(s*row[t+1], -mostMark), mostMark))
		}
	}
	m.upper.row, m.lower.row = -1, -1
}

// stretch brings one canonical row of the mark to the width of the frame.
func (m *Marker) stretch(into *laneRow, row int) {
	if into.row == row {
		return
	}
	into.row = row
	line := m.delta[row*m.e.cw:][:m.e.cw]
	taps := m.e.across
	i := 0
	for ; i+8 <= len(taps); i += 8 {
		t := taps[i:][:8]
		into.words[i/4] = t[0].lane(line) | t[2].lane(line)<<16 | t[4].lane(line)<<32 | t[6].lane(line)<<48
		into.words[i/4+1] = t[1].lane(line) | t[3].lane(line)<<16 | t[5].lane(line)<<32 | t[7].lane(line)<<48
	}
	if i < len(taps) {
		into.words[i/4], into.words[i/4+1] = 0, 0
		for j, t := range taps[i:] {
			into.words[i/4+j&1] |= t.lane(line) << (8 * (j &^ 1))
		}
	}
}

// lane is the mark at one column of the frame.
func (t tap) lane(line []int32) uint64 {
	a, b := line[t.from], line[t.from+1]
	return uint64(uint32((a+(b-a)*t.share>>8)>>4 + laneBias))
}

// between makes upper and lower the canonical rows that row y of the frame lies between.
func (m *Marker) between(y int) (share uint64) {
	t := m.e.down[y]
	if m.lower.row == int(t.from) {
		m.upper, m.lower = m.lower, m.upper
	}
	m.stretch(&m.upper, int(t.from))
	m.stretch(&m.lower, int(t.from)+1)
	return uint64(t.share) / 2
}

func (m *Marker) add8(plane []byte) {
	w := m.e.format.Width
	for y := range m.e.format.Height {
		below := m.between(y)
		above := 128 - below
		row := plane[y*w:][:w]
		a, b := m.upper.words, m.lower.words
		b = b[:len(a)]
		i := 0
		for ; i+8 <= len(row); i += 8 {
			mark := a[i/4:][:2]
			lower := b[i/4:][:2]
			pixels := binary.LittleEndian.Uint64(row[i:])
			v := addMark(pixels, mark[0]*above+lower[0]*below, mark[1]*above+lower[1]*below)
			binary.LittleEndian.PutUint64(row[i:], v)
		}
		if i < len(row) {
			var last [8]byte
			copy(last[:], row[i:])
			mark, lower := a[i/4:][:2], b[i/4:][:2]
			v := addMark(binary.LittleEndian.Uint64(last[:]), mark[0]*above+lower[0]*below, mark[1]*above+lower[1]*below)
			binary.LittleEndian.PutUint64(last[:], v)
			copy(row[i:], last[:])
		}
	}
}

// addMark adds the mark, in 1/2048 grey levels plus 16 levels, to eight samples, rounds, and keeps them within a
// byte.
func addMark(pixels, evenMark, oddMark uint64) uint64 {
	even, odd := sumLanes(pixels&laneBytes, evenMark), sumLanes(pixels>>8&laneBytes, oddMark)
	const above255 = laneOnes * (0x7fff - 255) // carries into the high bit
	over := (even&^laneHigh + above255) | (odd&^laneHigh + above255)
	if even&odd&laneHigh != laneHigh || over&laneHigh != 0 {
		return clampLanes(even) | clampLanes(odd)<<8
	}
	return even&^laneHigh | odd&^laneHigh<<8
}

// sumLanes adds four samples and four marks. The high bit of a lane is set unless its sum is negative.
func sumLanes(pixels, mark uint64) uint64 {
	const nineBits, twelveBits = laneOnes * 511, laneOnes * 4095
	v := (pixels<<4 + mark>>7&nineBits + laneOnes*8) >> 4 & twelveBits
	return (v | laneHigh) - laneOnes*laneBias/16
}

// clampLanes cuts lanes to 0..255; a lane whose high bit is gone was negative.
func clampLanes(v uint64) (out uint64) {
	for s := 0; s < 64; s += 16 {
		lane := v >> s & 0xffff
		if lane&0x8000 != 0 {
			out |= min(lane&0x7fff, 255) << s
		}
	}
	return out
}

func (m *Marker) add16(plane []byte) {
	w := m.e.format.Width
	deep := m.e.format.Depth - 8
	top := int32(1)<<m.e.format.Depth - 1
	for y := range m.e.format.Height {
		t := m.e.down[y]
		a := m.delta[int(t.from)*m.e.cw:][:m.e.cw]
		b := m.delta[int(t.from+1)*m.e.cw:][:m.e.cw]
		row := plane[2*y*w:][:2*w]
		for x, c := range m.e.across {
			upper := a[c.from] + (a[c.from+1]-a[c.from])*c.share>>8
			lower := b[c.from] + (b[c.from+1]-b[c.from])*c.share>>8
			d := upper + (lower-upper)*t.share>>8
			v := int32(binary.LittleEndian.Uint16(row[2*x:])) + (d<<deep+128)>>8
			binary.LittleEndian.PutUint16(row[2*x:], uint16(min(max(v, 0), top)))
		}
	}
}
