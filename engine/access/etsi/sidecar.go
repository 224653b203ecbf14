// SPDX-License-Identifier: AGPL-3.0-or-later

package etsi

import (
	"errors"
	"fmt"
)

// Sidecar says which segment, or which stretch of a file, carries which position of the pattern (5.5).
type Sidecar struct {
	Version  int64     `json:"version"`
	Segments []Segment `json:"segments"`
	FileSize int64     `json:"file_size,omitempty"`
}

// Segment is one entry of a sidecar.
type Segment struct {
	StartRange   int64  `json:"start_range,omitempty"` // byte at which it begins
	SegmentRegex string `json:"segment_regex,omitempty"`
	Position     int64  `json:"position"` // zero-based; -1: not watermarked
	FirstPart    bool   `json:"firstpart,omitempty"`
	LastPart     bool   `json:"lastpart,omitempty"`
}

// Keys of a sidecar (5.5).
const (
	keyVersion  = 1
	keySegments = 2
	keyFileSize = 3
	keyStart    = 4
	keyRegex    = 5
	keyPosition = 6
	keyFirst    = 7
	keyLast     = 8
)

const maxSidecar = 16 << 20 // bytes

// ParseSidecar reads a sidecar, and refuses one that contradicts itself.
func ParseSidecar(data []byte) (Sidecar, error) {
	if len(data) > maxSidecar {
		return Sidecar{}, fmt.Errorf("the sidecar is larger than %d bytes", maxSidecar)
	}
	v, err := readCBOR(data)
	if err != nil {
		return Sidecar{}, fmt.Errorf("this is no sidecar: %w", err)
	}
	fields, _ := v.(cborMap)
	list, ok := fields[keySegments].(cborList)
	version, versioned := fields[keyVersion].(int64)
	switch {
	case !ok || !versioned:
		return Sidecar{}, errors.New("this is no sidecar: it has no version or no segments")
	case version != 1:
		return Sidecar{}, fmt.Errorf("the sidecar has version %d: only 1 is known", version)
	}
	s := Sidecar{Version: version}
	if err := get(fields, keyFileSize, &s.FileSize); err != nil {
		return Sidecar{}, fmt.Errorf("the sidecar cannot be read: %w", err)
	}
	for _, item := range list {
		entry, ok := item.(cborMap)
		segment := Segment{Position: -1}
		err := errors.Join(get(entry, keyStart, &segment.StartRange), get(entry, keyRegex, &segment.SegmentRegex),
			get(entry, keyPosition, &segment.Position), get(entry, keyFirst, &segment.FirstPart), get(entry, keyLast, &segment.LastPart))
		if _, placed := entry[keyPosition]; err != nil || !ok || !placed {
			return Sidecar{}, errors.New("the sidecar cannot be read: a segment is not as it has to be")
		}
		s.Segments = append(s.Segments, segment)
	}
	for i, segment := range s.Segments {
		switch {
		case segment.Position < -1:
			return Sidecar{}, fmt.Errorf("segment %d of the sidecar has position %d", i, segment.Position)
		case segment.StartRange < 0, s.FileSize > 0 && (segment.StartRange >= s.FileSize || (i > 0 &&
			segment.StartRange <= s.Segments[i-1].StartRange)):
			return Sidecar{}, fmt.Errorf("the byte ranges of the sidecar are not ascending within the file, at segment %d", i)
		}
	}
	return s, nil
}

// PositionAt returns the position that a byte of the file carries; -1 where it is not watermarked or not in the file.
func (s Sidecar) PositionAt(offset int64) int64 {
	position := int64(-1)
	if s.FileSize == 0 || offset >= s.FileSize {
		return position
	}
	for _, segment := range s.Segments {
		if segment.StartRange > offset {
			break
		}
		position = segment.Position
	}
	return position
}
