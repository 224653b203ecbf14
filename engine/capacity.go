// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"fmt"
	"time"

	"spoor/engine/code"
	"spoor/engine/media"
	"spoor/engine/watermark"
)

// Scores that an undamaged copy must be expected to reach. For comparison: about 8.3 names one of a million tags.
const (
	refusedBelow = 12.0 // any damage would make the recipient unreadable
	weakBelow    = 20.0
)

// Capacity is how strongly copies of a title can be expected to speak.
type Capacity struct {
	Score     float64   `json:"score"`     // z of an undamaged copy at normal strength, 0..32
	Stretches []float64 `json:"stretches"` // z of each stretch that was tried, in their order
	Words     string    `json:"words"`
}

// Weak tells whether copies can be traced from good leaks only.
func (c Capacity) Weak() bool { return c.Score < weakBelow }

func (c *Capacity) describe() {
	switch {
	case c.Score < refusedBelow:
		c.Words = "too flat or too dark to carry a mark"
	case c.Score < weakBelow:
		c.Words = "weak: little texture or light; a copy can be traced while it is little damaged, strong marks help"
	case c.Score < 26:
		c.Words = "good: an undamaged copy reads clearly; how much damage it stands depends on the picture, see docs/measured/evidence.md"
	default:
		c.Words = "very good: an undamaged copy reads as clearly as any; how much damage it stands depends on the picture, " +
			"see docs/measured/evidence.md"
	}
}

// refusal is the error for a title that cannot carry a mark, nil for others.
func (c Capacity) refusal(path string) error {
	if c.Score >= refusedBelow {
		return nil
	}
	return refuseFile(path, fmt.Sprintf(
		"too flat or too dark to carry a mark: a copy is expected to reach a score of %.1f where at least %.0f is needed",
		c.Score, refusedBelow))
}

const (
	stretchLength = 4 * time.Second
	stretchCount  = 3
	stretchFPS    = 6
	// No tag has this text: it has a control character.
	throwAwayTag = "\x00capacity"
)

// capacityOf marks a few stretches of an original with a codeword that nobody gets, on the small pictures that a
// reader works on, and reads it back.
func capacityOf(ctx context.Context, tools *media.Tools, path string, info media.Info, key titleKey,
	report func(Progress),
) (Capacity, error) {
	word := key.word(throwAwayTag)
	n := int(min(max(info.Duration/stretchLength, 1), stretchCount))
	meter := newMeter(report, "checking what mark it can carry", int64(n))
	var c Capacity
	var sum code.Vector
	for i := range n {
		from := time.Duration(float64(info.Duration-stretchLength) * (float64(i) + 0.5) / float64(n))
		frames, err := markedStretch(ctx, tools, path, info, key.mark(), &word, max(from, 0))
		if err != nil {
			return Capacity{}, err
		}
		chips, err := readBack(key.mark(), frames, info)
		if err != nil {
			return Capacity{}, err
		}
		c.Stretches = append(c.Stretches, code.Score((*code.Word)(&word), chips))
		sum.Add(chips)
		meter.at(int64(i + 1))
	}
	c.Score = code.Score((*code.Word)(&word), &sum)
	c.describe()
	return c, nil
}

// markedStretch decodes a stretch at the size of the analysis and marks it.
func markedStretch(ctx context.Context, tools *media.Tools, path string, info media.Info, key *watermark.Key, word *watermark.Word,
	from time.Duration,
) ([]watermark.Frame, error) {
	w, h := watermark.Grid(aspectOf(info))
	format := watermark.Format{Width: w, Height: h, Aspect: aspectOf(info), Depth: 8}
	embedder, err := watermark.NewEmbedder(key, word, format, watermark.Normal)
	if err != nil {
		return nil, err
	}
	marker := embedder.NewMarker()
	o := media.DecodeOptions{Width: w, Height: h, From: from, Length: stretchLength, FPS: stretchFPS}
	frames, damage, err := decodeFrames(ctx, tools, path, o)
	if err != nil {
		return nil, err
	}
	for _, f := range frames {
		if err := marker.Mark(f.Pix, f.Time); err != nil {
			return nil, err
		}
	}
	if damage != "" {
		return nil, refuseFile(path, "the file is damaged: "+damage+"; register an undamaged original")
	}
	if len(frames) == 0 {
		return nil, refuseFile(path, fmt.Sprintf(
			"nothing can be decoded at %s although the file says that it runs for %s; register an undamaged original",
			from.Round(time.Second), info.Duration.Round(time.Second)))
	}
	return frames, nil
}

// readBack reads the mark of an undamaged copy.
func readBack(key *watermark.Key, frames []watermark.Frame, info media.Info) (*code.Vector, error) {
	w, h := watermark.Grid(aspectOf(info))
	analysis, err := watermark.Analyse(frames, w, h)
	if err != nil {
		return nil, err
	}
	var best code.Vector
	score := 0.0
	shape := watermark.Shape{Aspect: aspectOf(info), Length: info.Duration}
	for reading, err := range key.Readings(analysis, shape, watermark.AsIs, watermark.AsIs) {
		if err != nil {
			return nil, err
		}
		if reading.Score > score {
			best, score = code.Vector(reading.Evidence().Chips), reading.Score
		}
	}
	return &best, nil
}
