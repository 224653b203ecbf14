// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"fmt"
)

// The sizes of pictures that carry a mark, in samples of the longer and the shorter side.
const (
	MinLong  = 160
	MinShort = 90
	MaxLong  = 8192
)

// Format describes the luma planes of a title.
type Format struct {
	Width, Height int
	Aspect        float64 // of the picture as shown, width by height; 0: Width by Height
	Depth         int     // bits a sample: 8, or up to 16 in two bytes, low byte first
	Room          float64 // 0 to 1: how much more than usual busy ground may carry, as a Survey found; readers need not know
}

// Embedder adds the mark of one codeword to the luma planes of one title. It may be used by many goroutines at
// once, each through a Marker of its own.
type Embedder struct {
	key    *Key
	format Format
	cw, ch int
	tiles  [Patterns]tile
	rule   visibility
	across []tap // for each column of the frame
	down   []tap
}

// tap says between which two canonical samples a sample of the frame lies: from + share/256 of a step.
type tap struct {
	from  int32
	share int32
}

// NewEmbedder prepares the copy of word. It fails on formats that cannot carry a mark.
func NewEmbedder(k *Key, word *Word, f Format, s Strength) (*Embedder, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	f.Aspect = f.aspect()
	e := &Embedder{key: k, format: f, rule: s.visibility(f.Room)}
	e.cw, e.ch = Canonical(f.Aspect)
	tiles, err := k.tiles(word, finest{0.45 * float64(f.Width) / float64(e.cw), 0.45 * float64(f.Height) / float64(e.ch)})
	if err != nil {
		return nil, err
	}
	e.tiles = tiles
	e.across, e.down = taps(f.Width, e.cw), taps(f.Height, e.ch)
	return e, nil
}

func (f Format) aspect() float64 {
	if f.Aspect == 0 {
		return float64(f.Width) / float64(f.Height)
	}
	return f.Aspect
}

// Check tells whether planes of this format can carry a mark.
func (f Format) Check() error {
	long, short := max(f.Width, f.Height), min(f.Width, f.Height)
	switch {
	case long < MinLong || short < MinShort:
		return fmt.Errorf("picture of %dx%d is too small to carry a mark: at least %dx%d is needed", f.Width, f.Height, MinLong, MinShort)
	case long > MaxLong:
		return fmt.Errorf("picture of %dx%d is too large: at most %d samples a side can be marked", f.Width, f.Height, MaxLong)
	case long > 10*short:
		return fmt.Errorf("picture of %dx%d is too narrow: the sides may differ by a factor of 10", f.Width, f.Height)
	case f.Depth < 8 || f.Depth > 16:
		return fmt.Errorf("%d bits a sample cannot be marked: 8 to 16 can", f.Depth)
	}
	return nil
}

// taps lays n samples over m canonical ones, centre to centre.
func taps(n, m int) []tap {
	out := make([]tap, n)
	for i := range out {
		p := (float64(i)+0.5)*float64(m)/float64(n) - 0.5
		p = min(max(p, 0), float64(m)-1.001)
		out[i] = tap{from: int32(p), share: int32((p - float64(int(p))) * 256)}
	}
	return out
}
