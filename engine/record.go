// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"spoor/engine/code"
)

// TraceRecord is all that came out of a trace, kept so that a report can be written at any later time, and the scores
// recomputed by somebody who trusts nobody.
type TraceRecord struct {
	Result TraceResult `json:"result"`
	Looks  []Look      `json:"looks,omitempty"` // that named a tag
	Lanes  []Lane      `json:"lanes,omitempty"` // one a tag that was named
	Sights []Sight     `json:"sights,omitempty"`
	Unused []Stretch   `json:"unused,omitempty"` // of the leak, where a tag was named

	Remarks []Remark `json:"remarks,omitempty"` // those of Result.Notes
	Steps   []Remark `json:"steps,omitempty"`   // those of Result.Tried
	Needed  *Remark  `json:"needed,omitempty"`  // that of Result.Needed

	ExaminedMS int64 `json:"examined_ms"` // how much of the leak was looked at; less than its length where the answer came earlier
}

// Sight is where a leak was laid over the reference of a title, in the first stretch in which that succeeded.
type Sight struct {
	Title   string       `json:"title"`
	LeakMS  int64        `json:"leak_ms"`
	TitleMS int64        `json:"title_ms"`
	Speed   float64      `json:"speed"`   // of the title in the leak, 1 is as it was
	Fit     float64      `json:"fit"`     // correlation of the two pictures, 1 at best
	Corners [][2]float64 `json:"corners"` // of the leak's picture on the title's, whose corners are 0,0 and 1,1
}

// Stretch is a part of a leak that says nothing, and why.
type Stretch struct {
	FromMS int64  `json:"from_ms"`
	ToMS   int64  `json:"to_ms"`
	Why    string `json:"why"` // NotExamined or NotRead
}

// Why a stretch says nothing.
const (
	NotExamined = "not-examined" // the answer was certain before
	NotRead     = "not-read"     // the title was not recognised there, or nothing of its mark
)

// Look is one comparison of evidence with the registry of a title.
type Look struct {
	Number    int     `json:"number"` // from 1; the correction pays for it, see code.Spend
	Title     string  `json:"title"`
	Method    string  `json:"method"`
	Tags      int64   `json:"tags"`      // that the correction pays for: those of all titles
	Chips     []byte  `json:"chips"`     // the evidence: 1024 little-endian float64
	Histogram []Bin   `json:"histogram"` // scores of all tags of the title
	Hits      []Match `json:"hits"`      // the tags that were named, then the best one that was not
}

// Bin is how many scores lie from Score to Score + 1/8.
type Bin struct {
	Score float64 `json:"score"`
	Count int64   `json:"count"`
}

// Match is a tag and its score in a look.
type Match struct {
	Ordinal int64   `json:"ordinal"` // in the registry, from 1
	Score   float64 `json:"score"`
	Named   bool    `json:"named"`
}

// Lane is how strongly a tag shows over time.
type Lane struct {
	Title   string     `json:"title"`
	Ordinal int64      `json:"ordinal"`
	Points  []Strength `json:"points"`
}

// Strength is the score of a short stretch of the leak by itself.
type Strength struct {
	FromMS int64   `json:"from_ms"`
	ToMS   int64   `json:"to_ms"`
	Score  float64 `json:"score"`
}

// Record returns what was kept of a backtrace; ok is false where nothing was, as in homes of older versions.
func (e *Engine) Record(ctx context.Context, backtraceID string) (record TraceRecord, ok bool, err error) {
	raw, err := e.store.Record(ctx, backtraceID)
	if err != nil || raw == nil {
		return TraceRecord{}, false, err
	}
	if err := json.Unmarshal(raw, &record); err != nil {
		return TraceRecord{}, false, fmt.Errorf("record of the backtrace %s: %w", backtraceID, err)
	}
	return record, true, nil
}

// look is what is kept of a comparison that named a tag.
type look struct {
	Evidence  code.Vector
	Histogram code.Histogram
	Best      []code.Hit
}

// keepLook keeps the look that just was, if it named a tag, and forgets those that no tag rests on any more.
func (v *seen) keepLook(number int, evidence *code.Vector, scan *code.Scan) {
	needed := map[int]bool{}
	for _, n := range v.Named {
		needed[n.Look] = true
	}
	if needed[number] {
		if v.Looks == nil {
			v.Looks = map[int]*look{}
		}
		v.Looks[number] = &look{Evidence: *evidence, Histogram: scan.Histogram, Best: scan.Best}
	}
	for n := range v.Looks {
		if !needed[n] {
			delete(v.Looks, n)
		}
	}
}

