// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"cmp"
	"iter"
	"slices"
)

// Last returns the latest trace that ended with an answer, or the latest one, or nil. Of a document, whose pictures have a trace each, it
// is the one that says most.
func (x *Exhibit) Last() *Trace {
	var best *Trace
	for _, t := range x.parts() {
		if best == nil || t.saysMore(best) {
			best = t
		}
	}
	if best != nil {
		return best
	}
	for i := len(x.Traces) - 1; i >= 0; i-- {
		if x.Traces[i].ended() {
			return &x.Traces[i]
		}
	}
	if n := len(x.Traces); n > 0 {
		return &x.Traces[n-1]
	}
	return nil
}

// ended tells whether a trace came to an answer: one that was cancelled later does not hide what was found before.
func (t *Trace) ended() bool { return !t.Finished.IsZero() && t.Verdict != "" }

// parts are the latest finished traces of each picture and page of a document, in the order of the pages; none of other
// exhibits.
func (x *Exhibit) parts() []*Trace {
	latest := map[[2]int]*Trace{}
	for i := range x.Traces {
		if t := &x.Traces[i]; t.Part != nil && t.ended() {
			latest[[2]int{t.Part.Page, t.Part.Picture}] = t
		}
	}
	out := make([]*Trace, 0, len(latest))
	for _, t := range latest {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *Trace) int {
		return cmp.Or(cmp.Compare(a.Part.Page, b.Part.Page), cmp.Compare(a.Part.order(), b.Part.order()))
	})
	return out
}

// order puts the pictures of a page before the page as a whole.
func (p *Part) order() int {
	if p.Picture == 0 {
		return int(^uint(0) >> 1)
	}
	return p.Picture
}

// Told returns the traces that an exhibit is reported by: the last one; of a document, that of each picture and page that
// shows a mark, in the order of the pages, and where none does the one that says most.
func (x *Exhibit) Told() []*Trace {
	var out []*Trace
	for _, t := range x.parts() {
		if t.Verdict == Found || t.Verdict == Marked {
			out = append(out, t)
		}
	}
	if last := x.Last(); len(out) == 0 && last != nil {
		out = append(out, last)
	}
	return out
}

// Named goes through the tags that were named in an exhibit, each with the trace that named it.
func (x *Exhibit) Named() iter.Seq2[*Trace, *Finding] {
	return func(yield func(*Trace, *Finding) bool) {
		for _, t := range x.Told() {
			for i := range t.Findings {
				if !yield(t, &t.Findings[i]) {
					return
				}
			}
		}
	}
}

// shown are the titles that an exhibit shows, each once.
func (x *Exhibit) shown() []*TitleMatch {
	var out []*TitleMatch
	for _, t := range x.Told() {
		if t.Title != nil && !slices.ContainsFunc(out, func(m *TitleMatch) bool { return m.ID == t.Title.ID }) {
			out = append(out, t.Title)
		}
	}
	return out
}
