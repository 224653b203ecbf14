// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"fmt"
	"time"

	"spoor/engine/reference"
	"spoor/engine/watermark"
)

const (
	stillMoments  = 4                      // of a title that a still is compared with
	stillMargin   = 550 * time.Millisecond // around each: pictures of a reference are half a second apart
	stillReadings = 12                     // frames of an original that a still is read against
)

// starts are where the picture of a still or a short window may lie: where it was seen, and in the whole frame.
func (s *sighting) starts() []reference.Placement {
	return []reference.Placement{s.start, {Map: reference.Identity()}}
}

// readStill reads a still against the pictures that it is most like, of the original where that is at hand and of the
// reference, and compares the clearest reading with the tags. It reports whether the still shows the title.
func (t *trace) readStill(ctx context.Context, window int, s sighting, frame *reference.Frame) (bool, error) {
	exact, err := t.originalAround(ctx, s, s.near, []reference.Frame{*frame})
	if err != nil {
		return false, err
	}
	t.state.Exact = t.state.Exact || len(exact) > 0
	moment := s.near.Title(frame.Time)
	sparse, err := t.pictures(ctx, s.title, moment-s.reach, moment+s.reach)
	if err != nil {
		return false, err
	}
	list := reference.Stills(exact, frame, s.starts(), stillReadings)
	list = append(list, reference.Stills(sparse, frame, s.starts(), stillMoments)...)
	best, err := t.clearest(s.title, list)
	if err != nil || best == nil {
		return false, err
	}
	return true, t.compare(ctx, window, &best.exhibit, best.reading, best.at)
}

// stillReading is a still as read against one picture.
type stillReading struct {
	exhibit exhibit
	reading *watermark.Reading
	at      sight
}

// clearest reads a still against several pictures and returns the reading in which the sync lines show the mark most
// clearly; nil where none fits. No codeword is looked at to choose it, so that the choice costs nothing.
func (t *trace) clearest(title *suspect, list []reference.Registration) (best *stillReading, err error) {
	for i := range list {
		r := &list[i]
		if r.At.Fit < leastAligned {
			continue
		}
		s := stillReading{exhibit: exhibit{title: title, rests: restsOf(r, 1)}, at: sight{r.Clock, r.At}}
		if s.reading, err = title.readRests(&s.exhibit); err != nil {
			return nil, fmt.Errorf("reading %s: %w", t.options.Leak, err)
		}
		if best == nil || clearer(s.reading, best.reading) {
			best = &s
		}
	}
	return best, nil
}

// clearer tells whether a shows a mark more clearly than b; scores have a ceiling, above which the sync lines decide.
func clearer(a, b *watermark.Reading) bool {
	return a.Score > b.Score || a.Score == b.Score && a.Sync > b.Sync
}
