// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"cmp"
	"slices"
	"time"

	"spoor/engine/internal/dsp"
)

// Library opens the references of titles; the finder closes what it opened.
type Library interface {
	Reference(titleID string) (*File, error)
}

// Finder finds which title a leak shows. It is for one goroutine.
type Finder struct {
	library Library
	voter   *voter
	matcher matcher
	helpers []matcher // one for each goroutine
	files   map[string]*File
	broken  map[string]error
}

// NewFinder makes a finder among the titles of an index that are wanted; nil wants all.
func NewFinder(x *Index, library Library, wanted func(titleID string) bool) *Finder {
	return &Finder{library: library, voter: newVoter(x, wanted), files: map[string]*File{}, broken: map[string]error{}}
}

// Close closes the references that were opened.
func (f *Finder) Close() error {
	var err error
	for _, file := range f.files {
		err = firstError(err, file.Close())
	}
	clear(f.files)
	return err
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// Broken tells which references could not be read when they were needed.
func (f *Finder) Broken() map[string]error { return f.broken }

// Found is a title that a leak shows for some time.
type Found struct {
	Line
	At time.Duration // moment of the leak that was looked at
	// Log10P is the probability, as a power of ten, that keypoints without any
	// connection agree on one map so well anywhere in what was tried. It takes
	// keypoints for independent, which they are not quite: compare it with
	// [Certain], which was measured.
	Log10P  float64
	Inliers int        // keypoints at different places that agree, in all frames together
	Map     Homography // of all frames together, see [Match.Map]
	Matches []Match    // of single frames that are good enough by themselves
}

// Certain is the Log10P from which on a title counts as found.
const Certain = -8.0

// Obvious is the Log10P from which on no further candidates are looked at.
const Obvious = -40.0

const (
	mostLines = 40
	bestLines = 12 // of these are compared by more frames where none is certain
	fewFrames = 4  // of a leak that are compared with a candidate
	allFrames = 8  // where those make no title certain: small and bad pictures agree in too few places each
	nearby    = 1600 * time.Millisecond
)

// Find compares queries that lie within 20 s of the leak with all titles. What
// it returns is sorted, the best first, at most one for a title, whether it is
// [Certain] or not; none where no two places agree at all.
func (f *Finder) Find(queries []Query) []Found {
	lines := f.voter.lines(queries, mostLines)
	found := f.verifyAll(lines, queries, fewFrames, len(lines))
	slices.SortStableFunc(found, nearer)
	if len(queries) > fewFrames && len(found) > 0 && found[0].Log10P > Certain {
		best := make([]Line, min(bestLines, len(found)))
		for i := range best {
			best[i] = found[i].Line
		}
		found = append(found, f.verifyAll(best, queries, allFrames, len(lines))...)
		slices.SortStableFunc(found, nearer)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(found, func(g Found) bool {
		was := seen[g.Title]
		seen[g.Title] = true
		return was
	})
}

// nearer orders what was found, the best first.
func nearer(a, b Found) int {
	return cmp.Or(cmp.Compare(a.Log10P, b.Log10P), cmp.Compare(b.Inliers, a.Inliers), cmp.Compare(b.Votes, a.Votes))
}

// verifyAll looks at some of so many candidates by some frames of the leak, until one is obvious.
func (f *Finder) verifyAll(lines []Line, queries []Query, frames, of int) (found []Found) {
	const passes = 2 // see Find: both count as trials
	for _, line := range lines {
		got, ok := f.verify(line, queries, frames, passes*of)
		if !ok {
			continue
		}
		found = append(found, got)
		if got.Log10P < Obvious {
			break
		}
	}
	return found
}

// file opens a reference once.
func (f *Finder) file(titleID string) (*File, error) {
	if file := f.files[titleID]; file != nil {
		return file, nil
	}
	if err := f.broken[titleID]; err != nil {
		return nil, err
	}
	file, err := f.library.Reference(titleID)
	if err != nil {
		f.broken[titleID] = err
		return nil, err
	}
	f.files[titleID] = file
	return file, nil
}

// verify looks at the pictures of a candidate, by about so many frames of the leak.
func (f *Finder) verify(line Line, queries []Query, frames, tried int) (Found, bool) {
	file, err := f.file(line.Title)
	if err != nil {
		return Found{}, false
	}
	m := &f.matcher
	m.pairs = m.pairs[:0]
	facts := file.Facts()
	views, err := f.lookAll(file, someOf(queries, frames), line.Offset)
	if err != nil {
		f.broken[line.Title] = err
		return Found{}, false
	}
	for i := range views {
		m.pairs = append(m.pairs, views[i].pairs...)
	}
	found := Found{Line: line}
	if len(views) > 0 {
		found.at(&views[0])
	}
	h, n := m.fit(m.pairs)
	found.Log10P, found.Inliers = m.chance(n, m.pairs, 3*tried*len(m.pairs)), n
	if n > 0 {
		found.Map = toUnits(h, views[0].query, facts.Width, facts.Height)
	}
	for i := range views {
		v := &views[i]
		p := m.chance(v.inliers, v.pairs, 3*tried*len(views)*len(v.pairs))
		if p < found.Log10P {
			found.at(v)
			found.Log10P, found.Inliers, found.Map = p, v.inliers, toUnits(v.fit, v.query, facts.Width, facts.Height)
		}
		if p < Certain {
			found.Matches = append(found.Matches, v.match(line.Title, facts))
		}
	}
	return found, found.Inliers > 0
}

// someOf are about so many of the queries, evenly spread.
func someOf(queries []Query, most int) (list []*Query) {
	step := max(1, (len(queries)+most-1)/most)
	for i := step / 2; i < len(queries); i += step {
		list = append(list, &queries[i])
	}
	return list
}

// at says which moment of the leak was looked at, and which of the title it is like.
func (f *Found) at(v *view) { f.At, f.Offset = v.query.Time, v.time-v.query.Time }

// view is a frame of the leak beside the picture of a title that is most like it.
type view struct {
	query   *Query
	time    time.Duration
	pairs   []pair
	fit     Homography // of the pairs, in heights
	inliers int        // that agree with it
}

// match is the frame as recognised in a title.
func (v *view) match(title string, facts Facts) Match {
	return Match{
		LeakTime: v.query.Time, Title: title, TitleTime: v.time, Map: toUnits(v.fit, v.query, facts.Width, facts.Height),
		Inliers: v.inliers, Points: len(v.pairs),
	}
}

// lookAll finds for each frame the picture near a line that it is most like; frames without any are left out.
func (f *Finder) lookAll(file *File, queries []*Query, offset time.Duration) ([]view, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	pictures, err := file.Points(queries[0].Time+offset-nearby, queries[len(queries)-1].Time+offset+nearby)
	if err != nil {
		return nil, err
	}
	for len(f.helpers) < dsp.Workers(len(queries)) {
		f.helpers = append(f.helpers, matcher{})
	}
	views := make([]view, len(queries))
	dsp.Each(len(queries), func(worker, i int) {
		views[i] = f.helpers[worker].look(file.Facts(), pictures, queries[i], queries[i].Time+offset)
	})
	return slices.DeleteFunc(views, func(v view) bool { return v.query == nil }), nil
}

// look finds the picture near a time that a frame is most like, and how the two go together.
func (m *matcher) look(facts Facts, pictures []Pointed, q *Query, at time.Duration) (best view) {
	near := make([]*Pointed, 0, len(pictures))
	for i := range pictures {
		if p := &pictures[i]; p.Time >= at-nearby && p.Time < at+nearby {
			near = append(near, p)
		}
	}
	slices.SortStableFunc(near, func(a, b *Pointed) int { return cmp.Compare((a.Time - at).Abs(), (b.Time - at).Abs()) })
	for _, p := range near {
		pairs := m.pairUp(nil, q, p.Points, PointsScale*facts.Width, PointsScale*facts.Height)
		// Where nothing moves, all are alike: then the nearest on the line of time counts.
		if best.query == nil || 8*len(pairs) > 9*len(best.pairs) {
			best = view{query: q, time: p.Time, pairs: pairs}
		}
	}
	best.fit, best.inliers = m.fit(best.pairs)
	return best
}

// toUnits turns a map between pictures in heights into one in units of width
// and height, and undoes the mirror that the query was seen in.
func toUnits(h Homography, q *Query, w, height int) Homography {
	in := Homography{0: float64(q.W) / float64(q.H), 4: 1, 8: 1}
	if q.Mirrored {
		in[0], in[2] = -in[0], in[0]
	}
	out := Homography{0: float64(height) / float64(w), 4: 1, 8: 1}
	first := in.Then(&h)
	return first.Then(&out)
}
