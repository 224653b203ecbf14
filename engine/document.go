// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"spoor/engine/media"
	"spoor/storage"
)

// Place is a picture of a document: on which page, which picture, and where on the page.
type Place struct {
	Page    int       `json:"page"`              // from 1
	Picture int       `json:"picture"`           // from 1 on each page; 0: the page as a whole
	Box     media.Box `json:"box"`               // left, top, right, bottom in points from the upper left corner
	Also    []int     `json:"also_on,omitempty"` // further pages that show this very picture
}

// PartResult is what came out of one picture of a document, or of one page as a whole.
type PartResult struct {
	Place
	SHA256    string  `json:"sha256"` // of the picture as it was taken out
	Backtrace string  `json:"backtrace"`
	Verdict   string  `json:"verdict"`
	Error     *string `json:"error,omitempty"`
	BestScore float64 `json:"best_score"`
}

// PartParams tells in the parameters of a backtrace which picture of a document it is about.
type PartParams struct {
	Place
	SHA256 string `json:"sha256"` // of the picture as it was taken out
	Of     int    `json:"of"`     // pictures and pages that the document was taken apart into; chance is paid for each
}

// part is one picture of a document on its way through a trace.
type part struct {
	PartParams
	evidence storage.Evidence // the document

	// What all parts are compared with, known from the first one on.
	titles []*suspect
	tags   int64
}

func (p *part) params() *PartParams {
	if p == nil {
		return nil
	}
	return &p.PartParams
}

// takePart makes a trace read one picture of a document that is on record already.
func (t *trace) takePart(ctx context.Context) (storage.Evidence, error) {
	p := t.options.part
	p.titles, p.tags = t.titles, t.tags
	t.tags *= int64(max(1, p.Of))
	t.result.SHA256, t.result.SHA512 = p.SHA256, ""
	var err error
	t.info, err = t.tools.Probe(ctx, t.options.Leak)
	return p.evidence, err
}

// documentTrace is a trace of a document: one of each of its pictures, and of the pages on which none was found.
type documentTrace struct {
	engine *Engine
	o      TraceOptions
	part   part
	doc    media.Document
	dir    string
	result *TraceResult
}

// traceDocument takes a document into the vault, takes it apart, and traces what it shows. Each picture is compared as
// if it were a leak of its own, and chance is paid for all of them.
func (e *Engine) traceDocument(ctx context.Context, o TraceOptions) (TraceResult, error) {
	begun := time.Now()
	result := TraceResult{
		Leak: o.Leak, Verdict: string(storage.Failed), Findings: []TraceFinding{}, Tried: []string{},
		ThresholdLog10P: ThresholdLog10P,
	}
	d := &documentTrace{engine: e, o: o, result: &result}
	err := d.run(ctx)
	result.ElapsedMS = time.Since(begun).Milliseconds()
	if err != nil {
		words := err.Error()
		result.Error, result.Verdict = &words, string(storage.Failed)
	}
	return result, err
}

func (d *documentTrace) run(ctx context.Context) error {
	if err := checkMethod(d.o.Method); err != nil {
		return err
	}
	tools, err := d.engine.tools()
	if err != nil {
		return err
	}
	c, err := d.engine.store.Case(ctx, cmp.Or(d.o.Case, storage.Inbox))
	if err != nil {
		return err
	}
	d.result.Case = c.Name
	file, path, err := d.engine.takeIn(ctx, d.o.Leak, d.o.InPlace, d.o.Progress)
	if err != nil {
		return err
	}
	d.result.SHA256, d.result.SHA512, d.result.InPlace = file.SHA256, file.SHA512, file.InPlace != ""
	work := "document-" + storage.NewID()
	if d.dir, err = d.engine.store.WorkDir(work); err != nil {
		return err
	}
	defer func() { _ = d.engine.store.RemoveWorkDir(work) }() // it is only a temporary folder
	m := newMeter(d.o.Progress, "taking the document apart", 0)
	d.doc, err = tools.Document(ctx, path, d.dir, func(done, total int) {
		m.total = int64(total)
		m.at(int64(done))
	})
	if err != nil {
		return &renamedError{err: err, from: path, to: d.o.Leak}
	}
	d.part.evidence, err = d.engine.addEvidence(ctx, c.ID, d.o.Leak, file, documentFacts(&d.doc))
	if err != nil {
		return err
	}
	if d.result.KnownIn, err = d.engine.knownIn(ctx, &d.part.evidence); err != nil {
		return err
	}
	return d.traceParts(ctx)
}

// documentFacts is what is recorded about a document.
func documentFacts(d *media.Document) any {
	pictures := 0
	for _, p := range d.Parts {
		if p.Picture > 0 {
			pictures++
		}
	}
	return struct {
		Format   string   `json:"format"`
		Pages    int      `json:"pages"`
		Pictures int      `json:"pictures"`
		Small    int      `json:"small_pictures"`
		Notes    []string `json:"notes,omitempty"`
	}{"pdf", d.Pages, pictures, d.Small, d.Notes}
}

