// SPDX-License-Identifier: AGPL-3.0-or-later

package etsi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// PaceInfo is what a wmpi box in a segment says (5.5).
type PaceInfo struct {
	Offset    int64 `json:"offset"` // of the box in the file, in bytes
	Version   int   `json:"version"`
	Variant   int   `json:"variant"`
	Position  int   `json:"position"` // -1: not watermarked
	FirstPart bool  `json:"firstpart"`
	LastPart  bool  `json:"lastpart"`
}

const (
	paceBytes    = 5       // of the box's content
	noPosition   = 0x7fff  // all bits set
	wipedVersion = 0xff    // a packager overwrote the box, as it should
	maxBoxes     = 1 << 20 // of a file
	maxPaces     = 1 << 16
)

// ReadPaceInfo finds the wmpi boxes on the top level of an MP4 file or segment. A chain that is set up right leaves none; one
// that leaks them tells which variants a copy is made of.
func ReadPaceInfo(r io.ReaderAt, size int64) ([]PaceInfo, error) {
	var list []PaceInfo
	for offset, n := int64(0), 0; offset < size; n++ {
		if n > maxBoxes {
			return list, errors.New("the file has too many boxes")
		}
		header, length, kind, err := boxHeader(r, offset, size)
		if err != nil {
			return list, fmt.Errorf("at byte %d: %w", offset, err)
		}
		if kind == "wmpi" && length-header == paceBytes && len(list) < maxPaces {
			var b [paceBytes]byte
			if _, err := r.ReadAt(b[:], offset+header); err != nil {
				return list, fmt.Errorf("at byte %d: %w", offset, err)
			}
			if b[0] != wipedVersion {
				list = append(list, paceInfo(offset, b))
			}
		}
		offset += length
	}
	return list, nil
}

func paceInfo(offset int64, b [paceBytes]byte) PaceInfo {
	p := PaceInfo{
		Offset: offset, Version: int(b[0]), Variant: int(b[1]), Position: int(binary.BigEndian.Uint16(b[2:])) & noPosition,
		FirstPart: b[4]&0x40 != 0, LastPart: b[4]&0x20 != 0,
	}
	if p.Position == noPosition {
		p.Position = -1
	}
	return p
}

// boxHeader reads the header of a box: its own length, that of the whole box, and the kind.
func boxHeader(r io.ReaderAt, offset, size int64) (header, length int64, kind string, err error) {
	var b [16]byte
	if _, err := r.ReadAt(b[:8], offset); err != nil {
		return 0, 0, "", errors.New("the file ends within the header of a box")
	}
	header, length, kind = 8, int64(binary.BigEndian.Uint32(b[:])), string(b[4:8])
	switch length {
	case 0: // to the end
		length = size - offset
	case 1:
		if _, err := r.ReadAt(b[:], offset); err != nil {
			return 0, 0, "", errors.New("the file ends within the header of a box")
		}
		header = 16
		large := binary.BigEndian.Uint64(b[8:])
		if large > 1<<62 {
			return 0, 0, "", errors.New("a box has an impossible size")
		}
		length = int64(large)
	}
	if length < header || length > size-offset {
		return 0, 0, "", errors.New("a box is larger than the file, or smaller than its header: this is no MP4 file, or it is cut off")
	}
	return header, length, kind, nil
}
