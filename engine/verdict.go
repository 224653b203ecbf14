// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"spoor/engine/code"
	"spoor/engine/watermark"
	"spoor/storage"
)

// carries is the score from which on a stretch of two seconds is said to carry a tag that was named already.
const carries = 3.0

// conclude turns what was gathered into the answer.
func (t *trace) conclude(ctx context.Context) error {
	r := t.result
	r.BestScore, r.Looks, r.FramesUsed, r.Damage = t.state.Best, t.state.Looks, t.state.Frames, t.state.Damage
	for _, title := range t.titles {
		found, err := t.findings(ctx, title)
		if err != nil {
			return err
		}
		r.Findings = append(r.Findings, found...)
	}
	slices.SortStableFunc(r.Findings, func(a, b TraceFinding) int { return cmp.Compare(a.Log10P, b.Log10P) })
	likely, score := t.likely()
	r.SyncScore = score
	switch {
	case len(r.Findings) > 0:
		r.Verdict = string(storage.Found)
	case score >= markedScore:
		r.Verdict = string(storage.Marked)
	case code.Log10P(t.state.Best, int(t.tags), code.Spend(max(t.state.Looks, 1))) < -2 || score >= markedScore/2:
		r.Verdict = string(storage.Inconclusive)
	default:
		r.Verdict = string(storage.None)
	}
	t.nameTitle(likely)
	r.Tried = t.tried()
	return nil
}

// likely is the title whose mark shows most clearly.
func (t *trace) likely() (*suspect, float64) {
	best, score := t.titles[0], 0.0
	for _, title := range t.titles {
		if v := t.state.Titles[title.ID]; v != nil && v.score() > score {
			best, score = title, v.score()
		}
	}
	return best, score
}

func (t *trace) nameTitle(likely *suspect) {
	r := t.result
	switch storage.Verdict(r.Verdict) {
	case storage.Found:
		first := r.Findings[0]
		for _, title := range t.titles {
			if title.ID == first.title {
				p := first.Log10P
				r.Title = &TraceTitle{ID: title.ID, Name: title.Name, Log10P: &p}
			}
		}
	case storage.Marked:
		r.Title = &TraceTitle{ID: likely.ID, Name: likely.Name}
	}
}

// findings describes the tags of a title that were named.
func (t *trace) findings(ctx context.Context, title *suspect) ([]TraceFinding, error) {
	v := t.state.title(title.ID)
	if len(v.Named) == 0 {
		return nil, nil
	}
	if title.registry == nil { // everything was known from a checkpoint
		r, err := t.engine.registry(ctx, title.ID, title.key.words, t.options.Progress)
		if err != nil {
			return nil, err
		}
		title.registry = r
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
	fit, err := code.FitTags(words, v.sum(t.windows()))
	if err != nil {
		return nil, fmt.Errorf("shares of the tags: %w", err)
	}
	var out []TraceFinding
	for i, index := range indexes {
		tag, err := t.engine.store.TagByOrdinal(ctx, title.ID, int64(index)+1)
		if err != nil {
			return nil, err
		}
		out = append(out, TraceFinding{
			Tag: tag.Text, Log10P: v.Named[index].Log10P, Score: v.Named[index].Score, Weight: fit.Weights[i], Method: "blind",
			Spans: v.spans(&words[i], t.windows()), title: title.ID, ordinal: tag.Ordinal,
		})
	}
	return out, nil
}

// spans lists the stretches of the leak that carry a word, joined where one follows on the other.
func (v *seen) spans(word *code.Word, windows int) []Span {
	var out []Span
	var last *bucket
	for i := range windows {
		w := v.Windows[i]
		if w == nil {
			continue
		}
		for j := range w.Buckets {
			b := &w.Buckets[j]
			if code.Score(word, &b.Chips) < carries {
				continue
			}
			if last != nil && b.From-last.To < time.Second && sameCourse(last, b) {
				extend(&out[len(out)-1], b)
			} else {
				out = append(out, spanOf(b))
			}
			last = b
		}
	}
	if out == nil {
		out = []Span{}
	}
	return out
}

func sameCourse(a, b *bucket) bool {
	if !a.placed() || !b.placed() {
		return true
	}
	d := a.Offset - b.Offset
	return d < time.Second && -d < time.Second
}

// placed tells whether the place in the title is known.
func (b *bucket) placed() bool { return b.Certain > 0.9 }

func spanOf(b *bucket) Span {
	s := Span{FromMS: b.From.Milliseconds(), ToMS: b.To.Milliseconds()}
	if b.placed() {
		from, to := max(b.From+b.Offset, 0).Milliseconds(), max(b.To+b.Offset, 0).Milliseconds()
		s.TitleFromMS, s.TitleToMS = &from, &to
	}
	return s
}

func extend(s *Span, b *bucket) {
	next := spanOf(b)
	if s.TitleFromMS == nil && next.TitleFromMS != nil {
		from := max(*next.TitleFromMS-(next.FromMS-s.FromMS), 0)
		s.TitleFromMS = &from
	}
	s.ToMS = next.ToMS
	switch {
	case next.TitleToMS != nil:
		s.TitleToMS = next.TitleToMS
	case s.TitleFromMS != nil:
		to := *s.TitleFromMS + s.ToMS - s.FromMS
		s.TitleToMS = &to
	}
}

// tried says in words what was done.
func (t *trace) tried() []string {
	var windows [watermark.Deep + 1]int
	for s := range t.state.Done {
		windows[s.Effort]++
	}
	names := [...]string{"the whole picture", "turned, mirrored, scaled and cropped pictures", "pictures filmed at an angle, and mirrored crops"}
	out := []string{}
	for effort, n := range windows {
		if n > 0 {
			out = append(out, fmt.Sprintf("%s, in %d of %d stretches of %d seconds", names[effort], n, t.windows(), int(windowLength.Seconds())))
		}
	}
	return out
}
