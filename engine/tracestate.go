// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"slices"
	"time"

	"spoor/engine/code"
	"spoor/engine/watermark"
)

// traceState is what a trace has gathered: sums, so that it can be saved at any time and gone on with.
type traceState struct {
	Looks   int              // scans that the corrections pay for
	Lookups int              // of titles by their pictures: their corrections pay for each
	Done    map[step]bool    // steps that need not be taken again
	Read    map[int]int      // frames read, by window
	Shown   bool             // a picture was read that is more than one even colour
	Exact   bool             // a window was compared with the frames of an original
	Search  TitleSearch      // what titles were looked for by their pictures
	Unseen  int              // windows in which informed steps saw no title
	End     int              // windows from this one on were found to be empty; 0 if none was
	Best    float64          // best score of any look
	Titles  map[string]*seen // by title id
	Damage  string
}

// step is one unit of work: a window of the leak at one effort.
type step struct {
	Window   int
	Informed bool // against the originals; else from the mark alone, with this effort:
	Effort   watermark.Effort
}

// seen is what a leak shows of one title.
type seen struct {
	Windows map[int]*windowReading // from the mark alone
	Aligned map[int]*windowReading // against the original
	Named   map[int]named          // by index in the registry
	Looks   map[int]*look          // that named a tag, by their number
	Match   float64                // log10 of the probability that its pictures agree so well by chance, in one look-up; 0: never
}

// match takes up that the title's pictures were recognised.
func (v *seen) match(log10p float64) { v.Match = min(v.Match, log10p) }

// named is the look at which a tag spoke most clearly.
type named struct {
	Score, Log10P float64
	Method        string
	Look          int // number of the look
}

// windowReading is the best reading of a window.
type windowReading struct {
	Score    float64 // see watermark.Reading
	Sync     float64
	Geometry watermark.Homography
	Turned   bool
	Effort   watermark.Effort
	Placed   bool          // the place in the title is known
	Offset   time.Duration // title time less leak time, where it is
	Buckets  []bucket
	Sight    *sight // where it was laid over the title; nil where the mark alone was read
}

// bucketLength is the resolution of the timeline.
const bucketLength = 2 * time.Second

// bucket is the evidence of a short stretch of the leak.
type bucket struct {
	From, To time.Duration // of the leak
	Chips    code.Vector
}

func newTraceState() *traceState {
	return &traceState{Done: map[step]bool{}, Read: map[int]int{}, Titles: map[string]*seen{}}
}

// loadTraceState reads a checkpoint; one that cannot be read costs only the time to start anew.
func loadTraceState(saved []byte) *traceState {
	s := newTraceState()
	if len(saved) == 0 || gob.NewDecoder(bytes.NewReader(saved)).Decode(s) != nil || s.Done == nil || s.Titles == nil {
		return newTraceState()
	}
	if s.Read == nil { // gob leaves empty maps out
		s.Read = map[int]int{}
	}
	return s
}

// note keeps what decoding a window of a step came to.
func (s *traceState) note(of step, frames int, damage string) {
	if damage != "" {
		s.Damage = damage
	}
	s.Read[of.Window] = max(s.Read[of.Window], frames)
	if frames == 0 && of.Window > 0 && (s.End == 0 || of.Window < s.End) {
		s.End = of.Window
	}
}

// frames is how many were read.
func (s *traceState) frames() (n int) {
	for _, k := range s.Read {
		n += k
	}
	return n
}

func (s *traceState) save() ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(s); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return b.Bytes(), nil
}

// title returns what was seen of a title.
func (s *traceState) title(id string) *seen {
	v := s.Titles[id]
	if v == nil {
		v = &seen{}
		s.Titles[id] = v
	}
	if v.Windows == nil { // gob leaves empty maps out
		v.Windows = map[int]*windowReading{}
	}
	if v.Aligned == nil {
		v.Aligned = map[int]*windowReading{}
	}
	if v.Named == nil {
		v.Named = map[int]named{}
	}
	return v
}

