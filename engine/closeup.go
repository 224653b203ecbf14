// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"spoor/engine/media"
	"spoor/engine/watermark"
)

// glance is a window made ready for reading: as it is, or close up on a small picture in it.
type glance struct {
	analysis *watermark.Analysis
	closeUp  *watermark.CloseUp // nil: as it is
}

// inWhole is a reading of the glance with its geometry in the window as it is.
func (g glance) inWhole(r *watermark.Reading) *watermark.Reading {
	if g.closeUp == nil {
		return r
	}
	whole := *r
	whole.Geometry = g.closeUp.Whole(r.Geometry)
	return &whole
}

// glances are the ways to look at a window: where a search finds that it shows a small picture in a frame, first close up
// on that.
func (t *trace) glances(ctx context.Context, s step, a *watermark.Analysis) ([]glance, error) {
	asItIs := glance{analysis: a}
	if s.Effort != watermark.Search {
		return []glance{asItIs}, nil
	}
	c, small := a.CloseUp(aspectOf(t.info))
	if !small {
		return []glance{asItIs}, nil
	}
	frames, err := t.cutOut(ctx, s, c)
	if err != nil || len(frames) == 0 {
		return []glance{asItIs}, err
	}
	near, err := watermark.Analyse(frames, c.W, c.H)
	if err != nil {
		return nil, fmt.Errorf("%s, close up: %w", t.options.Leak, err)
	}
	return []glance{{near, &c}, asItIs}, nil
}

// cutOut decodes a window again, as large as a close-up wants it.
func (t *trace) cutOut(ctx context.Context, s step, c watermark.CloseUp) (frames []watermark.Frame, err error) {
	o := media.DecodeOptions{Width: c.Width, Height: c.Height}
	if !t.info.Still {
		o.FPS = searchFPS
		o.From, o.Length = t.stretch(s.Window)
	}
	r, err := t.tools.Decode(ctx, t.options.Leak, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return frames, nil
		}
		if err != nil {
			return nil, err
		}
		frames = append(frames, watermark.Frame{Pix: c.Cut(f.Pix), Time: f.Time})
	}
}
