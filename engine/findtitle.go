// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"spoor/engine/reference"
	"spoor/storage"
)

// TitleHit is a title that a file shows.
type TitleHit struct {
	ID      string               `json:"id"`
	Name    string               `json:"name"`
	LeakMS  int64                `json:"leak_ms"`  // a moment of the file
	TitleMS int64                `json:"title_ms"` // the moment of the title that it shows, to a second or so
	Map     reference.Homography `json:"map"`      // of places in the file's picture to places in the title's
	Mirror  bool                 `json:"mirrored"`
	Points  int                  `json:"points"` // places of the picture that agree
	// Log10P is the probability that points without connection agree so well, as a power of ten, see
	// [reference.Found]; a title counts as found from reference.Certain down.
	Log10P float64 `json:"log10_p"`
}

// TitleSpan is a stretch of a file that shows a title without a break.
type TitleSpan struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	FromMS      int64   `json:"from_ms"`
	ToMS        int64   `json:"to_ms"`
	TitleFromMS int64   `json:"title_from_ms"` // to about a second
	TitleToMS   int64   `json:"title_to_ms"`
	Speed       float64 `json:"speed"`  // 1.05: five percent faster than the title
	Frames      int     `json:"frames"` // that were recognised in it
}

// TitlesFound is the answer of [Engine.FindTitles].
type TitlesFound struct {
	Titles     []TitleHit        `json:"titles"`      // certain ones, the clearest first
	Spans      []TitleSpan       `json:"spans"`       // in the order of the file, from the frames that were looked at
	BestLog10P float64           `json:"best_log10p"` // of all titles, certain or not; 0 where nothing agreed
	Search     *TitleSearch      `json:"search"`      // what the answer rests on
	Compared   int               `json:"compared"`    // titles with a reference
	Missing    map[string]string `json:"missing"`     // titles that cannot be found, by id, and why
}

// lookPlaces are the parts of a long file that are looked up.
const lookPlaces = 5

// FindOptions adjust [Engine.FindTitles].
type FindOptions struct {
	Full     bool           // look at all of a long file
	Except   []string       // ids of titles that are not looked for
	Progress func(Progress) // may be nil
}

// FindTitles tells which titles a video or picture shows, by their references, without any key. All is looked up of a
// short file; of a long one, stretches from its beginning to its end, or with Full everything.
func (e *Engine) FindTitles(ctx context.Context, path string, o FindOptions) (result TitlesFound, err error) {
	result = TitlesFound{Titles: []TitleHit{}, Spans: []TitleSpan{}, Missing: map[string]string{}}
	tools, err := e.tools()
	if err != nil {
		return result, err
	}
	info, err := tools.Probe(ctx, path)
	if err != nil {
		return result, ended(ctx, err)
	}
	names, err := e.titleNames(ctx)
	if err != nil {
		return result, err
	}
	for _, id := range o.Except {
		delete(names, id)
	}
	ids := make([]string, 0, len(names))
	for id := range names {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	x, missing, err := e.openIndex(ctx, ids)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	finder := reference.NewFinder(x, e, func(id string) bool { return names[id] != "" && missing[id] == nil })
	defer func() { err = errors.Join(err, finder.Close()) }()
	search := beginTitleSearch(x, len(ids)-len(missing))
	places := lookAt(info.Duration, o.Full)
	meter := newMeter(o.Progress, "looking for the title", int64(len(places)))
	var matches []reference.Match
	for i, from := range places {
		l, err := e.look(ctx, finder, path, info, from)
		if err != nil {
			return result, ended(ctx, err)
		}
		result.add(l.found, names)
		search.looked(l.queries)
		search.add(l.found, func(id string) string { return names[id] })
		matches = append(matches, l.matches...)
		meter.at(int64(i + 1))
	}
	for _, s := range reference.Align(matches) {
		result.Spans = append(result.Spans, TitleSpan{
			ID: s.Title, Name: names[s.Title], FromMS: s.LeakFrom.Milliseconds(), ToMS: s.LeakTo.Milliseconds(),
			TitleFromMS: s.TitleFrom.Milliseconds(), TitleToMS: s.TitleTo.Milliseconds(), Speed: s.Speed, Frames: s.Matches,
		})
	}
	maps.Copy(missing, finder.Broken())
	for id, why := range missing {
		result.Missing[id] = why.Error()
	}
	result.Compared = len(ids) - len(missing)
	search.Titles = result.Compared
	result.Search = search.result()
	return result, nil
}

// add takes up what was found in one stretch; of a title, the clearest counts.
func (r *TitlesFound) add(found []reference.Found, names map[string]string) {
	for i := range found {
		f := &found[i]
		r.BestLog10P = min(r.BestLog10P, f.Log10P)
		if f.Log10P > reference.Certain {
			continue
		}
		hit := TitleHit{
			ID: f.Title, Name: names[f.Title], Map: f.Map, Mirror: f.Map.Mirrors(), Points: f.Inliers, Log10P: f.Log10P,
			LeakMS: f.At.Milliseconds(), TitleMS: (f.At + f.Offset).Milliseconds(),
		}
		k := slices.IndexFunc(r.Titles, func(h TitleHit) bool { return h.ID == hit.ID })
		if k < 0 {
			r.Titles = append(r.Titles, hit)
		} else if hit.Log10P < r.Titles[k].Log10P {
			r.Titles[k] = hit
		}
	}
	slices.SortStableFunc(r.Titles, func(a, b TitleHit) int { return cmp.Compare(a.Log10P, b.Log10P) })
}

// lookAt lists where stretches that are looked up begin.
func lookAt(length time.Duration, full bool) []time.Duration {
	n := max(int((length+lookLength-1)/lookLength), 1)
	if full || n <= lookPlaces {
		places := make([]time.Duration, n)
		for i := range places {
			places[i] = time.Duration(i) * lookLength
		}
		return places
	}
	places := make([]time.Duration, lookPlaces)
	for i := range places {
		places[i] = (length - lookLength) * time.Duration(i) / (lookPlaces - 1)
	}
	return places
}

// titleNames lists all titles by id.
func (e *Engine) titleNames(ctx context.Context) (map[string]string, error) {
	names := map[string]string{}
	for page := (storage.Page{Limit: 1000}); ; {
		list, err := e.store.Titles(ctx, page)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			names[t.ID] = t.Name
		}
		if len(list) < page.Limit {
			return names, nil
		}
		page.After = list[len(list)-1].ID
	}
}
