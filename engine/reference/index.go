// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Index finds the pictures of all titles that hold a keypoint that looks like
// a given one. It lies in a folder as a few segments, each of which knows some
// titles; a new title becomes a segment of its own, and small ones are merged,
// so that adding a title costs little and looking one up does not slow down.
// Nothing is rebuilt and next to nothing read when it is opened: the segments
// are mapped into memory. All of it can be made again from the references.
//
// Any number of programs may use one folder: segments are never changed, only
// written beside the others and deleted when another one holds the same.
type Index struct {
	dir          string
	segments     []*segment
	titles       []indexed
	mostPictures int // of a segment that is made by merging
}

// indexed is one title of an index.
type indexed struct {
	id       string
	sum      [sha256.Size]byte // of the reference it was made from
	segment  int
	position int // among the titles of the segment
}

const segmentSuffix = ".idx"

// OpenIndex opens the index in a folder, making it where necessary. Segments
// that are damaged or of another version are left out, and with them their
// titles until they are added again.
func OpenIndex(dir string) (*Index, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, indexError(dir, err)
	}
	x := &Index{dir: dir, mostPictures: 1 << pictureBits}
	if err := x.load(); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

func indexError(path string, err error) error {
	if KindOf(err) != "" {
		return err
	}
	return &Error{Kind: Denied, File: path, What: "the index of titles cannot be used: " + err.Error(), Err: err}
}

// load opens all segments, the largest first. Of a title that several hold,
// after a program was killed while it merged, one counts.
func (x *Index) load() error {
	entries, err := os.ReadDir(x.dir)
	if err != nil {
		return indexError(x.dir, err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), segmentSuffix) {
			continue
		}
		path := filepath.Join(x.dir, entry.Name())
		s, err := openSegment(path)
		switch kind := KindOf(err); {
		case err == nil:
			x.segments = append(x.segments, s)
		case kind == Damaged || kind == Alien || kind == Newer || errors.Is(err, fs.ErrNotExist):
		default:
			return err
		}
	}
	slices.SortFunc(x.segments, func(a, b *segment) int {
		if a.postings.len() != b.postings.len() {
			return b.postings.len() - a.postings.len()
		}
		return strings.Compare(a.path, b.path)
	})
	x.list()
	return nil
}

// list finds which titles the segments hold.
func (x *Index) list() {
	x.titles = x.titles[:0]
	seen := map[string]bool{}
	for i, s := range x.segments {
		for k := range s.titles {
			t := &s.titles[k]
			t.live = !seen[t.id]
			if t.live {
				seen[t.id] = true
				x.titles = append(x.titles, indexed{id: t.id, sum: t.sum, segment: i, position: k})
			}
		}
	}
	slices.SortFunc(x.titles, func(a, b indexed) int { return strings.Compare(a.id, b.id) })
}

// Close lets go of the segments.
func (x *Index) Close() error {
	var err error
	for _, s := range x.segments {
		err = errors.Join(err, s.close())
	}
	x.segments, x.titles = nil, nil
	return err
}

// Has tells whether the index holds a title as that reference shows it.
func (x *Index) Has(titleID string, sum [sha256.Size]byte) bool {
	i, ok := slices.BinarySearchFunc(x.titles, titleID, func(t indexed, id string) int { return strings.Compare(t.id, id) })
	return ok && x.titles[i].sum == sum
}

// Titles lists the ids of the titles, ascending.
func (x *Index) Titles() []string {
	ids := make([]string, len(x.titles))
	for i, t := range x.titles {
		ids[i] = t.id
	}
	return ids
}

// Size returns the number of keypoints in the index and its bytes on the disk.
func (x *Index) Size() (points, bytes int64) {
	for _, s := range x.segments {
		points += int64(s.postings.len())
		bytes += s.size
	}
	return points, bytes
}

// Add adds a title, or replaces what the index holds of it.
func (x *Index) Add(f *File) error {
	facts := f.Facts()
	if x.Has(facts.TitleID, f.Sum()) {
		return nil
	}
	if err := x.Remove(facts.TitleID); err != nil {
		return err
	}
	s, err := writeTitle(x.dir, f)
	if err != nil {
		return indexError(x.dir, err)
	}
	x.segments = append(x.segments, s)
	x.list()
	return x.merge()
}

// Remove forgets a title, if it is there.
func (x *Index) Remove(titleID string) error {
	for i, s := range x.segments {
		if !slices.ContainsFunc(s.titles, func(t segmentTitle) bool { return t.id == titleID }) {
			continue
		}
		keep := func(t *segmentTitle) bool { return t.id != titleID }
		if err := x.replace([]int{i}, keep); err != nil {
			return err
		}
		return x.Remove(titleID) // another segment may hold it too
	}
	return nil
}

// merge keeps the number of segments small: while the smaller ones together
// are as large as half of the next one, they become one. So each keypoint is
// rewritten only about log2(titles) times. None gets more pictures than it can
// number: there may be any number of full ones.
func (x *Index) merge() error {
	slices.SortStableFunc(x.segments, func(a, b *segment) int { return b.postings.len() - a.postings.len() })
	x.list()
	first := len(x.segments) - 1
	sum, pictures := 0, 0
	for i := len(x.segments) - 1; i > 0; i-- {
		sum += x.segments[i].postings.len()
		pictures += x.segments[i].pictures
		if pictures+x.segments[i-1].pictures > x.mostPictures {
			break
		}
		if 2*sum >= x.segments[i-1].postings.len() {
			first = i - 1
		}
	}
	if first >= len(x.segments)-1 || len(x.segments) < mergeFrom {
		return nil
	}
	which := make([]int, 0, len(x.segments)-first)
	for i := first; i < len(x.segments); i++ {
		which = append(which, i)
	}
	return x.replace(which, func(t *segmentTitle) bool { return t.live })
}

const mergeFrom = 4 // segments: fewer are as fast as one

// replace writes the titles that are kept of some segments as one segment, and deletes those.
func (x *Index) replace(which []int, keep func(*segmentTitle) bool) error {
	var old []*segment
	for _, i := range which {
		old = append(old, x.segments[i])
	}
	merged, err := mergeSegments(x.dir, old, keep)
	if err != nil {
		return indexError(x.dir, err)
	}
	x.segments = slices.DeleteFunc(x.segments, func(s *segment) bool { return slices.Contains(old, s) })
	if merged != nil {
		x.segments = append(x.segments, merged)
	}
	for _, s := range old {
		if merged != nil && merged.path == s.path {
			err = errors.Join(err, s.close())
			continue
		}
		err = errors.Join(err, s.close(), os.Remove(s.path))
	}
	x.list()
	if err != nil {
		return indexError(x.dir, err)
	}
	return nil
}

// segmentName names a segment after its titles and their references: the same content has the same name.
func segmentName(titles []segmentTitle) string {
	h := sha256.New()
	for i := range titles {
		h.Write([]byte(titles[i].id))
		h.Write(titles[i].sum[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:12]) + segmentSuffix
}
