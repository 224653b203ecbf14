// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"spoor/engine/code"
	"spoor/engine/media"
	"spoor/engine/reference"
	"spoor/storage"
)

// ThresholdLog10P is the probability of a coincidence, per leak and as a power of ten, from which on a tag is named.
const ThresholdLog10P = -9

// TraceOptions says what to trace and how.
type TraceOptions struct {
	Leak     string // a video or a picture
	Case     string // id or name; empty: the inbox
	Title    string // id or name; empty: all titles of the home
	Method   string // auto, informed or blind; empty: auto
	Full     bool   // look at everything instead of stopping when certain
	InPlace  bool   // leave the leak where it lies instead of copying it into the vault
	Progress func(Progress)
	Since    time.Time                      // an answer that came of the very same since then is taken; zero: none is
	Begun    func(backtraceID string) error // called when a backtrace is on record, more than once for a document; may be nil

	// ReferencesOnly leaves originals alone, as where only references were handed out.
	ReferencesOnly bool

	part     *part     // the leak is one picture of a document
	stitched *stitched // the leak was put together from segments
}

// ErrCancelled as the cause of a context ends work for good: what is on record of it then says so. Work whose context ends
// otherwise is gone on with when the same is asked for again.
var ErrCancelled = errors.New("it was cancelled")

// TraceResult is the answer about one leak, with the keys of the command line's contract.
type TraceResult struct {
	Leak            string         `json:"leak"`
	SHA256          string         `json:"sha256"`
	SHA512          string         `json:"sha512,omitempty"`
	InPlace         bool           `json:"in_place,omitempty"` // the leak was not copied into the vault
	Case            string         `json:"case"`
	KnownIn         []string       `json:"known_in,omitempty"` // other cases that have the very same file
	Backtrace       string         `json:"backtrace"`
	Verdict         string         `json:"verdict"`
	Error           *string        `json:"error"`
	Title           *TraceTitle    `json:"title"`
	Findings        []TraceFinding `json:"findings"`
	BestScore       float64        `json:"best_score"`   // of all tags, named or not
	SyncClarity     float64        `json:"sync_clarity"` // how clearly a mark of the key shows: from 1 on there is one
	TagsCompared    int64          `json:"tags_compared"`
	Looks           int            `json:"looks"` // times that evidence was compared with the registry; the corrections pay for each
	FramesUsed      int            `json:"frames_used"`
	VideoMS         int64          `json:"video_ms"`
	ElapsedMS       int64          `json:"elapsed_ms"`
	ThresholdLog10P float64        `json:"threshold_log10_p"`
	TitleSearch     *TitleSearch   `json:"title_search,omitempty"` // where titles were looked for by their pictures
	Tried           []string       `json:"tried"`                  // what was done, in words
	Needed          string         `json:"needed,omitempty"`       // what would settle a case that is open, in words
	Damage          string         `json:"damage,omitempty"`
	Controls        []Control      `json:"controls,omitempty"` // where somebody was named: what was read to doubt it

	// Of a document only.
	Pages   int          `json:"pages,omitempty"`   // that it has
	Page    int          `json:"page,omitempty"`    // where the strongest finding is, from 1
	Picture int          `json:"picture,omitempty"` // on that page, from 1; 0: the page as a whole
	Parts   []PartResult `json:"parts,omitempty"`   // its pictures, and pages as a whole
	Notes   []string     `json:"notes,omitempty"`   // what was left out, in words; of a stream too

	Segments int `json:"segments,omitempty"` // files that a stream was put together from
}

// TraceTitle is the title that a leak shows.
type TraceTitle struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Log10P *float64 `json:"log10_p"`       // of a match this good by chance; nil where neither way of How is certain
	How    string   `json:"how,omitempty"` // ByPictures or ByMark
}

// How a title was recognised.
const (
	ByPictures = "pictures" // by keypoints, without any key, see [Engine.FindTitles]; Log10P is paid for each look-up
	ByMark     = "mark"     // by the tag that was named, whose probability is the title's too: it is paid for all titles
)

// TraceFinding is a tag that was found with certainty.
type TraceFinding struct {
	Tag    string  `json:"tag"`
	Log10P float64 `json:"log10_p"` // after all corrections
	Score  float64 `json:"score"`
	Weight float64 `json:"weight"` // share of the evidence that speaks for this tag
	Method string  `json:"method"`
	Spans  []Span  `json:"spans"`
	Seen   *Place  `json:"seen,omitempty"` // in a document

	AccessStats []AccessStat `json:"access_stats"` // who fetched copies with the tag, as far as the logs tell that were imported

	title   string
	ordinal int64
}

// Span is a stretch of a leak that carries a tag, and where it is in the title: nil where that cannot be told.
type Span struct {
	FromMS      int64  `json:"from_ms"`
	ToMS        int64  `json:"to_ms"`
	TitleFromMS *int64 `json:"title_from_ms"`
	TitleToMS   *int64 `json:"title_to_ms"`
}

