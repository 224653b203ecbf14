// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Findings say what a backtrace rests on: per tag how likely it is a coincidence,
// and where it was seen.
type Findings struct {
	Verdict   string  // found, marked, inconclusive, none or failed
	Threshold float64 // log10 of the probability from which on a tag is named
	BestScore float64 // of all tags, named or not
	Title     string  // id of the title that the input shows; "" where that is not known
	TitleName string
	Tags      []FindingTag
}

// FindingTag is one tag that is named.
type FindingTag struct {
	Tag    string
	Log10P float64 // of a coincidence, after all corrections
	Score  float64
	Weight float64 // share of the evidence that speaks for this tag
	Method string  // blind, informed or variants
	Spans  []Span
}

// Span is a stretch of the input that carries a tag, and where it lies in the
// title, where that is known; milliseconds.
type Span struct {
	From, To           int64
	TitleFrom, TitleTo *int64
}

// Object returns the keys in order.
func (f *Findings) Object(link Linker) Object {
	tags := List{Item: "tag"}
	for i := range f.Tags {
		tags.Values = append(tags.Values, f.Tags[i].object())
	}
	o := Object{
		{"verdict", orNil(f.Verdict)},
		{"threshold_log10_p", f.Threshold},
		{"best_score", f.BestScore},
		{"title", nil},
		{"tags", tags},
	}
	if f.Title != "" {
		o[3].Value = Object{{"id", f.Title}, {"name", orNil(f.TitleName)}, {"href", link(KindJob, f.Title)}}
	}
	return o
}

func (t *FindingTag) object() Object {
	spans := List{Item: "span"}
	for _, s := range t.Spans {
		spans.Values = append(spans.Values, Object{
			{"from_ms", s.From},
			{"to_ms", s.To},
			{"title_from_ms", integerOrNil(s.TitleFrom)},
			{"title_to_ms", integerOrNil(s.TitleTo)},
		})
	}
	return Object{
		{"autograph_tag", t.Tag},
		{"log10_p", t.Log10P},
		{"score", t.Score},
		{"weight", t.Weight},
		{"method", orNil(t.Method)},
		{"spans", spans},
	}
}

func integerOrNil(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

// ReadFindings takes findings: the object itself or {"findings": object}.
func ReadFindings(t *Tree) (Findings, error) {
	if t.Has(KindFindings) {
		t = t.Get(KindFindings)
	}
	r := taker{lenient: true}
	f := r.findings(r.object(t, KindFindings))
	return f, r.err
}

func (r *taker) findings(t *Tree) Findings {
	f := Findings{
		Verdict:   r.text(t.Get("verdict"), "findings.verdict"),
		Threshold: r.number(t.Get("threshold_log10_p"), "findings.threshold_log10_p"),
		BestScore: r.number(t.Get("best_score"), "findings.best_score"),
		Title:     r.reference(t.Get("title"), "findings.title"),
		TitleName: r.text(r.object(t.Get("title"), "findings.title").Get("name"), "findings.title.name"),
	}
	for _, item := range r.list(t.Get("tags"), "tag", "findings.tags") {
		tag := FindingTag{
			Tag:    r.text(item.Get("autograph_tag"), "findings.tags.autograph_tag"),
			Log10P: r.number(item.Get("log10_p"), "findings.tags.log10_p"),
			Score:  r.number(item.Get("score"), "findings.tags.score"),
			Weight: r.number(item.Get("weight"), "findings.tags.weight"),
			Method: r.text(item.Get("method"), "findings.tags.method"),
		}
		for _, s := range r.list(item.Get("spans"), "span", "findings.tags.spans") {
			tag.Spans = append(tag.Spans, Span{
				From:      r.integer(s.Get("from_ms"), "findings.tags.spans.from_ms"),
				To:        r.integer(s.Get("to_ms"), "findings.tags.spans.to_ms"),
				TitleFrom: r.integerOrNil(s.Get("title_from_ms"), "findings.tags.spans.title_from_ms"),
				TitleTo:   r.integerOrNil(s.Get("title_to_ms"), "findings.tags.spans.title_to_ms"),
			})
		}
		f.Tags = append(f.Tags, tag)
	}
	return f
}

func (r *taker) integerOrNil(t *Tree, field string) *int64 {
	if t.kind == isNull {
		return nil
	}
	n := r.integer(t, field)
	return &n
}
