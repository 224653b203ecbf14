// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"cmp"
	"math"
	"slices"

	"spoor/engine/reference"
)

// TitleSearch says what a file was compared with to find the title that it shows, and what came near without being it: that
// a file shows none of the titles is an answer that rests on this.
type TitleSearch struct {
	Titles    int     `json:"titles"`  // that were compared
	Frames    int     `json:"frames"`  // of the file that were looked up; those looked up as in a mirror too count again
	Points    int     `json:"points"`  // keypoints of these frames
	Against   int64   `json:"against"` // keypoints of the titles that each was compared with
	Threshold float64 `json:"threshold_log10_p"`
	// Nearest are the titles that came nearest without being certain, the nearest first, at most three.
	Nearest []TitleRival `json:"nearest"`
}

// TitleRival is a title that a file resembles without being certain.
type TitleRival struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	LeakMS  int64   `json:"leak_ms"`  // moment of the file
	TitleMS int64   `json:"title_ms"` // moment of the title that it resembles
	Votes   float64 `json:"votes"`    // keypoints that speak for that moment, those that are frequent counted less
	Places  int     `json:"places"`   // of the picture that agree on one geometry
	Log10P  float64 `json:"log10_p"`  // of so many by chance, anywhere in what was compared, as a power of ten; 0: to be expected
}

const rivals = 3

// beginTitleSearch is a search among the titles of an index.
func beginTitleSearch(x *reference.Index, titles int) TitleSearch {
	points, _ := x.Size()
	return TitleSearch{Titles: titles, Against: points, Threshold: reference.Certain, Nearest: []TitleRival{}}
}

// looked adds frames that were looked up.
func (s *TitleSearch) looked(queries []reference.Query) {
	s.Frames += len(queries)
	for i := range queries {
		s.Points += len(queries[i].Points)
	}
}

// add takes up what came near in frames that were looked up; of each title what is nearest counts. A title that is certain
// somewhere is no rival.
func (s *TitleSearch) add(found []reference.Found, name func(titleID string) string) {
	for i := range found {
		f := &found[i]
		r := TitleRival{
			ID: f.Title, Name: name(f.Title), LeakMS: f.At.Milliseconds(), TitleMS: max(f.At+f.Offset, 0).Milliseconds(),
			Votes: math.Round(10*f.Votes) / 10, Places: f.Inliers, Log10P: f.Log10P,
		}
		k := slices.IndexFunc(s.Nearest, func(o TitleRival) bool { return o.ID == r.ID })
		switch {
		case k < 0:
			s.Nearest = append(s.Nearest, r)
		case nearer(r, s.Nearest[k]) < 0:
			s.Nearest[k] = r
		}
	}
	slices.SortStableFunc(s.Nearest, nearer)
}

// nearer orders rivals, the nearest first.
func nearer(a, b TitleRival) int {
	return cmp.Or(cmp.Compare(a.Log10P, b.Log10P), cmp.Compare(b.Places, a.Places), cmp.Compare(b.Votes, a.Votes), cmp.Compare(a.ID, b.ID))
}

// result is the search as it is told: without the titles that were found, and with no more than the nearest few.
func (s *TitleSearch) result() *TitleSearch {
	out := *s
	out.Nearest = []TitleRival{}
	for _, r := range s.Nearest {
		if r.Log10P > reference.Certain && len(out.Nearest) < rivals {
			out.Nearest = append(out.Nearest, r)
		}
	}
	return &out
}

// remark says it in a sentence.
func (s *TitleSearch) remark() Remark {
	if len(s.Nearest) == 0 {
		return remark(TriedTitles, s.Frames, s.Titles)
	}
	r := &s.Nearest[0]
	return remark(TriedNearest, s.Frames, s.Titles, r.Name, r.Places, int(math.Round(r.Log10P)), int(s.Threshold))
}
