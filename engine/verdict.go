// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"spoor/engine/code"
	"spoor/engine/reference"
	"spoor/engine/watermark"
	"spoor/storage"
)

// carries is the score from which on a stretch of two seconds is said to carry a tag that was named already.
const carries = 3.0

// conclude turns what was gathered into the answer.
func (t *trace) conclude(ctx context.Context) error {
	r := t.result
	r.BestScore, r.Looks, r.FramesUsed, r.Damage = t.state.Best, t.state.Looks, t.state.frames(), t.state.Damage
	for _, title := range t.titles {
		found, err := t.findings(ctx, title)
		if err != nil {
			return err
		}
		r.Findings = append(r.Findings, found...)
	}
	slices.SortStableFunc(r.Findings, func(a, b TraceFinding) int { return cmp.Compare(a.Log10P, b.Log10P) })
	likely, clarity := t.likely()
	r.SyncClarity = clarity
	switch {
	case len(r.Findings) > 0:
		r.Verdict = string(storage.Found)
	case clarity >= 1:
		r.Verdict = string(storage.Marked)
	case code.Log10P(t.state.Best, int(t.tags), code.Spend(max(t.state.Looks, 1))) < -2 || clarity >= 0.6:
		r.Verdict = string(storage.Inconclusive)
	default:
		r.Verdict = string(storage.None)
	}
	t.nameTitle(likely)
	if t.needed = t.whatIsNeeded(); t.needed != nil {
		r.Needed = t.needed.Words
	}
	for _, step := range t.tried() {
		t.steps, r.Tried = append(t.steps, step), append(r.Tried, step.Words)
	}
	return t.controls(ctx)
}

// whatIsNeeded says how much more of what would settle a case that is open: scores grow with the root of the footage. nil
// where the case is not open.
func (t *trace) whatIsNeeded() *Remark {
	r := t.result
	if r.Verdict != string(storage.Inconclusive) && r.Verdict != string(storage.Marked) {
		return nil
	}
	next := code.Spend(t.state.Looks + 1)
	enough := scoreFor(func(z float64) bool { return code.Log10P(z, int(t.tags), next) <= ThresholdLog10P })
	byChance := scoreFor(func(z float64) bool { return code.Log10P(z, int(t.tags), 1) < 0 })
	if r.BestScore < byChance+0.5 {
		return new(remark(NeededBetterCopy))
	}
	times := enough / r.BestScore
	return new(remark(NeededFootage, oneDigit(max(times*times, 1.1)), oneDigit(r.BestScore), oneDigit(enough)))
}