// Trace investigates one leak and stores what came out. A trace that was stopped goes on where it stopped when the same
// is asked for again. The error is nil whenever a result was reached, whatever its verdict; a file that cannot be read
// is an error, and its result, with the verdict failed, is returned beside it.
func (e *Engine) Trace(ctx context.Context, o TraceOptions) (TraceResult, error) {
	if o.part == nil && media.IsDocument(o.Leak) {
		return e.traceDocument(ctx, o)
	}
	if st, err := os.Stat(o.Leak); err == nil && st.IsDir() {
		return e.traceStream(ctx, o)
	}
	begun := time.Now()
	result := TraceResult{
		Leak: o.Leak, Verdict: string(storage.Failed), Findings: []TraceFinding{}, Tried: []string{},
		ThresholdLog10P: ThresholdLog10P,
	}
	t, err := e.newTrace(ctx, o, &result)
	if err == nil && t.recalled {
		return result, e.addAccesses(ctx, &result)
	}
	if err == nil {
		err = errors.Join(t.run(ctx), t.closeReferences())
	}
	err = nameLeak(err, t, o.Leak)
	result.ElapsedMS = time.Since(begun).Milliseconds()
	cancelled := errors.Is(context.Cause(ctx), ErrCancelled)
	if t != nil && t.backtrace.ID != "" && (ctx.Err() == nil || cancelled) { // stopped, it stays open and goes on next time
		err = errors.Join(err, t.finish(context.WithoutCancel(ctx), err, cancelled))
	}
	if err != nil {
		words := err.Error()
		result.Error, result.Verdict = &words, string(storage.Failed)
		return result, err
	}
	return result, e.addAccesses(ctx, &result)
}

// trace is one run of Trace.
type trace struct {
	engine    *Engine
	options   TraceOptions
	tools     *media.Tools
	info      media.Info
	titles    []*suspect
	tags      int64 // of all titles, times the pictures of a document: for so many comparisons is paid
	backtrace storage.Backtrace
	state     *traceState
	searched  searched
	finding   *finding // nil until a title is looked for
	exhibit   *exhibit // nil until a tag is named
	result    *TraceResult
	lanes     []Lane   // of the tags that were named
	remarks   []Remark // those of the result's notes
	steps     []Remark // those of what the result says was tried
	needed    *Remark  // what would settle it; nil where that is no question
	recalled  bool     // the result is that of an earlier call
}

// suspect is a title that the leak may show.
type suspect struct {
	Title
	key      titleKey
	registry *code.Registry // nil until its tags are compared

	reference    *reference.File // nil until it is opened
	unreferenced bool            // there is none, or none that can be used
}

