// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"encoding/binary"
	"io"
)

// sampleEntryEncrypted looks into the headers of an MP4 file for a protected
// video sample entry ("encv"). ffmpeg reads such a file without complaint and
// decodes noise. Damaged boxes end the search; nothing is read but box headers.
func sampleEntryEncrypted(r io.ReaderAt) bool {
	budget := 10_000 // boxes, so that no file can keep us busy
	return findBox(r, 0, 1<<62, []string{"moov", "trak", "mdia", "minf", "stbl", "stsd"}, &budget)
}

// findBox walks the boxes from off to end and descends into those of path.
func findBox(r io.ReaderAt, off, end int64, path []string, budget *int) bool {
	for off+8 <= end && *budget > 0 {
		*budget--
		kind, size, body, ok := boxHeader(r, off)
		if !ok {
			return false
		}
		if size == 0 || size > end-off {
			size = end - off
		}
		switch {
		case len(path) == 0 && kind == "encv":
			return true
		case len(path) == 1 && kind == path[0]: // stsd: version, flags, count
			if findBox(r, off+body+8, off+size, nil, budget) {
				return true
			}
		case len(path) > 1 && kind == path[0]:
			if findBox(r, off+body, off+size, path[1:], budget) {
				return true
			}
		}
		off += size
	}
	return false
}

// boxHeader reads the header at off: kind, size of the whole box (0: to the
// end) and of the header itself.
func boxHeader(r io.ReaderAt, off int64) (kind string, size, body int64, ok bool) {
	var b [16]byte
	n, _ := r.ReadAt(b[:], off)
	if n < 8 {
		return "", 0, 0, false
	}
	size, body = int64(binary.BigEndian.Uint32(b[:])), 8
	if size == 1 {
		if n < 16 {
			return "", 0, 0, false
		}
		size, body = int64(binary.BigEndian.Uint64(b[8:])&(1<<63-1)), 16
	}
	if size != 0 && size < body {
		return "", 0, 0, false
	}
	return string(b[4:8]), size, body, true
}

// itemPicture returns "HEIC" or "AVIF" for a picture stored as an item of an
// MP4 file, which old versions of ffmpeg take for a video without an index.
func itemPicture(r io.ReaderAt) string {
	var b [12]byte
	if n, _ := r.ReadAt(b[:], 0); n < len(b) || string(b[4:8]) != "ftyp" {
		return ""
	}
	switch string(b[8:]) {
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
		return "HEIC"
	case "avif", "avis":
		return "AVIF"
	}
	return ""
}