func oneDigit(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// scoreFor is the lowest score that is enough, to a twentieth.
func scoreFor(enough func(float64) bool) float64 {
	for z := 0.0; z < 32; z += 0.05 {
		if enough(z) {
			return z
		}
	}
	return 32
}

// likely is the title whose mark shows most clearly.
func (t *trace) likely() (*suspect, float64) {
	best, clarity := t.titles[0], 0.0
	for _, title := range t.titles {
		if v := t.state.Titles[title.ID]; v != nil && v.clearest() > clarity {
			best, clarity = title, v.clearest()
		}
	}
	return best, clarity
}

func (t *trace) nameTitle(likely *suspect) {
	r := t.result
	recognised := t.recognised()
	switch {
	case len(r.Findings) > 0:
		first := r.Findings[0]
		for _, title := range t.titles {
			if title.ID == first.title {
				r.Title = t.titled(title, &first.Log10P)
			}
		}
	case r.Verdict == string(storage.Marked):
		r.Title = t.titled(likely, nil)
	case recognised != nil:
		r.Title = t.titled(recognised, nil)
	}
}

// recognised is the title whose pictures the leak shows most clearly; nil where that is certain of none.
func (t *trace) recognised() (best *suspect) {
	match := reference.Certain
	for _, title := range t.titles {
		if v := t.state.Titles[title.ID]; v != nil && v.Match <= match {
			best, match = title, v.Match
		}
	}
	return best
}

// titled says how sure a title is: by its pictures, else by the tag that was named, nil for none.
func (t *trace) titled(title *suspect, byTag *float64) *TraceTitle {
	out := &TraceTitle{ID: title.ID, Name: title.Name}
	if v := t.state.Titles[title.ID]; v != nil && v.Match <= reference.Certain {
		p := min(v.Match+math.Log10(float64(max(t.state.Lookups, 1))), 0)
		out.Log10P, out.How = &p, ByPictures
	} else if byTag != nil {
		out.Log10P, out.How = byTag, ByMark
	}
	return out
}

// findings describes the tags of a title that were named.
func (t *trace) findings(ctx context.Context, title *suspect) ([]TraceFinding, error) {
	v := t.state.title(title.ID)
	if len(v.Named) == 0 {
		return nil, nil
	}
	if err := t.load(ctx, title); err != nil { // where everything was known from a checkpoint
		return nil, err
	}
	var indexes []int
	for i := range v.Named {
		indexes = append(indexes, i)
	}
	slices.Sort(indexes)
	words := make([]code.Word, len(indexes))
	for i, index := range indexes {
		words[i] = title.registry.Word(index)
	}
	fit, err := code.FitTags(words, v.sum(t.windows(), v.method()))
	if err != nil {
		return nil, fmt.Errorf("shares of the tags: %w", err)
	}
	var out []TraceFinding
	for i, index := range indexes {
		tag, err := t.engine.store.TagByOrdinal(ctx, title.ID, int64(index)+1)
		if err != nil {
			return nil, err
		}
		t.lanes = append(t.lanes, Lane{Title: title.ID, Ordinal: tag.Ordinal, Points: v.lane(&words[i], t.windows(), v.method())})
		out = append(out, TraceFinding{
			Tag: tag.Text, Log10P: v.Named[index].Log10P, Score: v.Named[index].Score, Weight: fit.Weights[i],
			Method: v.Named[index].Method,
			Spans:  v.spans(&words[i], t.windows(), v.method()), title: title.ID, ordinal: tag.Ordinal,
		})
	}
	return out, nil
}

// method is the one that named the tags of a title most clearly.
func (v *seen) method() string {
	best, method := 0.0, blind
	for _, n := range v.Named {
		if n.Log10P < best || n.Log10P == best && n.Method < method {
			best, method = n.Log10P, n.Method
		}
	}
	return method
}

// spans lists the stretches of the leak that carry a word, joined where one follows on the other.
func (v *seen) spans(word *code.Word, windows int, method string) []Span {
	out := []Span{}
	list := v.readings(method)
	for i := range windows {
		w := list[i]
		if w == nil {
			continue
		}
		for j := range w.Buckets {
			b := &w.Buckets[j]
			if code.Score(word, &b.Chips) < carries {
				continue
			}
			s := w.span(b)
			if n := len(out); n > 0 && out[n-1].leadsTo(s) {
				out[n-1].ToMS, out[n-1].TitleToMS = s.ToMS, s.TitleToMS
			} else {
				out = append(out, s)
			}
		}
	}
	return out
}

func (w *windowReading) span(b *bucket) Span {
	s := Span{FromMS: b.From.Milliseconds(), ToMS: b.To.Milliseconds()}
	if w.Placed {
		from, to := max(b.From+w.Offset, 0).Milliseconds(), max(b.To+w.Offset, 0).Milliseconds()
		s.TitleFromMS, s.TitleToMS = &from, &to
	}
	return s
}

// leadsTo tells whether next goes on where s ends, in the leak and, as far as that is known, in the title.
func (s Span) leadsTo(next Span) bool {
	const gap = 1000
	if next.FromMS-s.ToMS > gap || (s.TitleToMS == nil) != (next.TitleFromMS == nil) {
		return false
	}
	if s.TitleToMS == nil {
		return true
	}
	d := *next.TitleFromMS - *s.TitleToMS
	return d <= gap && -d <= gap
}

// tried says what was done.
func (t *trace) tried() []Remark {
	var windows [watermark.Deep + 1]int
	against := 0
	for s := range t.state.Done {
		if s.Informed {
			against++
		} else {
			windows[s.Effort]++
		}
	}
	codes := [...]string{TriedWhole, TriedTurned, TriedFilmed}
	var out []Remark
	if against > 0 {
		out = append(out, remark(TriedInformed, against, t.windows(), windowLength.Seconds()))
	}
	if s := t.state.Search; s.Frames > 0 {
		t.result.TitleSearch = s.result()
		out = append(out, t.result.TitleSearch.remark())
	}
	if t.state.Exact {
		out = append(out, remark(TriedExact))
	}
	for effort, n := range windows {
		if n > 0 {
			out = append(out, remark(codes[effort], n, t.windows(), windowLength.Seconds()))
		}
	}
	return out
}
