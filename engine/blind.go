// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"spoor/engine/code"
	"spoor/engine/media"
	"spoor/engine/watermark"
	"spoor/storage"
)

const (
	windowLength = 10 * time.Second
	wholeFrames  = 30   // of a window where the whole picture is expected: more were measured to tell no more
	searchFPS    = 12.0 // where its place has to be found

	// How much of a long leak is looked at before the trace gives up, unless all of it is asked for. The last windows
	// of each kind cost the most and find the least.
	quickWindows  = 12
	searchWindows = 3
	deepWindows   = 1
	mostWindows   = 4 * 3600 // of a full trace: 40 hours

	// A mark without a readable recipient is told from these sync scores on, of the whole picture and of one whose
	// place was searched. On unmarked and foreign clips no more than 18 and 113 was measured.
	markedWhole    = 80
	markedSearched = 220
)

// take takes one step: reads a window for every title and compares what it gives with the registries.
func (t *trace) take(ctx context.Context, s step) error {
	loaded := make(chan error, 1)
	go func() { loaded <- t.load(ctx, t.titles[0]) }() // while the leak is decoded
	a, err := t.analysis(ctx, s)
	if err = errors.Join(err, <-loaded); err != nil || a == nil {
		return err
	}
	glances, err := t.glances(ctx, s, a)
	if err != nil {
		return err
	}
	for _, title := range t.titles {
		for _, g := range glances {
			if err := t.read(ctx, s, g, title); err != nil {
				return err
			}
			if len(t.state.title(title.ID).Named) > 0 {
				break
			}
		}
	}
	return nil
}

// searched is the window that was last searched, and what was: the deep search goes on with it.
type searched struct {
	window   int
	analysis *watermark.Analysis
}

// analysis decodes a window; nil where there is nothing in it.
func (t *trace) analysis(ctx context.Context, s step) (*watermark.Analysis, error) {
	search := s.Effort > watermark.AsIs
	if search && t.searched.analysis != nil && t.searched.window == s.Window {
		return t.searched.analysis, nil
	}
	w, h := watermark.Grid(aspectOf(t.info))
	fps := searchFPS
	if !search {
		fps = min(wholeFrames/min(windowLength, max(t.info.Duration, time.Second)).Seconds(), fps)
	}
	o := media.DecodeOptions{Width: w, Height: h}
	if !t.info.Still {
		o.FPS = fps
		o.From, o.Length = t.stretch(s.Window)
	}
	frames, damage, err := t.windowFrames(ctx, o)
	if err != nil && !(media.KindOf(err) == media.Damaged && s.Window > 0) {
		return nil, err
	}
	t.state.note(s, len(frames), damage)
	t.state.Shown = t.state.Shown || slices.ContainsFunc(frames, uneven)
	if len(frames) == 0 {
		return nil, nil
	}
	a, err := watermark.Analyse(frames, w, h)
	if err != nil {
		return nil, fmt.Errorf("%s at %v: %w", t.options.Leak, o.From, err)
	}
	if search {
		t.searched = searched{s.Window, a}
	}
	return a, nil
}

// windowFrames decodes a window. Where few of its frames are wanted, they are taken from those that others are predicted
// from: the decoder need not make the rest, and they are coded better. Where a file marks too few as such, any will do.
func (t *trace) windowFrames(ctx context.Context, o media.DecodeOptions) ([]watermark.Frame, string, error) {
	const seldom, enough = 4, 0.75 // frames of the leak for one that is wanted; share of the wanted ones
	if o.FPS > 0 && t.info.FrameRate.Float() >= seldom*o.FPS {
		o.Referenced = true
		frames, damage, err := decodeFrames(ctx, t.tools, t.options.Leak, o)
		if wanted := o.FPS * min(o.Length, t.info.Duration-o.From).Seconds(); err == nil && float64(len(frames)) >= enough*wanted {
			return frames, damage, nil
		}
		o.Referenced = false
	}
	return decodeFrames(ctx, t.tools, t.options.Leak, o)
}

// uneven tells whether a picture shows anything: black films and what is left of broken files are of one even colour.
func uneven(f watermark.Frame) bool {
	const noise = 5 // grey levels
	return slices.Max(f.Pix)-slices.Min(f.Pix) > noise
}

