// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"time"
)

// A reference is a file of three parts, all numbers little endian:
//
//	preamble  "SPOORREF", version (4 bytes), 0 (4), where the table begins (8),
//	          its length (8), its SHA-256 (32)
//	groups    of up to GroupLength pictures each: H.264, then the keypoints
//	table     length of the facts (4), the facts as JSON, then as variable
//	          length numbers: the count of groups; for each the bytes of video,
//	          the bytes of keypoints and the SHA-256 of both; for each picture
//	          the nanoseconds since the one before
//
// Only the table is read when a reference is opened; every group is checked
// when it is read.
const (
	magic        = "SPOORREF"
	preambleSize = 64
	maxTable     = 256 << 20
	maxGroup     = 64 << 20
)

// File is an open reference. Its methods may be called from any goroutine.
type File struct {
	path   string
	file   *os.File
	facts  Facts
	times  []time.Duration
	groups []group
	sum    [sha256.Size]byte // of the table, and so of everything

	trusting bool // checksums are not compared: for tests
}

// group says where the pictures of a group are.
type group struct {
	at            int64 // in the file
	video, points int
	sum           [sha256.Size]byte
}

// Open opens a reference and reads its table. Errors are [*Error].
func Open(path string) (*File, error) { return open(path, false) }

// open opens a reference; trusting, it takes every checksum for right.
func open(path string, trusting bool) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	f := &File{path: path, file: file, trusting: trusting}
	if err := f.readTable(); err != nil {
		_ = file.Close()
		return nil, err
	}
	return f, nil
}

// SumOf reads the sum of a reference without the rest of it, see [File.Sum]. It says which reference lies there, not that
// it is whole: that shows when it is opened. Errors are [*Error].
func SumOf(path string) (sum [sha256.Size]byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return sum, openError(path, err)
	}
	defer file.Close()
	f := &File{path: path, file: file}
	head, err := f.readHead()
	copy(sum[:], head[32:])
	return sum, err
}

func openError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Kind: Missing, File: path, What: "there is no such reference", Err: err}
	default:
		return &Error{Kind: Denied, File: path, What: "the reference cannot be read: " + err.Error(), Err: err}
	}
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Facts returns what the reference is of.
func (f *File) Facts() Facts { return f.facts }

// Times returns the times of all pictures in the original, ascending. It is
// the reference's own and must not be changed.
func (f *File) Times() []time.Duration { return f.times }

// Sum is the SHA-256 of the table, which holds those of all parts: it names
// the content of the reference.
func (f *File) Sum() [sha256.Size]byte { return f.sum }

func (f *File) damaged(what string, err error) error {
	return &Error{
		Kind: Damaged, File: f.path, What: "the reference is damaged: " + what,
		Do: "copy it again, or build it again from the original", Err: err,
	}
}

// readHead reads the preamble and refuses what this program cannot read.
func (f *File) readHead() (head [preambleSize]byte, err error) {
	if _, err := f.file.ReadAt(head[:], 0); err != nil || string(head[:len(magic)]) != magic {
		return head, &Error{Kind: Alien, File: f.path, What: "this is no reference", Do: "give a file that title export made", Err: err}
	}
	if v := binary.LittleEndian.Uint32(head[8:]); v > Version {
		return head, &Error{
			Kind: Newer, File: f.path, What: fmt.Sprintf("the reference is of version %d, this program knows %d", v, Version),
			Do: "use a newer version of this program",
		}
	}
	return head, nil
}

func (f *File) readTable() error {
	st, err := f.file.Stat()
	if err != nil {
		return openError(f.path, err)
	}
	head, err := f.readHead()
	if err != nil {
		return err
	}
	at, n := binary.LittleEndian.Uint64(head[16:]), binary.LittleEndian.Uint64(head[24:])
	size := uint64(st.Size())
	if at < preambleSize || at > size || n > size-at || n > maxTable {
		return f.damaged("it is incomplete", nil)
	}
	table := make([]byte, n)
	if _, err := f.file.ReadAt(table, int64(at)); err != nil {
		return f.damaged("its table cannot be read", err)
	}
	f.sum = sha256.Sum256(table)
	if string(f.sum[:]) != string(head[32:64]) && !f.trusting {
		return f.damaged("its table is not as it was written", nil)
	}
	return f.parseTable(table, int64(at))
}

// parseTable reads the table; the groups end where it begins.
func (f *File) parseTable(table []byte, end int64) error {
	if len(table) < 4 {
		return f.damaged("its table is too short", nil)
	}
	n := binary.LittleEndian.Uint32(table)
	if n > maxFacts || int(n) > len(table)-4 {
		return f.damaged("its facts are too long", nil)
	}
	if err := json.Unmarshal(table[4:4+n], &f.facts); err != nil {
		return f.damaged("its facts cannot be read", err)
	}
	if !f.facts.plausible() {
		return f.damaged("its facts cannot be true", nil)
	}
	r := numbers{b: table[4+n:]}
	f.readGroups(&r, end)
	f.readTimes(&r)
	if r.bad || len(r.b) != 0 {
		return f.damaged("its table does not fit its pictures", nil)
	}
	return nil
}

