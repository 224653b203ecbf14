// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"

	"spoor/engine/reference"
)

// finding is what a trace needs to find titles by their pictures.
type finding struct {
	index     *reference.Index
	finder    *reference.Finder
	extractor *reference.Extractor
}

// likelyLog10P is how clearly a title has to be found where it was named by the user: what is read decides.
const likelyLog10P = -2

// found asks the index of all references which titles the frames show: as they are, then as in a mirror.
func (t *trace) found(ctx context.Context, frames []reference.Frame) (list []sighting, err error) {
	if t.finding == nil {
		if err := t.openFinding(ctx); err != nil {
			return nil, err
		}
	}
	length := (frames[len(frames)-1].Time - frames[0].Time).Seconds()
	some := thinned(frames, max(lookRate, lookFrames/max(length, 0.1)))
	limit := reference.Certain
	if len(t.titles) == 1 {
		limit = likelyLog10P
	}
	for _, mirrored := range []bool{false, true} {
		t.state.Lookups++
		var queries []reference.Query
		for _, f := range some {
			queries = append(queries, t.finding.extractor.Query(f.Time, f.Pix, f.W, f.H, mirrored))
		}
		for _, f := range t.finding.finder.Find(queries) {
			if s, ok := t.sightingOf(&f, limit); ok {
				list = append(list, s)
				t.state.title(f.Title).match(f.Log10P)
			}
		}
		if len(list) > 0 {
			break
		}
	}
	return list, nil
}

func (t *trace) openFinding(ctx context.Context) error {
	byID := map[string]*suspect{}
	var ids []string
	for _, title := range t.titles {
		byID[title.ID] = title
		ids = append(ids, title.ID)
	}
	x, missing, err := t.engine.openIndex(ctx, ids)
	if err != nil {
		return err
	}
	for _, title := range t.titles {
		if why := missing[title.ID]; why != nil && reference.KindOf(why) != reference.Missing {
			t.note(ReferenceUnusable, title.Name, why)
		}
	}
	wanted := func(id string) bool { return byID[id] != nil && missing[id] == nil }
	t.finding = &finding{x, reference.NewFinder(x, t.engine, wanted), reference.NewExtractor()}
	return nil
}

func (f *finding) close() error {
	if f == nil {
		return nil
	}
	return errors.Join(f.finder.Close(), f.index.Close())
}

// sightingOf is where a title that was found lies, unless it is less clear than limit.
func (t *trace) sightingOf(f *reference.Found, limit float64) (sighting, bool) {
	back, ok := f.Map.Inverse()
	if f.Log10P > limit || !ok {
		return sighting{}, false
	}
	for _, title := range t.titles {
		if title.ID == f.Title {
			return sighting{
				title: title, start: reference.Placement{Map: back}, near: reference.Clock{Speed: 1, Offset: f.Offset},
				reach: foundReach, speeds: !t.info.Still,
			}, true
		}
	}
	return sighting{}, false
}
