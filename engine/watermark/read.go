// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"fmt"
	"iter"
	"sort"
	"time"
)

// Shape is what the reader needs to know of a title.
type Shape struct {
	Aspect float64       // as shown, width by height
	Length time.Duration // how long the title runs
}

// Effort says how far a search for the geometry of a leak goes.
type Effort int

// Each effort takes several times as long as the one before and starts where that one ends.
const (
	AsIs   Effort = iota // the whole picture, perhaps stretched or mirrored
	Search               // crops, bars, turns of a few degrees, quarter turns
	Deep                 // filmed at an angle, small crops
)

// Reading is one way to see the mark in a stretch of a leak. Every Reading whose evidence is compared with a
// registry is one look that the statistics have to pay for; making it looks at no codeword.
type Reading struct {
	Geometry Homography // analysis pixels to canonical coordinates of the title
	Turned   bool       // the picture was turned by a quarter before Geometry applies
	Sync     float64    // mean correlation of the sync lines where they are expected: about 0 without a mark
	Score    float64    // log of the likelihood ratio for a mark of this key against none
	Slices   []Slice
}

// Evidence adds up the slices.
func (r *Reading) Evidence() *Evidence {
	var e Evidence
	for i := range r.Slices {
		e.Add(&r.Slices[i].Evidence)
	}
	return &e
}

// sureScore is the score from which on another geometry need not be tried before the registry is asked.
const sureScore = 60

// Known is a geometry that another stretch of the leak was read under.
type Known struct {
	Geometry Homography
	Turned   bool
}

// Readings yields readings of a stretch of a leak, the likeliest and cheapest first, of the efforts from first to
// last. Geometries known from elsewhere in the leak are tried first of all, where a search begins together with the whole
// picture: it may have more frames than before. The caller stops the iteration when it
// is content. The analysis keeps what does not depend on the key, so that asking again, or for another title, costs
// less.
func (k *Key) Readings(a *Analysis, s Shape, first, last Effort, known ...Known) iter.Seq2[*Reading, error] {
	return func(yield func(*Reading, error) bool) {
		r := &reader{key: k, shape: s, moments: k.moments(s.Length)}
		for _, stage := range []struct {
			effort Effort
			hints  func(*Analysis) ([]hint, error)
			keep   int
		}{
			{first, func(a *Analysis) ([]hint, error) { return r.expected(a, known, first) }, 1},
			{AsIs, r.wholePicture, 1},
			{Search, r.searched, 2},
			{Deep, r.searchedDeeply, 2},
		} {
			if stage.effort < first || stage.effort > last {
				continue
			}
			found, err := r.readings(a, stage.hints, stage.keep, stage.effort > AsIs)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, f := range found {
				if !yield(f, nil) {
					return
				}
			}
		}
	}
}

// expected hints at known geometries, and at the whole picture where a search begins.
func (r *reader) expected(a *Analysis, known []Known, first Effort) ([]hint, error) {
	list, err := r.known(a, known)
	if err != nil || first != Search {
		return list, err
	}
	whole, err := r.wholePicture(a)
	return append(list, whole...), err
}

// reader is one run of Readings.
type reader struct {
	key     *Key
	shape   Shape
	moments []moment
}

// hint is a guess at a geometry, to be checked coherently.
type hint struct {
	analysis *Analysis
	h        Homography
	turned   bool
	shifts   []shift
	score    float64
}

// groups are the runs of frames that are read under the hint.
func (h *hint) groups() []group { return h.analysis.groups(unitSeconds) }

// readings checks hints and makes readings of the best.
func (r *reader) readings(a *Analysis, hints func(*Analysis) ([]hint, error), keep int, refine bool) ([]*Reading, error) {
	list, err := hints(a)
	if err != nil {
		return nil, err
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].score > list[j].score })
	var views []*view
	for _, h := range list[:min(4*keep, len(list))] {
		v, err := r.view(h)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	byCourse := func() {
		sort.SliceStable(views, func(i, j int) bool { return views[i].course.score > views[j].course.score })
	}
	byCourse()
	views = views[:min(keep, len(views))]
	if refine {
		for i, v := range views {
			if views[i], err = r.refined(v); err != nil {
				return nil, err
			}
		}
		byCourse()
	}
	var out []*Reading
	for _, v := range views {
		out = append(out, r.reading(v))
	}
	return out, nil
}

// check gives a hint its best shifts and its score.
func (r *reader) check(h *hint) error {
	groups := h.analysis.groups(checkSeconds)
	const most = 13
	if step := (len(groups) + most - 1) / most; step > 1 {
		var some []group
		for i := 0; i < len(groups); i += step {
			some = append(some, groups[i])
		}
		groups = some
	}
	units, err := r.key.units(h.analysis, &h.h, groups, coarseCells)
	if err != nil {
		return err
	}
	if h.shifts, err = r.orderedShifts(units, 3); err == nil && len(h.shifts) == 0 {
		h.shifts, err = r.key.shifts(units, 3)
	}
	if err != nil {
		return err
	}
	if len(h.shifts) > 0 {
		h.score = h.shifts[0].score
	}
	return nil
}

// view is a geometry with all units read under it.
type view struct {
	hint
	dx, dy float64
	units  []unit
	c      [][Patterns]float64
	course *course
}

// view reads all units under a hint and chooses among its shifts by the course through the title.
func (r *reader) view(h hint) (*view, error) {
	units, err := r.key.units(h.analysis, &h.h, h.groups(), fineCells)
	if err != nil {
		return nil, err
	}
	var best *view
	for _, s := range h.shifts {
		v := &view{hint: h, dx: s.dx, dy: s.dy, units: units}
		v.c = r.key.correlations(units, s.dx, s.dy)
		v.course = follow(r.moments, units, v.c)
		if best == nil || v.course.score > best.course.score {
			best = v
		}
	}
	if best == nil {
		return nil, fmt.Errorf("no shift to read under")
	}
	return best, nil
}

// refined improves the geometry of a view block by block as long as that makes the mark clearer.
func (r *reader) refined(v *view) (*view, error) {
	for range 8 {
		at := v.h.shifted(v.dx, v.dy)
		list, err := r.key.displacements(v.analysis, &at, v.groups(), v.course, v.c)
		if err != nil {
			return nil, err
		}
		best := v
		for _, way := range []struct {
			threshold   float64
			perspective bool
		}{{4.3, false}, {3.3, false}, {4, true}, {3.3, true}} {
			h, ok := fit(at, list, way.threshold, way.perspective, v.analysis.W)
			if !ok {
				continue
			}
			next := v.hint
			next.h, next.shifts = h, []shift{{}}
			w, err := r.view(next)
			if err != nil {
				return nil, err
			}
			if w.course.score > best.course.score+0.1 {
				best = w
			}
		}
		if best == v {
			break
		}
		v = best
	}
	return v, nil
}

func (r *reader) reading(v *view) *Reading {
	out := &Reading{Turned: v.turned, Sync: v.course.expected(v.units, v.c), Score: v.course.score}
	out.Geometry = v.h.shifted(v.dx, v.dy)
	out.Slices = r.key.project(v.units, v.c, v.course, v.dx, v.dy)
	return out
}
