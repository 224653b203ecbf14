// SPDX-License-Identifier: AGPL-3.0-or-later

package etsi

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// The part of CBOR (RFC 8949) that tokens and sidecars are written in: whole numbers, bytes, text, lists, maps with
// whole numbers as keys, tags, true, false and null, all of definite length. What is beyond that is refused.

// cborTag is a value with a tag.
type cborTag struct {
	number uint64
	value  any
}

type (
	cborList []any
	cborMap  map[int64]any
)

const (
	maxDepth  = 16
	maxValues = 1 << 20 // of one message, so that memory stays within bounds
)

var errCBOR = errors.New("it is not CBOR as tokens and sidecars are written, or it is cut off")

// cborReader reads values one after the other.
type cborReader struct {
	data   []byte
	values int
}

// readCBOR reads the one value that data holds: int64, []byte, string, bool, nil, cborList, cborMap or cborTag.
func readCBOR(data []byte) (any, error) {
	r := cborReader{data: data}
	v, err := r.value(0)
	if err == nil && len(r.data) > 0 {
		return nil, errCBOR
	}
	return v, err
}

// head reads the first byte of a value and the number that goes with it.
func (r *cborReader) head() (major byte, n uint64, err error) {
	if len(r.data) == 0 {
		return 0, 0, errCBOR
	}
	major, info := r.data[0]>>5, r.data[0]&31
	r.data = r.data[1:]
	if info < 24 {
		return major, uint64(info), nil
	}
	size := 1 << (info - 24) // 1, 2, 4 or 8 bytes
	if info > 27 || len(r.data) < size {
		return 0, 0, errCBOR
	}
	var b [8]byte
	copy(b[8-size:], r.data[:size])
	r.data = r.data[size:]
	return major, binary.BigEndian.Uint64(b[:]), nil
}

func (r *cborReader) value(depth int) (any, error) {
	if r.values++; r.values > maxValues || depth > maxDepth {
		return nil, errCBOR
	}
	major, n, err := r.head()
	if err != nil {
		return nil, err
	}
	if major != 7 && major != 6 && n > 1<<62 {
		return nil, errCBOR
	}
	switch major {
	case 0:
		return int64(n), nil
	case 1:
		return -1 - int64(n), nil
	case 2, 3:
		return r.text(major, n)
	case 4:
		return r.list(n, depth)
	case 5:
		return r.pairs(n, depth)
	case 6:
		v, err := r.value(depth + 1)
		return cborTag{n, v}, err
	}
	switch n {
	case 20, 21:
		return n == 21, nil
	case 22:
		return nil, nil //nolint:nilnil // null
	}
	return nil, errCBOR
}

func (r *cborReader) text(major byte, n uint64) (any, error) {
	if n > uint64(len(r.data)) {
		return nil, errCBOR
	}
	b := r.data[:n]
	r.data = r.data[n:]
	if major == 2 {
		return b, nil
	}
	if !utf8.Valid(b) {
		return nil, errCBOR
	}
	return string(b), nil
}

func (r *cborReader) list(n uint64, depth int) (any, error) {
	if n > uint64(len(r.data)) {
		return nil, errCBOR
	}
	var list cborList
	for range n {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (r *cborReader) pairs(n uint64, depth int) (any, error) {
	if n > uint64(len(r.data)) {
		return nil, errCBOR
	}
	pairs := cborMap{}
	for range n {
		k, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		key, ok := k.(int64)
		if _, twice := pairs[key]; !ok || twice {
			return nil, errCBOR
		}
		if pairs[key], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

// get reads a member of a map into to, and leaves to alone where it is not there.
func get[T any](m cborMap, key int64, to *T) error {
	v, ok := m[key]
	if !ok {
		return nil
	}
	if *to, ok = v.(T); !ok {
		return errCBOR
	}
	return nil
}

// appendCBOR appends bytes (major 2) or text (major 3).
func appendCBOR(to []byte, major byte, content []byte) []byte {
	n := len(content)
	switch {
	case n < 24:
		to = append(to, major<<5|byte(n))
	case n < 1<<8:
		to = append(to, major<<5|24, byte(n))
	case n < 1<<16:
		to = binary.BigEndian.AppendUint16(append(to, major<<5|25), uint16(n))
	default:
		to = binary.BigEndian.AppendUint32(append(to, major<<5|26), uint32(n))
	}
	return append(to, content...)
}