func (d *documentTrace) traceParts(ctx context.Context) error {
	r := d.result
	r.Pages, r.Notes = d.doc.Pages, d.doc.Notes
	if d.doc.Small > 0 {
		r.Notes = append(r.Notes, remark(PicturesTooSmall, d.doc.Small).Words)
	}
	if len(d.doc.Parts) == 0 {
		return fault(media.NoVideo, d.o.Leak, fmt.Sprintf("no picture that could be traced was found on its %d pages", d.doc.Pages),
			"give a document with pictures", nil)
	}
	found := map[int]bool{} // pages of which a picture named somebody
	m := newMeter(d.o.Progress, "tracing the document", int64(len(d.doc.Parts)))
	for i := range d.doc.Parts {
		p := &d.doc.Parts[i]
		if p.Picture == 0 && found[p.Page] && !d.o.Full {
			continue // it shows what was found already
		}
		one, err := d.tracePart(ctx, p)
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil && one.Backtrace == "" && media.KindOf(err) == "" {
			return err // it is not about the picture
		}
		d.add(p, &one)
		if len(one.Findings) > 0 {
			found[p.Page] = true
			for _, page := range p.Also {
				found[page] = true
			}
		}
		m.at(int64(i + 1))
	}
	return d.conclude()
}

func (d *documentTrace) tracePart(ctx context.Context, p *media.DocumentPart) (TraceResult, error) {
	facts, err := hashFile(ctx, p.File, "", nil)
	if err != nil {
		return TraceResult{}, err
	}
	d.part.PartParams = PartParams{
		Place:  Place{Page: p.Page, Picture: p.Picture, Box: p.Place, Also: p.Also},
		SHA256: facts.SHA256, Of: len(d.doc.Parts),
	}
	o := d.o
	o.Leak, o.part, o.Progress = p.File, &d.part, nil
	one, err := d.engine.Trace(ctx, o)
	return one, errors.Join(err, os.Remove(p.File))
}

// add adds the outcome of a part to that of the document.
func (d *documentTrace) add(p *media.DocumentPart, one *TraceResult) {
	r := d.result
	place := d.part.Place
	part := PartResult{
		Place: place, SHA256: d.part.SHA256, Backtrace: one.Backtrace, Verdict: one.Verdict, BestScore: one.BestScore,
	}
	if one.Error != nil {
		words := (&renamedError{err: errors.New(*one.Error), from: p.File, to: d.o.Leak + ", " + place.String()}).Error()
		part.Error = &words
		r.Notes = append(r.Notes, words)
	}
	r.Parts = append(r.Parts, part)
	if d.better(one) {
		r.Title, r.Backtrace, r.Verdict = one.Title, one.Backtrace, one.Verdict
	}
	for _, f := range one.Findings {
		f.Seen = &place
		r.Findings = append(r.Findings, f)
	}
	if r.Backtrace == "" {
		r.Backtrace = one.Backtrace
	}
	r.BestScore, r.SyncClarity = max(r.BestScore, one.BestScore), max(r.SyncClarity, one.SyncClarity)
	r.TagsCompared, r.Looks, r.FramesUsed = max(r.TagsCompared, one.TagsCompared), r.Looks+one.Looks, r.FramesUsed+one.FramesUsed
	for _, words := range one.Tried {
		if !slices.Contains(r.Tried, words) {
			r.Tried = append(r.Tried, words)
		}
	}
}

// better tells whether a part says more than those before it.
func (d *documentTrace) better(one *TraceResult) bool {
	r := d.result
	rank := []string{
		string(storage.Failed), string(storage.None), string(storage.Inconclusive), string(storage.Marked), string(storage.Found),
	}
	a, b := slices.Index(rank, one.Verdict), slices.Index(rank, r.Verdict)
	if a != b {
		return a > b
	}
	if len(one.Findings) == 0 {
		return r.Title == nil && one.Title != nil
	}
	return !slices.ContainsFunc(r.Findings, func(f TraceFinding) bool { return f.Log10P <= one.Findings[0].Log10P })
}

func (d *documentTrace) conclude() error {
	r := d.result
	slices.SortStableFunc(r.Findings, func(a, b TraceFinding) int { return cmp.Compare(a.Log10P, b.Log10P) })
	if len(r.Findings) > 0 {
		r.Page, r.Picture = r.Findings[0].Seen.Page, r.Findings[0].Seen.Picture
	}
	r.Tried = append([]string{
		remark(PicturesOfDocument, len(r.Parts), len(d.doc.Parts)).Words,
	}, r.Tried...)
	if r.Verdict != string(storage.Failed) {
		return nil
	}
	return fault(media.Damaged, d.o.Leak, "none of its pictures could be traced: "+*cmp.Or(r.Parts[0].Error, new(string)), "", nil)
}

// String says where a picture is, in words.
func (p Place) String() string {
	words := fmt.Sprintf("page %d", p.Page)
	if p.Picture > 0 {
		words += fmt.Sprintf(", picture %d", p.Picture)
	}
	return words
}