func (f *File) readGroups(r *numbers, end int64) {
	count := r.next(maxPictures)
	if count != (f.facts.Pictures+GroupLength-1)/GroupLength {
		r.bad = true
		return
	}
	at := int64(preambleSize)
	for range count {
		g := group{at: at, video: r.next(maxGroup), points: r.next(maxGroup)}
		copy(g.sum[:], r.take(sha256.Size))
		at += int64(g.video + g.points)
		if r.bad || at > end {
			r.bad = true
			return
		}
		f.groups = append(f.groups, g)
	}
}

func (f *File) readTimes(r *numbers) {
	var t time.Duration
	for i := range f.facts.Pictures {
		d := r.next(1 << 62)
		t += time.Duration(d)
		if r.bad || t < 0 || i > 0 && d == 0 {
			r.bad = true
			return
		}
		f.times = append(f.times, t)
	}
}

// numbers reads a table and remembers that it was wrong.
type numbers struct {
	b   []byte
	bad bool
}

// next reads a number up to most.
func (n *numbers) next(most uint64) int {
	v, k := binary.Uvarint(n.b)
	if k <= 0 || v > most || n.bad {
		n.bad = true
		return 0
	}
	n.b = n.b[k:]
	return int(v)
}

// take reads so many bytes.
func (n *numbers) take(k int) []byte {
	if n.bad || len(n.b) < k {
		n.bad = true
		return nil
	}
	b := n.b[:k]
	n.b = n.b[k:]
	return b
}

// readGroup reads a group and checks it.
func (f *File) readGroup(i int) (video, points []byte, err error) {
	g := &f.groups[i]
	b := make([]byte, g.video+g.points)
	if _, err := io.ReadFull(io.NewSectionReader(f.file, g.at, int64(len(b))), b); err != nil {
		return nil, nil, f.damaged("a part of it cannot be read", err)
	}
	if sha256.Sum256(b) != g.sum && !f.trusting {
		return nil, nil, f.damaged(fmt.Sprintf("the part from %v on is not as it was written", f.times[i*GroupLength]), nil)
	}
	return b[:g.video], b[g.video:], nil
}

// Check reads everything and compares it with its checksums.
func (f *File) Check() error {
	for i := range f.groups {
		_, points, err := f.readGroup(i)
		if err != nil {
			return err
		}
		if _, err := f.parsePoints(i, points); err != nil {
			return err
		}
	}
	return nil
}

// span returns the pictures first <= i < last that lie in [from, to).
func (f *File) span(from, to time.Duration) (first, last int) {
	first = sort.Search(len(f.times), func(i int) bool { return f.times[i] >= from })
	return first, sort.Search(len(f.times), func(i int) bool { return f.times[i] >= max(from, to) })
}

// Stretch is a piece of a reference's video. Decoding Video gives, in order,
// gray pictures of Width x Height, one for each of Times.
type Stretch struct {
	Width, Height int
	Times         []time.Duration
	Video         []byte // H.264 as a plain stream
}

// Stretch reads the groups that hold the pictures in [from, to). There may be
// pictures before and after that; where there is none inside, Times is empty.
func (f *File) Stretch(from, to time.Duration) (Stretch, error) {
	s := Stretch{Width: f.facts.Width, Height: f.facts.Height}
	first, last := f.span(from, to)
	if first >= last {
		return s, nil
	}
	begin, end := first/GroupLength, (last-1)/GroupLength+1
	for i := begin; i < end; i++ {
		video, _, err := f.readGroup(i)
		if err != nil {
			return Stretch{}, err
		}
		s.Video = append(s.Video, video...)
	}
	s.Times = f.times[begin*GroupLength : min(end*GroupLength, len(f.times))]
	return s, nil
}

// Pointed is a picture's keypoints.
type Pointed struct {
	Picture int // its number, from 0
	Time    time.Duration
	Points  []Point
}

// parsePoints reads the keypoints of a group; pictures without any are left out.
func (f *File) parsePoints(i int, b []byte) ([]Pointed, error) {
	var list []Pointed
	for k := i * GroupLength; k < min((i+1)*GroupLength, len(f.times)); k++ {
		points, rest, ok := readPoints(b)
		if !ok {
			return nil, f.damaged("keypoints cannot be read", nil)
		}
		b = rest
		if len(points) > 0 {
			list = append(list, Pointed{Picture: k, Time: f.times[k], Points: points})
		}
	}
	if len(b) != 0 {
		return nil, f.damaged("there are more keypoints than pictures", nil)
	}
	return list, nil
}

// Points reads the keypoints of the pictures in [from, to); pictures that
// have none are left out.
func (f *File) Points(from, to time.Duration) ([]Pointed, error) {
	first, last := f.span(from, to)
	if first >= last {
		return nil, nil
	}
	var list []Pointed
	for i := first / GroupLength; i <= (last-1)/GroupLength; i++ {
		_, b, err := f.readGroup(i)
		if err != nil {
			return nil, err
		}
		some, err := f.parsePoints(i, b)
		if err != nil {
			return nil, err
		}
		for _, p := range some {
			if p.Picture >= first && p.Picture < last {
				list = append(list, p)
			}
		}
	}
	return list, nil
}
