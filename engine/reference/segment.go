// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"time"
)

// A segment of the index is one file, all numbers little endian:
//
//	head      "SPOORIDX", version (4), bits of the directory (4), titles (8),
//	          pictures (8), postings (8), SHA-256 of titles and pictures (32)
//	titles    id (64 bytes, zeros behind it), sum of its reference (32), pictures (8)
//	pictures  the time of each in milliseconds (4), title by title
//	directory for each value of the first bits of a word, and one more: how
//	          many postings come before it (8)
//	postings  the first 48 bits of a word without its first 8, and the number
//	          of the picture in 24 bits, ascending within each entry of the
//	          directory (8)
const (
	indexMagic   = "SPOORIDX"
	indexVersion = 1
	indexHead    = 72
	titleRecord  = 104
	pictureBits  = 24
	wordPrefix   = 48 // bits of a word that the index knows
	minDirectory = 8
	maxDirectory = keyBits
)

// segment is an open file of the index.
type segment struct {
	path      string
	data      []byte
	unmap     func() error
	size      int64
	bits      int // of the directory
	titles    []segmentTitle
	pictures  int
	times     words32
	directory words64
	postings  words64
}

// segmentTitle is a title of a segment.
type segmentTitle struct {
	id    string
	sum   [sha256.Size]byte
	first int // picture
	count int // pictures
	live  bool
}

// words64 and words32 are numbers as they lie in a file.
type (
	words64 []byte
	words32 []byte
)

func (w words64) len() int        { return len(w) / 8 }
func (w words64) at(i int) uint64 { return binary.LittleEndian.Uint64(w[8*i:]) }
func (w words32) at(i int) uint32 { return binary.LittleEndian.Uint32(w[4*i:]) }

// prefix is what the index knows of a word: 48 bits, the key's first.
func (w *Word) prefix() uint64 { return reverse48(w[0]) }

// reverse48 puts the first 48 answers of a word in the order of a number, the first as the highest bit.
func reverse48(w uint64) uint64 {
	var r uint64
	for i := range wordPrefix {
		r = r<<1 | w>>i&1
	}
	return r
}

// posting packs all but the first 8 bits of a prefix with the number of a picture.
func posting(prefix uint64, picture int) uint64 {
	return prefix<<(64-wordPrefix+minDirectory)>>(64-wordPrefix+minDirectory)<<pictureBits | uint64(picture)
}

func openSegment(path string) (*segment, error) {
	data, unmap, err := mapFile(path)
	if err != nil {
		return nil, openError(path, err)
	}
	s := &segment{path: path, data: data, unmap: unmap, size: int64(len(data))}
	if err := s.parse(); err != nil {
		_ = unmap()
		return nil, err
	}
	return s, nil
}

func (s *segment) parse() error {
	if len(s.data) < indexHead || string(s.data[:len(indexMagic)]) != indexMagic {
		return &Error{Kind: Alien, File: s.path, What: "this is no index"}
	}
	if v := binary.LittleEndian.Uint32(s.data[8:]); v != indexVersion {
		return &Error{Kind: Newer, File: s.path, What: "the index is of another version"}
	}
	bits := uint64(binary.LittleEndian.Uint32(s.data[12:]))
	count := func(at int) uint64 { return binary.LittleEndian.Uint64(s.data[at:]) }
	titles, pictures, postings := count(16), count(24), count(32)
	size := uint64(len(s.data))
	if bits < minDirectory || bits > maxDirectory || titles > size || pictures > 1<<pictureBits || postings > size ||
		size != indexHead+titles*titleRecord+pictures*4+(1<<bits+1)*8+postings*8 {
		return s.damaged()
	}
	rest := s.data[indexHead:]
	facts := rest[:titles*titleRecord+pictures*4]
	if sum := sha256.Sum256(facts); !bytes.Equal(sum[:], s.data[40:indexHead]) {
		return s.damaged()
	}
	s.bits, s.pictures = int(bits), int(pictures)
	if !s.parseTitles(rest[:titles*titleRecord]) {
		return s.damaged()
	}
	s.times, rest = words32(rest[titles*titleRecord:len(facts)]), rest[len(facts):]
	s.directory, s.postings = words64(rest[:(1<<bits+1)*8]), words64(rest[(1<<bits+1)*8:])
	return nil
}

func (s *segment) parseTitles(b []byte) bool {
	for first := 0; len(b) > 0; b = b[titleRecord:] {
		t := segmentTitle{id: string(bytes.TrimRight(b[:64], "\x00")), first: first}
		copy(t.sum[:], b[64:96])
		count := binary.LittleEndian.Uint64(b[96:])
		if count > uint64(s.pictures-first) {
			return false
		}
		t.count = int(count)
		first += t.count
		s.titles = append(s.titles, t)
		if len(b) == titleRecord && first != s.pictures {
			return false
		}
	}
	return true
}

func (s *segment) damaged() error {
	return &Error{Kind: Damaged, File: s.path, What: "the index is damaged"}
}

func (s *segment) close() error {
	s.data, s.directory, s.postings, s.times = nil, nil, nil, nil
	return s.unmap()
}

// time is when a picture is shown in its title.
func (s *segment) time(picture int) time.Duration {
	return time.Duration(s.times.at(picture)) * time.Millisecond
}

// entry returns the postings first <= i < last whose words begin like key, the
// first keyBits of a prefix, or with more than those.
func (s *segment) entry(key uint32) (first, last int) {
	e := int(key >> (keyBits - s.bits))
	n := uint64(s.postings.len())
	a, b := min(s.directory.at(e), n), min(s.directory.at(e+1), n) // a damaged directory finds nothing
	if a >= b {
		return 0, 0
	}
	return int(a), int(b)
}

// mapping of whole files for systems without one.
func readWhole(path string) (data []byte, unmap func() error, err error) {
	data, err = os.ReadFile(path)
	return data, func() error { return nil }, err
}
