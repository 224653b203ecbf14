// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"encoding/binary"
	"math"
)

// Point is a keypoint of a picture: a place that is found again after scaling,
// turning, re-encoding and filming, and what it looks like.
type Point struct {
	X, Y  float32 // see Coordinates in the package's text
	Scale uint8   // level of the pyramid it was found on, 0 the finest
	Angle uint8   // its direction, clockwise from right, 256 to the full turn
	Word  Word    // what it looks like
}

// Word is the descriptor of a keypoint: 128 yes-or-no answers. Two views of
// one place differ in few of them, two places in about half.
type Word [2]uint64

const (
	pointSize = 22 // bytes of a stored point
	maxPoints = 4096
)

// appendPoints appends the stored form of the points of one picture.
func appendPoints(dst []byte, points []Point) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(points)))
	for i := range points {
		p := &points[i]
		dst = binary.LittleEndian.AppendUint16(dst, storedPlace(p.X))
		dst = binary.LittleEndian.AppendUint16(dst, storedPlace(p.Y))
		dst = append(dst, p.Scale, p.Angle)
		dst = binary.LittleEndian.AppendUint64(dst, p.Word[0])
		dst = binary.LittleEndian.AppendUint64(dst, p.Word[1])
	}
	return dst
}

func storedPlace(v float32) uint16 {
	return uint16(math.Round(float64(min(max(v, 0), 1)) * math.MaxUint16))
}

// readPoints reads what appendPoints wrote and returns the rest. ok is false
// where it is none.
func readPoints(b []byte) (points []Point, rest []byte, ok bool) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > maxPoints || uint64(len(b)-k) < n*pointSize {
		return nil, nil, false
	}
	b = b[k:]
	if n == 0 {
		return nil, b, true
	}
	points = make([]Point, n)
	for i := range points {
		p := b[i*pointSize:]
		points[i] = Point{
			X: float32(binary.LittleEndian.Uint16(p)) / math.MaxUint16, Y: float32(binary.LittleEndian.Uint16(p[2:])) / math.MaxUint16,
			Scale: p[4], Angle: p[5],
			Word: Word{binary.LittleEndian.Uint64(p[6:]), binary.LittleEndian.Uint64(p[14:])},
		}
	}
	return points, b[n*pointSize:], true
}
