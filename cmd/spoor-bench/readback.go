// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"spoor/engine/code"
	"spoor/engine/media"
	"spoor/engine/watermark"
)

// What a trace reads of a leak first: see engine.
const (
	readFPS    = 3
	readLength = 10 * time.Second
)

// analyse prepares the first ten seconds of a leak for reading, whatever the key.
func analyse(ctx context.Context, tools *media.Tools, path string) (*watermark.Analysis, error) {
	info, err := tools.Probe(ctx, path)
	if err != nil {
		return nil, err
	}
	w, h := watermark.Grid(aspect(info))
	o := media.DecodeOptions{Width: w, Height: h, FPS: readFPS, Length: readLength}
	if info.Still {
		o = media.DecodeOptions{Width: w, Height: h}
	}
	r, err := tools.Decode(ctx, path, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var frames []watermark.Frame
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return watermark.Analyse(frames, w, h)
		}
		if err != nil {
			return nil, err
		}
		frames = append(frames, watermark.Frame{Pix: slices.Clone(f.Pix), Time: f.Time})
	}
}

// reading is the likeliest reading of an analysis with a key.
func reading(a *watermark.Analysis, key *watermark.Key, s watermark.Shape, effort watermark.Effort) (*code.Vector, error) {
	var best *watermark.Reading
	for r, err := range key.Readings(a, s, watermark.AsIs, effort) {
		if err != nil {
			return nil, fmt.Errorf("reading: %w", err)
		}
		if best == nil || r.Score > best.Score {
			best = r
		}
	}
	if best == nil {
		return &code.Vector{}, nil
	}
	v := code.Vector(best.Evidence().Chips)
	return &v, nil
}

// scoreOf reads a leak as the whole picture and returns the score of a word.
func scoreOf(
	ctx context.Context, tools *media.Tools, path string, key *watermark.Key, s watermark.Shape, word *code.Word,
) (float64, error) {
	a, err := analyse(ctx, tools, path)
	if err != nil {
		return 0, err
	}
	v, err := reading(a, key, s, watermark.AsIs)
	if err != nil {
		return 0, err
	}
	return code.Score(word, v), nil
}

// aspect is the shape of a picture as shown, width by height.
func aspect(i media.Info) float64 {
	if sar := i.SAR.Float(); sar > 0.1 && sar < 10 {
		return float64(i.Width) * sar / float64(i.Height)
	}
	return float64(i.Width) / float64(i.Height)
}
