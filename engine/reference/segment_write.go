// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// writeTitle makes a segment of one title. A keypoint that persists is put in once for about a second.
func writeTitle(dir string, f *File) (*segment, error) {
	facts := f.Facts()
	title := segmentTitle{id: facts.TitleID, sum: f.Sum(), live: true}
	var times []uint32
	type entry struct{ prefix, picture uint64 }
	entries := make([]entry, 0, facts.Points)
	var seen persisting
	for i := range f.groups {
		_, b, err := f.readGroup(i)
		if err != nil {
			return nil, err
		}
		pointed, err := f.parsePoints(i, b)
		if err != nil {
			return nil, err
		}
		for _, p := range pointed {
			if len(times) == 1<<pictureBits {
				return nil, errors.New("the title is too long for the index")
			}
			for _, prefix := range seen.fresh(&p) {
				entries = append(entries, entry{prefix, uint64(len(times))})
			}
			times = append(times, uint32(p.Time/time.Millisecond))
		}
	}
	title.count = len(times)
	slices.SortFunc(entries, func(a, b entry) int {
		if a.prefix != b.prefix {
			return cmpUint(a.prefix, b.prefix)
		}
		return cmpUint(a.picture, b.picture)
	})
	w, err := newSegmentWriter(dir, []segmentTitle{title}, times, len(entries))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		w.add(e.prefix, int(e.picture))
	}
	return w.finish()
}

func cmpUint(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// segmentWriter writes a segment: postings ascending by prefix.
type segmentWriter struct {
	dir       string
	titles    []segmentTitle
	file      *os.File
	out       *bufio.Writer
	bits      int
	directory []uint64 // postings of each entry, then their sums
	count     uint64
	head      []byte
	room      int64 // where the directory begins
	err       error
}

// newSegmentWriter begins a segment with about that many postings.
func newSegmentWriter(dir string, titles []segmentTitle, times []uint32, postings int) (*segmentWriter, error) {
	w := &segmentWriter{dir: dir, titles: titles, bits: minDirectory}
	for w.bits < maxDirectory && postings>>w.bits > 16 {
		w.bits++
	}
	w.directory = make([]uint64, 1<<w.bits+1)
	var facts []byte
	for i := range titles {
		var id [64]byte
		copy(id[:], titles[i].id)
		facts = append(facts, id[:]...)
		facts = append(facts, titles[i].sum[:]...)
		facts = binary.LittleEndian.AppendUint64(facts, uint64(titles[i].count))
	}
	for _, t := range times {
		facts = binary.LittleEndian.AppendUint32(facts, t)
	}
	w.head = append(w.head, indexMagic...)
	w.head = binary.LittleEndian.AppendUint32(w.head, indexVersion)
	w.head = binary.LittleEndian.AppendUint32(w.head, uint32(w.bits))
	w.head = binary.LittleEndian.AppendUint64(w.head, uint64(len(titles)))
	w.head = binary.LittleEndian.AppendUint64(w.head, uint64(len(times)))
	w.head = binary.LittleEndian.AppendUint64(w.head, 0) // postings
	sum := sha256.Sum256(facts)
	w.head = append(append(w.head, sum[:]...), facts...)
	w.room = int64(len(w.head))
	var err error
	if w.file, err = os.CreateTemp(dir, ".segment-*.part"); err != nil {
		return nil, err
	}
	if _, err = w.file.Seek(w.room+int64(8*len(w.directory)), 0); err != nil {
		return nil, errors.Join(err, w.drop())
	}
	w.out = bufio.NewWriterSize(w.file, 1<<18)
	return w, nil
}

func (w *segmentWriter) add(prefix uint64, picture int) {
	w.directory[prefix>>(wordPrefix-w.bits)]++
	w.count++
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], posting(prefix, picture))
	if _, err := w.out.Write(b[:]); err != nil {
		w.err = err
	}
}

func (w *segmentWriter) drop() error {
	return errors.Join(w.file.Close(), os.Remove(w.file.Name()))
}

// finish gives the segment its name and opens it.
func (w *segmentWriter) finish() (*segment, error) {
	var before uint64
	for i, n := range w.directory {
		w.directory[i] = before
		before += n
	}
	binary.LittleEndian.PutUint64(w.head[32:], w.count)
	for _, n := range w.directory {
		w.head = binary.LittleEndian.AppendUint64(w.head, n)
	}
	err := errors.Join(w.err, w.out.Flush())
	if err == nil {
		_, err = w.file.WriteAt(w.head, 0)
	}
	if err == nil {
		err = w.file.Sync()
	}
	path := filepath.Join(w.dir, segmentName(w.titles))
	if err == nil {
		err = os.Rename(w.file.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("writing a segment: %w", err), w.drop())
	}
	if err := w.file.Close(); err != nil {
		return nil, err
	}
	return openSegment(path)
}

// mergeSegments writes the titles that are kept of several segments as one;
// nil where none is kept. Memory stays small whatever their size.
func mergeSegments(dir string, old []*segment, keep func(*segmentTitle) bool) (*segment, error) {
	var titles []segmentTitle
	var times []uint32
	renumber := make([][]int32, len(old)) // of pictures; -1 of titles that are left out
	postings := 0
	for i, s := range old {
		renumber[i] = make([]int32, s.pictures)
		postings += s.postings.len()
		for k := range s.titles {
			t := &s.titles[k]
			kept := keep(t)
			if kept {
				titles = append(titles, segmentTitle{id: t.id, sum: t.sum, first: len(times), count: t.count, live: true})
			}
			for p := t.first; p < t.first+t.count; p++ {
				renumber[i][p] = -1
				if kept {
					renumber[i][p] = int32(len(times))
					times = append(times, s.times.at(p))
				}
			}
		}
	}
	if len(titles) == 0 {
		return nil, nil
	}
	if len(times) > 1<<pictureBits {
		return nil, errors.New("too many pictures for one segment")
	}
	w, err := newSegmentWriter(dir, titles, times, postings)
	if err != nil {
		return nil, err
	}
	mergePostings(w, old, renumber)
	return w.finish()
}

// mergePostings merges postings by the first 8 bits of their words, which are not in them.
func mergePostings(w *segmentWriter, old []*segment, renumber [][]int32) {
	next := make([]int, len(old))
	for high := range uint64(1 << minDirectory) {
		end := make([]int, len(old))
		for i, s := range old {
			end[i] = int(min(s.directory.at(int(high+1)<<(s.bits-minDirectory)), uint64(s.postings.len())))
		}
		for {
			best := -1
			var least uint64
			for i, s := range old {
				if next[i] < end[i] {
					if v := s.postings.at(next[i]) >> pictureBits; best < 0 || v < least {
						best, least = i, v
					}
				}
			}
			if best < 0 {
				break
			}
			picture := int(old[best].postings.at(next[best]) & (1<<pictureBits - 1))
			next[best]++
			if picture < len(renumber[best]) && renumber[best][picture] >= 0 {
				w.add(high<<(wordPrefix-minDirectory)|least, int(renumber[best][picture]))
			}
		}
	}
}
