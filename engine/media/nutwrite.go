// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"encoding/binary"
)

// nutWriter frames raw pictures for an encoder child: the decoder's own
// headers verbatim (time base, sample format, aspect ratio), then every
// picture behind a sync point of its own.
type nutWriter struct {
	header []byte
	code   byte
	table  nutCode
	bases  int
	baseID int
	shift  uint64
}

// newNUTWriter makes a writer for frames like those r reads.
func newNUTWriter(r *nutReader) (*nutWriter, error) {
	w := &nutWriter{bases: len(r.bases), shift: r.ptsShift}
	w.header = append([]byte(nutMagic), r.header...)
	for i := range r.bases {
		if r.bases[i] == r.base {
			w.baseID = i
		}
	}
	for i, c := range r.codes {
		if c.flags&nutCoded != 0 && c.flags&nutInvalid == 0 && c.mul == 1 && c.lsb == 0 && c.head == 0 && c.reserved == 0 {
			w.code, w.table = byte(i), c
			return w, nil
		}
	}
	return nil, nutErr("no free frame code")
}

// frame appends to dst what goes before the data of a picture of size bytes.
// pts must not be negative.
func (w *nutWriter) frame(dst []byte, pts int64, size int) []byte {
	var buf [32]byte
	body := putNUT(buf[:0], uint64(pts)*uint64(w.bases)+uint64(w.baseID))
	body = putNUT(body, 0)
	dst = binary.BigEndian.AppendUint64(dst, nutSync)
	dst = putNUT(dst, uint64(len(body)+4))
	dst = append(dst, body...)
	dst = binary.BigEndian.AppendUint32(dst, nutCRC(body))

	start := len(dst)
	flags := uint64(nutKey | nutCodedPTS | nutStreamID | nutSizeMSB | nutChecksum)
	dst = append(dst, w.code)
	dst = putNUT(dst, flags^(w.table.flags&^nutCoded))
	dst = putNUT(dst, 0) // stream
	dst = putNUT(dst, uint64(pts)+1<<w.shift)
	dst = putNUT(dst, uint64(size))
	return binary.BigEndian.AppendUint32(dst, nutCRC(dst[start:]))
}

// putNUT appends a variable length number.
func putNUT(dst []byte, x uint64) []byte {
	n := 1
	for y := x >> 7; y > 0; y >>= 7 {
		n++
	}
	for n--; n > 0; n-- {
		dst = append(dst, byte(x>>(7*n))|0x80)
	}
	return append(dst, byte(x&0x7f))
}

// nutCRC is the checksum of NUT: polynomial 0x04C11DB7, most significant bit
// first, starting from zero. Only headers are summed, so speed is no concern.
func nutCRC(b []byte) uint32 {
	var crc uint32
	for _, c := range b {
		crc ^= uint32(c) << 24
		for range 8 {
			if crc&0x80000000 != 0 {
				crc = crc<<1 ^ 0x04C11DB7
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