func (t *trace) record() TraceRecord {
	r := TraceRecord{Result: *t.result, Lanes: t.lanes, Remarks: t.remarks, Steps: t.steps, Needed: t.needed}
	for _, title := range t.titles {
		v := t.state.Titles[title.ID]
		if v == nil {
			continue
		}
		for number := 1; number <= t.state.Looks; number++ {
			if l := v.Looks[number]; l != nil {
				r.Looks = append(r.Looks, v.describe(number, l, title.ID, t.tags))
			}
		}
		if s, ok := v.firstSight(title.ID, t.windows()); ok {
			r.Sights = append(r.Sights, s)
		}
	}
	if len(t.result.Findings) > 0 {
		r.Unused = t.unused(t.state.Titles[t.result.Findings[0].title])
	}
	for window, frames := range t.state.Read {
		if frames > 0 {
			from, length := t.stretch(window)
			r.ExaminedMS += max(min(length, t.info.Duration-from), 0).Milliseconds()
		}
	}
	return r
}

// unused lists the stretches that were not examined, or of which nothing was read for a title.
func (t *trace) unused(v *seen) []Stretch {
	var out []Stretch
	list := v.readings(v.method())
	for window := range t.windows() {
		var why string
		switch w := list[window]; {
		case t.state.Read[window] == 0:
			why = NotExamined
		case w == nil || len(w.Buckets) == 0:
			why = NotRead
		default:
			continue
		}
		from, length := t.stretch(window)
		s := Stretch{FromMS: from.Milliseconds(), ToMS: min(from+length, t.info.Duration).Milliseconds(), Why: why}
		if n := len(out); n > 0 && out[n-1].Why == why && s.FromMS <= out[n-1].ToMS {
			out[n-1].ToMS = max(out[n-1].ToMS, s.ToMS)
		} else if s.ToMS > s.FromMS {
			out = append(out, s)
		}
	}
	return out
}

// firstSight is the first window that was laid over the title.
func (v *seen) firstSight(titleID string, windows int) (Sight, bool) {
	for i := range windows {
		w := v.Aligned[i]
		if w == nil || w.Sight == nil || len(w.Buckets) == 0 {
			continue
		}
		back, ok := w.Sight.At.Map.Inverse()
		if !ok {
			continue
		}
		at := (w.Buckets[0].From + w.Buckets[0].To) / 2
		s := Sight{
			Title: titleID, LeakMS: at.Milliseconds(), TitleMS: w.Sight.Clock.Title(at).Milliseconds(), Speed: w.Sight.Clock.Speed,
			Fit: w.Sight.At.Fit,
		}
		for _, corner := range [][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}} {
			x, y := back.At(corner[0], corner[1])
			if math.IsNaN(x+y) || math.IsInf(x+y, 0) {
				return Sight{}, false
			}
			s.Corners = append(s.Corners, [2]float64{x, y})
		}
		return s, true
	}
	return Sight{}, false
}

func (v *seen) describe(number int, l *look, titleID string, tags int64) Look {
	out := Look{Number: number, Title: titleID, Tags: tags}
	for _, chip := range l.Evidence {
		out.Chips = binary.LittleEndian.AppendUint64(out.Chips, math.Float64bits(chip))
	}
	out.Histogram = bins(&l.Histogram)
	for _, n := range v.Named {
		if n.Look == number {
			out.Method = n.Method
		}
	}
	for _, hit := range l.Best {
		_, isNamed := v.Named[hit.Index]
		if isNamed && v.Named[hit.Index].Look != number {
			continue
		}
		out.Hits = append(out.Hits, Match{Ordinal: int64(hit.Index) + 1, Score: hit.Score, Named: isNamed})
		if !isNamed {
			break
		}
	}
	return out
}

// bins lists those of a histogram that are not empty.
func bins(h *code.Histogram) (list []Bin) {
	for i, n := range h {
		if n > 0 {
			list = append(list, Bin{Score: float64(i-len(h)/2) / 8, Count: n})
		}
	}
	return list
}

// lane is how strongly a word shows in each stretch of the leak.
func (v *seen) lane(word *code.Word, windows int, method string) []Strength {
	var out []Strength
	list := v.readings(method)
	for i := range windows {
		w := list[i]
		if w == nil {
			continue
		}
		for j := range w.Buckets {
			b := &w.Buckets[j]
			out = append(out, Strength{
				FromMS: b.From.Milliseconds(), ToMS: b.To.Milliseconds(), Score: code.Score(word, &b.Chips),
			})
		}
	}
	return out
}
