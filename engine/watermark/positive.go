// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import "encoding/binary"

// Add marks a rest as a copy of normal strength would be, so that it can be shown what a reader makes of a mark that is
// known to be there. The pattern is that of the rest's title time; aspect is the title's.
func (k *Key) Add(r *Rest, word *Word, aspect float64) error {
	const deep = 16 // bits a sample: less than a grey level must count
	e, err := NewEmbedder(k, word, Format{Width: r.W, Height: r.H, Aspect: aspect, Depth: deep}, Normal)
	if err != nil {
		return err
	}
	plane := make([]byte, 2*len(r.Original))
	for i, v := range r.Original {
		binary.LittleEndian.PutUint16(plane[2*i:], uint16(v)<<(deep-8))
	}
	if err := e.NewMarker().Mark(plane, r.Title); err != nil {
		return err
	}
	for i, v := range r.Original {
		marked := float32(binary.LittleEndian.Uint16(plane[2*i:])) / (1 << (deep - 8))
		r.Pix[i] += r.Shown[i] * (marked - float32(v))
	}
	return nil
}
