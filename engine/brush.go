// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"spoor/engine/media"
	"spoor/engine/watermark"
)

// sampledFrames is about how many frames of a copy are compared with the original.
const sampledFrames = 24

// brush marks the frames of one copy and compares some of them with what they were.
type brush struct {
	format  watermark.Format
	markers []*watermark.Marker
	word    watermark.Word
	key     *watermark.Key
	s       watermark.Strength
	every   int64 // one frame in so many is compared

	mu      sync.Mutex
	quality Quality
}

func (m *marking) newBrush(ctx context.Context, j *markJob) (*brush, error) {
	if err := m.survey(ctx); err != nil {
		return nil, err
	}
	depth := 8
	if m.info.BitDepth > 8 {
		depth = 10
	}
	b := &brush{
		format: watermark.Format{Width: m.info.Width, Height: m.info.Height, Aspect: aspectOf(m.info), Depth: depth, Room: *m.room},
		key:    m.key.mark(), word: m.key.word(j.Tag.Text), s: m.strength,
	}
	frames := m.info.Frames
	if frames == 0 {
		frames = int64(m.title.Duration.Seconds() * 24)
	}
	b.every = max(1, frames/sampledFrames)
	embedder, err := watermark.NewEmbedder(b.key, &b.word, b.format, b.s)
	if err != nil {
		return nil, refuseFile(m.source, err.Error())
	}
	for range defaultWorkers() {
		b.markers = append(b.markers, embedder.NewMarker())
	}
	return b, nil
}

// survey finds out, once for all copies, what the title may carry.
func (m *marking) survey(ctx context.Context) error {
	if m.room != nil {
		return nil
	}
	room, err := Room(ctx, m.tools, m.source, m.info)
	m.room = &room
	return err
}

func (b *brush) workers() int { return len(b.markers) }

// each marks a frame; it is called by all workers at once.
func (b *brush) each(worker int, p media.Plane) error {
	if p.Width != b.format.Width || p.Height != b.format.Height || p.Depth != b.format.Depth {
		return fmt.Errorf("frame of %dx%d at %d bits where %dx%d at %d bits was expected",
			p.Width, p.Height, p.Depth, b.format.Width, b.format.Height, b.format.Depth)
	}
	if p.Index%b.every != 0 {
		return b.markers[worker].Mark(p.Pix, p.Time)
	}
	before := slices.Clone(p.Pix)
	if err := b.markers[worker].Mark(p.Pix, p.Time); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.quality.Add(before, p.Pix, p.Width, p.Height, p.Depth)
}

// measure compares a few frames apart from the making of a copy, in eight bits.
func (m *marking) measure(ctx context.Context, b *brush) error {
	format := b.format
	format.Depth = 8
	embedder, err := watermark.NewEmbedder(b.key, &b.word, format, b.s)
	if err != nil {
		return err
	}
	marker := embedder.NewMarker()
	const places = 6
	for i := range places {
		from := m.title.Duration * time.Duration(i) / places
		if err := m.measureAt(ctx, b, marker, format, from); err != nil {
			return err
		}
	}
	return nil
}

func (m *marking) measureAt(ctx context.Context, b *brush, marker *watermark.Marker, format watermark.Format, from time.Duration) error {
	r, err := m.tools.Decode(ctx, m.source, media.DecodeOptions{From: from, Length: 2 * time.Second})
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := r.Next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	after := slices.Clone(f.Pix)
	if err := marker.Mark(after, f.Time); err != nil {
		return err
	}
	return b.quality.Add(f.Pix, after, format.Width, format.Height, format.Depth)
}