// keep takes a reading of a window where it is the first or a clearer one, and reports whether it did.
func (v *seen) keep(window int, effort watermark.Effort, r *watermark.Reading) bool {
	if old := v.Windows[window]; old != nil && old.Score >= r.Score {
		return false
	}
	w := &windowReading{
		Score: r.Score, Sync: r.Sync, Geometry: r.Geometry, Turned: r.Turned, Effort: effort, Buckets: buckets(r.Slices),
	}
	w.Offset, w.Placed = placeOf(r.Slices)
	v.Windows[window] = w
	return true
}

// keepAligned takes a reading against the original, where it is the first of its window, a clearer one, or one of more of
// the same: it reports whether it did.
func (v *seen) keepAligned(window int, r *watermark.Reading, at sight) bool {
	if old := v.Aligned[window]; old != nil && old.Score >= r.Score {
		return false
	}
	w := &windowReading{Score: r.Score, Sync: r.Sync, Buckets: closed(buckets(r.Slices)), Sight: &at}
	w.Offset, w.Placed = at.Clock.Offset, true
	v.Aligned[window] = w
	return true
}

// closed lets buckets meet in the middle between them: pictures of a reference are samples, and what lies between two that
// are near shows the same.
func closed(list []bucket) []bucket {
	const near = 3 * time.Second
	for i := 1; i < len(list); i++ {
		if gap := list[i].From - list[i-1].To; gap > 0 && gap < near {
			list[i-1].To += gap / 2
			list[i].From = list[i-1].To
		}
	}
	return list
}

// readings are those of one method.
func (v *seen) readings(method string) map[int]*windowReading {
	if method == informed {
		return v.Aligned
	}
	return v.Windows
}

// buckets sums slices over stretches of bucketLength. What all frames have in common belongs to no time: it goes to
// the last.
func buckets(slices []watermark.Slice) []bucket {
	var out []bucket
	for i := range slices {
		s := &slices[i]
		timed := s.Evidence.Frames > 0
		if n := len(out); n == 0 || (timed && s.From >= out[n-1].From+bucketLength) {
			out = append(out, bucket{From: s.From, To: s.To})
		}
		b := &out[len(out)-1]
		b.Chips.Add((*code.Vector)(&s.Evidence.Chips))
		if timed {
			b.To = max(b.To, s.To)
		}
	}
	return out
}

// placeOf finds where in the title a window is: the median of what its slices say, if most of them agree on it. Codecs
// keep old patterns in what they skip, so single slices can be off by seconds.
func placeOf(list []watermark.Slice) (offset time.Duration, ok bool) {
	var offsets []time.Duration
	for i := range list {
		if s := &list[i]; s.Evidence.Frames > 0 {
			offsets = append(offsets, s.Title-(s.From+s.To)/2)
		}
	}
	if len(offsets) < 4 {
		return 0, false
	}
	slices.Sort(offsets)
	median := offsets[len(offsets)/2]
	agree := 0
	for _, o := range offsets {
		if d := o - median; d < time.Second && -d < time.Second {
			agree++
		}
	}
	return median, 4*agree >= 3*len(offsets)
}

// sum adds up a window.
func (w *windowReading) sum() *code.Vector {
	var v code.Vector
	for i := range w.Buckets {
		v.Add(&w.Buckets[i].Chips)
	}
	return &v
}

// sum adds up all windows of a method, in order, so that the result does not depend on the order of the work.
func (v *seen) sum(windows int, method string) *code.Vector {
	var sum code.Vector
	list := v.readings(method)
	for i := range windows {
		if w := list[i]; w != nil {
			sum.Add(w.sum())
		}
	}
	return &sum
}

// clarity is how clearly a mark of the title's key shows: from 1 on there is one.
func (w *windowReading) clarity() float64 {
	if w.Sight != nil {
		return w.Score / markedAligned
	}
	if w.Effort == watermark.AsIs {
		return w.Score / markedWhole
	}
	return w.Score / markedSearched
}

// clearest is the clearest sign of the title's mark in any window.
func (v *seen) clearest() float64 {
	c := 0.0
	for _, w := range v.Windows {
		c = max(c, w.clarity())
	}
	for _, w := range v.Aligned {
		c = max(c, w.clarity())
	}
	return c
}
