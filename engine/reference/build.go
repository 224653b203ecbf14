// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Builder gathers what a reference is made of: first every picture's time and
// keypoints by [Builder.Add], then, when the video of all pictures is encoded,
// everything by [Builder.Write]. Memory stays small whatever the length.
type Builder struct {
	facts  Facts
	times  []time.Duration
	spool  *os.File
	out    *bufio.Writer
	groups []int // bytes of keypoints of each group
	buf    []byte
}

// NewBuilder begins a reference. spool is an empty file for what cannot be
// written yet; the caller removes it. Of the facts, those about pictures are
// filled in.
func NewBuilder(facts Facts, spool *os.File) *Builder {
	facts.Width, facts.Height = PictureSize(facts.Aspect)
	facts.Pictures, facts.Pointed, facts.Points = 0, 0, 0
	return &Builder{facts: facts, spool: spool, out: bufio.NewWriterSize(spool, 1<<18)}
}

// Add adds the next picture: its time in the original, later than that of the
// one before, and its keypoints, if any.
func (b *Builder) Add(t time.Duration, points []Point) error {
	if n := len(b.times); t < 0 || n > 0 && t <= b.times[n-1] {
		return fmt.Errorf("the picture at %v is not after the one before", t)
	}
	if len(points) > maxPoints {
		return fmt.Errorf("%d keypoints in a picture, %d are allowed", len(points), maxPoints)
	}
	if len(b.times)%GroupLength == 0 {
		b.groups = append(b.groups, 0)
	}
	b.times = append(b.times, t)
	b.buf = appendPoints(b.buf[:0], points)
	b.groups[len(b.groups)-1] += len(b.buf)
	b.facts.Pictures++
	b.facts.Points += int64(len(points))
	if len(points) > 0 {
		b.facts.Pointed++
	}
	if _, err := b.out.Write(b.buf); err != nil {
		return fmt.Errorf("keeping keypoints: %w", err)
	}
	return nil
}

// Write writes the reference. video is that of all pictures in the order they
// were added, encoded in groups of GroupLength, see [Groups]. original is the
// SHA-256 of the original's file, in lower-case hex.
func (b *Builder) Write(dst *os.File, video io.Reader, original string) (Facts, error) {
	b.facts.Original = original
	if err := b.out.Flush(); err != nil {
		return Facts{}, fmt.Errorf("keeping keypoints: %w", err)
	}
	if _, err := b.spool.Seek(0, io.SeekStart); err != nil {
		return Facts{}, fmt.Errorf("reading keypoints: %w", err)
	}
	if !b.facts.plausible() {
		return Facts{}, errors.New("a reference needs at least one picture")
	}
	if _, err := dst.Seek(preambleSize, io.SeekStart); err != nil {
		return Facts{}, err
	}
	out := bufio.NewWriterSize(dst, 1<<18)
	table, size, err := b.writeGroups(out, video)
	if err != nil {
		return Facts{}, err
	}
	var last time.Duration
	for _, t := range b.times {
		table = binary.AppendUvarint(table, uint64(t-last))
		last = t
	}
	if _, err := out.Write(table); err != nil {
		return Facts{}, err
	}
	if err := out.Flush(); err != nil {
		return Facts{}, err
	}
	_, err = dst.WriteAt(preamble(size, table), 0)
	return b.facts, err
}

// writeGroups writes the groups and returns the table up to them, and where it goes.
func (b *Builder) writeGroups(out io.Writer, video io.Reader) (table []byte, end int64, err error) {
	facts, err := json.Marshal(b.facts)
	if err != nil {
		return nil, 0, err
	}
	table = binary.LittleEndian.AppendUint32(nil, uint32(len(facts)))
	table = append(table, facts...)
	table = binary.AppendUvarint(table, uint64(len(b.groups)))
	points := bufio.NewReaderSize(b.spool, 1<<18)
	end = preambleSize
	n := 0
	for part, err := range Groups(video) {
		if err != nil {
			return nil, 0, err
		}
		if n == len(b.groups) {
			return nil, 0, fmt.Errorf("the video has more than the %d groups of its pictures", n)
		}
		k := len(part)
		part = append(part, make([]byte, b.groups[n])...)
		if _, err := io.ReadFull(points, part[k:]); err != nil {
			return nil, 0, fmt.Errorf("reading keypoints: %w", err)
		}
		table = binary.AppendUvarint(table, uint64(k))
		table = binary.AppendUvarint(table, uint64(b.groups[n]))
		sum := sha256.Sum256(part)
		table = append(table, sum[:]...)
		if _, err := out.Write(part); err != nil {
			return nil, 0, err
		}
		end += int64(len(part))
		n++
	}
	if n != len(b.groups) {
		return nil, 0, fmt.Errorf("the video has %d groups, its pictures %d", n, len(b.groups))
	}
	return table, end, nil
}

func preamble(at int64, table []byte) []byte {
	head := make([]byte, 0, preambleSize)
	head = append(head, magic...)
	head = binary.LittleEndian.AppendUint32(head, Version)
	head = binary.LittleEndian.AppendUint32(head, 0)
	head = binary.LittleEndian.AppendUint64(head, uint64(at))
	head = binary.LittleEndian.AppendUint64(head, uint64(len(table)))
	sum := sha256.Sum256(table)
	return append(head, sum[:]...)
}
