// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"time"

	"spoor/engine/media"
	"spoor/engine/reference"
)

// Reference opens the reference of a title, for [reference.Finder].
func (e *Engine) Reference(titleID string) (*reference.File, error) { return e.openReference(titleID) }

// openIndex opens the index of all references of the home and brings it up to date with the titles that are wanted.
// Those without a readable reference are named in missing, with the reason.
func (e *Engine) openIndex(ctx context.Context, titles []string) (x *reference.Index, missing map[string]error, err error) {
	dir, err := e.store.CachePath("index")
	if err != nil {
		return nil, nil, err
	}
	if x, err = reference.OpenIndex(dir); err != nil {
		return nil, nil, err
	}
	missing = map[string]error{}
	for _, id := range titles {
		if err := context.Cause(ctx); err != nil {
			return nil, nil, errors.Join(err, x.Close())
		}
		if err := e.indexTitle(x, id); reference.KindOf(err) != "" {
			missing[id] = err
		} else if err != nil {
			return nil, nil, errors.Join(err, x.Close())
		}
	}
	return x, missing, nil
}

// indexTitle adds a title to the index unless it is there as its reference has it: of one that is, only the first bytes are
// read, so that a look-up among thousands of titles need not open them all.
func (e *Engine) indexTitle(x *reference.Index, titleID string) error {
	path, err := e.store.ReferencePath(titleID)
	if err != nil {
		return err
	}
	sum, err := reference.SumOf(path)
	if err != nil || x.Has(titleID, sum) {
		return err
	}
	f, err := e.openReference(titleID)
	if err != nil {
		return err
	}
	defer f.Close()
	return x.Add(f)
}

// forgetIndexed takes a title out of the index.
func (e *Engine) forgetIndexed(titleID string) error {
	dir, err := e.store.CachePath("index")
	if err != nil {
		return err
	}
	x, err := reference.OpenIndex(dir)
	if err != nil {
		return err
	}
	return errors.Join(x.Remove(titleID), x.Close())
}

const (
	lookLength = 20 * time.Second // of a leak that is looked up at once
	lookRate   = 0.5              // frames a second of a long stretch
	lookFrames = 8                // of a short one, at least where it has them
)

// looked is what a stretch of a leak was found to show.
type looked struct {
	found   []reference.Found // the best first, see [reference.Finder.Find]
	matches []reference.Match // of single frames, in the titles that are certain
	queries []reference.Query
}

// look looks up a stretch of a leak: first as it is, then, where no title is certain, as in a mirror.
func (e *Engine) look(ctx context.Context, finder *reference.Finder, path string, info media.Info, from time.Duration,
) (l looked, err error) {
	tools, err := e.tools()
	if err != nil {
		return l, err
	}
	w, h := reference.QuerySize(info.Width, info.Height)
	o := media.DecodeOptions{Width: w, Height: h, From: from, Length: lookLength}
	if length := min(info.Duration-from, lookLength).Seconds(); !info.Still && length > 0 {
		o.FPS = max(lookRate, lookFrames/length)
	}
	decoded, _, err := decodeFrames(ctx, tools, path, o)
	if err != nil {
		return l, err
	}
	frames := make([]reference.Frame, len(decoded))
	for i, f := range decoded {
		frames[i] = reference.Frame{Time: f.Time, W: w, H: h, Pix: f.Pix}
	}
	var extractors reference.Extractors
	for _, mirrored := range []bool{false, true} {
		queries := extractors.Queries(frames, mirrored)
		l.queries = append(l.queries, queries...)
		some := finder.Find(queries)
		l.found = append(l.found, some...)
		for i := range some {
			if some[i].Log10P > reference.Certain {
				continue
			}
			matches, err := finder.Follow(&some[i], queries)
			if err != nil {
				return l, err
			}
			l.matches = append(l.matches, matches...)
		}
		if len(l.matches) > 0 {
			break
		}
	}
	return l, nil
}
