// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"spoor/engine/reference"
)

// finding is what a trace needs to find titles by their pictures.
type finding struct {
	index      *reference.Index
	finder     *reference.Finder
	extractors reference.Extractors
}

// likelyLog10P is how clearly a title has to be found where it was named by the user, or where none is certain, to be read:
// what is read decides.
const likelyLog10P = -2

// found asks the index of all references which titles the frames show: as they are, then as in a mirror.
func (t *trace) found(ctx context.Context, frames []reference.Frame) (list []sighting, err error) {
	if t.finding == nil {
		if err := t.openFinding(ctx); err != nil {
			return nil, err
		}
	}
	length := (frames[len(frames)-1].Time - frames[0].Time).Seconds()
	some := reference.Thinned(frames, max(lookRate, lookFrames/max(length, 0.1)))
	limit := reference.Certain
	if len(t.titles) == 1 {
		limit = likelyLog10P
	}
	var likely []sighting
	for _, mirrored := range []bool{false, true} {
		found, lookups := t.find(some, mirrored)
		t.state.Lookups += lookups
		t.state.Search.add(found, t.titleName)
		for _, f := range found {
			if s, ok := t.sightingOf(&f, limit); ok {
				list = append(list, s)
				t.state.title(f.Title).match(f.Log10P)
			} else if s, ok := t.sightingOf(&f, likelyLog10P); ok && len(likely) == 0 {
				likely = append(likely, s)
			}
		}
		if len(list) > 0 {
			break
		}
	}
	if len(list) == 0 {
		return likely, nil
	}
	return list, nil
}

// find looks up every second frame, and where those leave a doubt, all; it tells how often it looked.
func (t *trace) find(frames []reference.Frame, mirrored bool) (found []reference.Found, lookups int) {
	f := t.finding
	var some, rest []reference.Frame
	for i, frame := range frames {
		if i%2 == 0 {
			some = append(some, frame)
		} else {
			rest = append(rest, frame)
		}
	}
	queries := f.extractors.Queries(some, mirrored)
	t.state.Search.looked(queries)
	found = f.finder.Find(queries)
	if len(rest) == 0 || len(found) > 0 && found[0].Log10P <= reference.Obvious {
		return found, 1
	}
	others := f.extractors.Queries(rest, mirrored)
	t.state.Search.looked(others)
	queries = append(queries, others...)
	slices.SortFunc(queries, func(a, b reference.Query) int { return cmp.Compare(a.Time, b.Time) })
	return f.finder.Find(queries), 2
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
	if t.state.Search.Titles == 0 {
		t.state.Search = beginTitleSearch(x, len(ids)-len(missing))
	}
	t.finding = &finding{index: x, finder: reference.NewFinder(x, t.engine, wanted)}
	return nil
}

// titleName is the name of a title that the leak is compared with.
func (t *trace) titleName(id string) string {
	for _, title := range t.titles {
		if title.ID == id {
			return title.Name
		}
	}
	return id
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