// decodeFrames reads frames into memory of their own.
func decodeFrames(ctx context.Context, tools *media.Tools, path string, o media.DecodeOptions) (
	frames []watermark.Frame, damage string, err error,
) {
	r, err := tools.Decode(ctx, path, o)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return frames, r.Damage(), nil
		}
		if err != nil {
			return frames, "", err
		}
		frames = append(frames, watermark.Frame{Pix: append([]byte(nil), f.Pix...), Time: f.Time})
	}
}

// read reads a window for one title.
func (t *trace) read(ctx context.Context, s step, g glance, title *suspect) error {
	v := t.state.title(title.ID)
	var known []watermark.Known
	if g.closeUp == nil {
		known = t.geometries(v)
	}
	shape := watermark.Shape{Aspect: title.Original.Aspect(), Length: title.Duration}
	for r, err := range title.key.mark().Readings(g.analysis, shape, s.Effort, s.Effort, known...) {
		if err != nil {
			return fmt.Errorf("reading %s: %w", t.options.Leak, err)
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		kept := (g.closeUp == nil || !r.Turned) && v.keep(s.Window, s.Effort, g.inWhole(r))
		if t.options.Method == informed { // the mark only tells where the picture is
			continue
		}
		if err := t.look(ctx, title, v, (*code.Vector)(&r.Evidence().Chips), blind); err != nil {
			return err
		}
		if kept && len(v.Windows) > 1 {
			if err := t.look(ctx, title, v, v.sum(t.windows(), blind), blind); err != nil {
				return err
			}
		}
		if len(v.Named) > 0 {
			if t.exhibit == nil {
				t.exhibit = &exhibit{title: title, analysis: g.analysis, geometry: watermark.Known{Geometry: r.Geometry, Turned: r.Turned}}
			}
			return nil
		}
	}
	return nil
}

// geometries are those that showed the mark clearly in other windows.
func (t *trace) geometries(v *seen) []watermark.Known {
	best := 1.0
	var out []watermark.Known
	for i := range t.windows() {
		if w := v.Windows[i]; w != nil && w.clarity() > best {
			best = w.clarity()
			out = []watermark.Known{{Geometry: w.Geometry, Turned: w.Turned}}
		}
	}
	return out
}

// load reads the codewords of a title, once.
func (t *trace) load(ctx context.Context, title *suspect) (err error) {
	if title.registry == nil {
		title.registry, err = t.engine.registry(ctx, title.ID, title.key.words, t.options.Progress)
	}
	return err
}

// look compares evidence with the tags of a title. Each look counts.
func (t *trace) look(ctx context.Context, title *suspect, v *seen, evidence *code.Vector, method string) error {
	if err := t.load(ctx, title); err != nil {
		return err
	}
	if title.registry.Len() == 0 {
		return nil
	}
	scan, err := title.registry.Scan(ctx, evidence)
	if err != nil {
		return fmt.Errorf("comparing with the tags of %s: %w", title.Name, err)
	}
	t.state.Looks++
	for _, hit := range scan.Best {
		t.state.Best = max(t.state.Best, hit.Score)
		p := code.Log10P(hit.Score, int(t.tags), code.Spend(t.state.Looks))
		if p > ThresholdLog10P {
			break
		}
		if old, ok := v.Named[hit.Index]; ok && old.Log10P <= p {
			continue
		}
		if err := t.checkWord(ctx, title, hit.Index); err != nil {
			return err
		}
		v.Named[hit.Index] = named{Score: hit.Score, Log10P: p, Method: method, Look: t.state.Looks}
	}
	v.keepLook(t.state.Looks, evidence, &scan)
	return nil
}

// checkWord makes sure, before anybody is named, that the word at an index is that of the tag there.
func (t *trace) checkWord(ctx context.Context, title *suspect, index int) error {
	tag, err := t.engine.store.TagByOrdinal(ctx, title.ID, int64(index)+1)
	if err != nil {
		return err
	}
	if !title.registry.Is(index, tag.Text) {
		return refuse(storage.Damaged, "the cache of codewords of "+title.Name+
			" does not fit its registry; delete the folder cache in the home and trace again")
	}
	return nil
}