func (e *Engine) newTrace(ctx context.Context, o TraceOptions, result *TraceResult) (*trace, error) {
	if err := checkMethod(o.Method); err != nil {
		return nil, err
	}
	t := &trace{engine: e, options: o, result: result}
	var err error
	if t.tools, err = e.tools(); err != nil {
		return nil, err
	}
	c, err := e.store.Case(ctx, cmp.Or(o.Case, storage.Inbox))
	if err != nil {
		return nil, err
	}
	result.Case = c.Name
	if err := t.findSuspects(ctx); err != nil {
		return nil, err
	}
	ev, err := t.takeIn(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if s := t.options.stitched; s != nil {
		t.noteStream(s.plan)
	}
	return t, t.open(ctx, ev)
}

func checkMethod(method string) error {
	switch cmp.Or(method, auto) {
	case auto, informed, blind:
		return nil
	}
	return refuse(storage.Invalid, fmt.Sprintf("unknown method %q: use auto, informed or blind", method))
}

// findSuspects loads the titles that the leak is compared with.
func (t *trace) findSuspects(ctx context.Context) error {
	if p := t.options.part; p != nil && p.titles != nil {
		t.titles, t.tags, t.result.TagsCompared = p.titles, p.tags, p.tags
		return nil
	}
	list, err := t.titlesAsked(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return refuse(storage.NotFound, "there are no titles to compare the leak with; register one: spoor title add ORIGINAL")
	}
	for _, st := range list {
		title, err := t.engine.readTitle(ctx, st)
		if err != nil {
			return err
		}
		key, err := t.engine.key(title.ID)
		if err != nil {
			return err
		}
		t.tags += title.Tags
		t.titles = append(t.titles, &suspect{Title: title, key: key})
	}
	t.result.TagsCompared = t.tags
	if t.tags == 0 {
		return refuse(storage.NotFound,
			"no tags are registered, so nobody can be named; make copies first: spoor mark TITLE --tag T -o OUT")
	}
	return nil
}

func (t *trace) titlesAsked(ctx context.Context) (list []storage.Title, err error) {
	if t.options.Title != "" {
		one, err := t.engine.store.Title(ctx, t.options.Title)
		return []storage.Title{one}, err
	}
	for page := (storage.Page{Limit: 1000}); ; {
		some, err := t.engine.store.Titles(ctx, page)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
		if len(some) < page.Limit {
			return list, nil
		}
		page.After = some[len(some)-1].ID
	}
}

// open records the backtrace of an exhibit, or goes on with one that was stopped.
func (t *trace) open(ctx context.Context, ev storage.Evidence) error {
	params, err := t.params()
	if err != nil {
		return err
	}
	if err := t.recall(ctx, ev, params); err != nil || t.recalled {
		return err
	}
	b, found, err := t.engine.store.FindResumable(ctx, ev.ID, storage.HashParams(params))
	if err != nil {
		return err
	}
	if found {
		return t.resume(ctx, b)
	}
	versions, err := json.Marshal(t.engine.Versions())
	if err != nil {
		return fmt.Errorf("versions: %w", err)
	}
	t.state = newTraceState()
	t.backtrace = storage.Backtrace{
		EvidenceID: ev.ID, Method: cmp.Or(t.options.Method, auto), Status: storage.Processing, Params: params, Versions: versions,
		VideoMS: t.result.VideoMS, Threshold: ThresholdLog10P,
	}
	if len(t.titles) == 1 {
		t.backtrace.TitleID = t.titles[0].ID
	}
	if err := t.engine.store.AddBacktrace(ctx, &t.backtrace); err != nil {
		return err
	}
	return t.begun()
}

// begun tells whoever asked for the trace which backtrace it is.
func (t *trace) begun() error {
	t.result.Backtrace = t.backtrace.ID
	if t.options.Begun == nil {
		return nil
	}
	return t.options.Begun(t.backtrace.ID)
}

// params is everything that the result depends on beside the leak.
func (t *trace) params() (json.RawMessage, error) {
	type keyed struct {
		Title, Key string
		Original   bool `json:",omitempty"` // at hand
	}
	p := struct {
		Mark   int
		Method string
		Full   bool
		Titles []keyed
		Tags   int64
		Part   *PartParams `json:",omitempty"`
	}{Mark: MarkVersion, Method: cmp.Or(t.options.Method, auto), Full: t.options.Full, Tags: t.tags, Part: t.options.part.params()}
	for _, s := range t.titles {
		p.Titles = append(p.Titles, keyed{s.ID, s.KeyID, t.original(s) != ""})
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	return b, nil
}

func (t *trace) closeReferences() (err error) {
	for _, title := range t.titles {
		if title.reference != nil {
			err = errors.Join(err, title.reference.Close())
			title.reference = nil
		}
	}
	err = errors.Join(err, t.finding.close())
	t.finding = nil
	return err
}

func (t *trace) resume(ctx context.Context, b storage.Backtrace) error {
	t.backtrace = b
	if err := t.begun(); err != nil {
		return err
	}
	saved, err := t.engine.store.Checkpoint(ctx, b.ID)
	if err != nil {
		return err
	}
	t.state = loadTraceState(saved)
	t.backtrace.Status = storage.Processing
	return t.engine.store.UpdateBacktrace(ctx, &t.backtrace)
}

// finish stores the outcome. A trace that was cancelled when it had come to its end already is finished all the same.
func (t *trace) finish(ctx context.Context, cause error, cancelled bool) error {
	r := t.result
	b := &t.backtrace
	if cause != nil && cancelled {
		b.Status = storage.Cancelled
		return t.engine.store.FinishBacktrace(ctx, b, nil)
	}
	b.Status, b.Verdict, b.Percentage = storage.Success, storage.Verdict(r.Verdict), 100
	if cause != nil {
		b.Status, b.Verdict, b.ErrorMsg = storage.Failure, storage.Failed, cause.Error()
		b.ErrorCode = string(media.KindOf(cause))
	}
	b.BestScore, b.FramesUsed, b.ElapsedMS = r.BestScore, int64(r.FramesUsed), r.ElapsedMS
	if r.Title != nil {
		b.TitleID = r.Title.ID
	}
	var findings []storage.Finding
	for _, f := range r.Findings {
		spans, err := json.Marshal(f.Spans)
		if err != nil {
			return fmt.Errorf("spans of %s: %w", f.Tag, err)
		}
		findings = append(findings, storage.Finding{
			BacktraceID: b.ID, TitleID: f.title, TagOrdinal: f.ordinal, TagText: f.Tag,
			Log10P: f.Log10P, Score: f.Score, Weight: f.Weight, Method: f.Method, Spans: spans,
		})
	}
	record, err := json.Marshal(t.record())
	if err != nil {
		return fmt.Errorf("record of the trace: %w", err)
	}
	b.Record = record
	return t.engine.store.FinishBacktrace(ctx, b, findings)
}
