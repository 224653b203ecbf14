// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"time"

	"spoor/engine/internal/dsp"
)

// Query is a frame of a leak, prepared for being looked up.
type Query struct {
	Time     time.Duration // in the leak
	W, H     int           // of the frame
	Mirrored bool          // it was mirrored before its points were taken
	Points   []Point       // of the frame, mirrored if so
	weak     []weakness
}

// QueryPoints is how many keypoints a query has, about.
const QueryPoints = 600

// Query prepares a frame of w x h; mirrored, as it looks in a mirror.
func (e *Extractor) Query(t time.Duration, pix []byte, w, h int, mirrored bool) Query {
	if mirrored {
		e.flipped = append(e.flipped[:0], pix[:w*h]...)
		for y := range h {
			row := e.flipped[y*w:][:w]
			for a, b := 0, w-1; a < b; a, b = a+1, b-1 {
				row[a], row[b] = row[b], row[a]
			}
		}
		pix = e.flipped
	}
	q := Query{Time: t, W: w, H: h, Mirrored: mirrored}
	e.weak = &q.weak
	q.Points = e.Extract(nil, pix, w, h, QueryPoints)
	e.weak = nil
	return q
}

// Extractors prepare frames for being looked up on all cores. They are for one goroutine.
type Extractors struct{ list []*Extractor }

// Queries prepares frames; mirrored, as they look in a mirror.
func (e *Extractors) Queries(frames []Frame, mirrored bool) []Query {
	for len(e.list) < dsp.Workers(len(frames)) {
		e.list = append(e.list, NewExtractor())
	}
	queries := make([]Query, len(frames))
	dsp.Each(len(frames), func(worker, i int) {
		f := &frames[i]
		queries[i] = e.list[worker].Query(f.Time, f.Pix, f.W, f.H, mirrored)
	})
	return queries
}

// QuerySize is the size to which frames of a leak are brought for queries: no
// more than 640 wide and high, never enlarged.
func QuerySize(w, h int) (int, int) {
	const most = 640
	if longer := max(w, h); longer > most {
		w, h = max(1, (w*most+longer/2)/longer), max(1, (h*most+longer/2)/longer)
	}
	return w, h
}
