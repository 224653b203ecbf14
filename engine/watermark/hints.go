// SPDX-License-Identifier: AGPL-3.0-or-later

package watermark

import (
	"errors"
	"math"

	"spoor/engine/internal/dsp"
)

// turned returns the analysis of the leak turned by a quarter, clockwise.
func (a *Analysis) turned() (*Analysis, error) {
	if a.turn != nil {
		return a.turn, nil
	}
	t := &Analysis{W: a.H, H: a.W, times: a.times}
	for _, f := range a.pixels {
		g := make([]byte, len(f))
		for y := range a.H {
			for x, v := range f[y*a.W:][:a.W] {
				g[x*a.H+a.H-1-y] = v
			}
		}
		t.pixels = append(t.pixels, g)
	}
	a.turn = t
	return t, t.prepare()
}

// stretched is the geometry of the whole title fitted into the whole picture: mirrored left to right with
// flip = -1, upside down with turn = -1.
func (r *reader) stretched(a *Analysis, flip, turn float64) Homography {
	cw, ch := Canonical(r.shape.Aspect)
	sx, sy := float64(cw)/float64(a.W), float64(ch)/float64(a.H)
	return linear([4]float64{sx * flip * turn, 0, 0, sy * turn})
}

// wholePicture hints that the leak shows the title as it is, at the place where it was. The shift is known
// then, which lets weaker marks through than a search can find.
func (r *reader) wholePicture(a *Analysis) ([]hint, error) {
	return []hint{{analysis: a, h: r.stretched(a, 1, 1), shifts: []shift{{}}}}, nil
}

// known hints at geometries of other stretches.
func (r *reader) known(a *Analysis, list []Known) ([]hint, error) {
	var out []hint
	for _, k := range list {
		h := hint{analysis: a, h: k.Geometry, turned: k.Turned, shifts: []shift{{}}}
		if k.Turned {
			t, err := a.turned()
			if err != nil {
				return nil, err
			}
			h.analysis = t
		}
		out = append(out, h)
	}
	return out, nil
}

// searched tries the whole picture mirrored and turned, uniform scales, and what the power spectrum shows.
func (r *reader) searched(a *Analysis) ([]hint, error) {
	turned, err := a.turned()
	if err != nil {
		return nil, err
	}
	list := []hint{
		{analysis: a, h: r.stretched(a, 1, 1)},
		{analysis: a, h: r.stretched(a, -1, 1)},
		{analysis: turned, h: r.stretched(turned, 1, 1), turned: true},
		{analysis: turned, h: r.stretched(turned, 1, -1), turned: true},
		{analysis: turned, h: r.stretched(turned, -1, 1), turned: true},
		{analysis: turned, h: r.stretched(turned, -1, -1), turned: true},
	}
	list = append(list, r.framed(a)...)
	if err := r.checkAll(list); err != nil || highest(list) > sureScore {
		return list, err
	}
	more, err := r.lines(a)
	if err != nil {
		return nil, err
	}
	for _, g := range ladder(1) {
		more = append(more, hint{analysis: a, h: linear(g)})
	}
	err = r.checkAll(more)
	return append(list, more...), err
}

func (r *reader) checkAll(list []hint) error {
	errs := make([]error, len(list))
	dsp.Each(len(list), func(_, i int) { errs[i] = r.check(&list[i]) })
	return errors.Join(errs...)
}

func highest(list []hint) float64 {
	b := math.Inf(-1)
	for _, h := range list {
		b = max(b, h.score)
	}
	return b
}

const (
	candidates     = 10
	candidatesDeep = 30
	clearLines     = 12 // score from which on a spectrum needs no softening
)

// lines reads geometries off the power spectrum; where none stands out, also those of leaks filmed at an angle.
func (r *reader) lines(a *Analysis) ([]hint, error) {
	if err := a.spectrum(); err != nil {
		return nil, err
	}
	l := newLineSearch(a, r.key.SyncSet)
	list := l.fine(candidates)
	if len(list) == 0 || list[0].score < clearLines {
		list = append(list, l.coarse(candidates)...)
	}
	return hints(a, list), nil
}

func hints(a *Analysis, list []candidate) []hint {
	var out []hint
	for _, c := range list {
		out = append(out, hint{analysis: a, h: linear(c.a)})
	}
	return out
}

// searchedDeeply tries many more candidates coherently: of the softened spectrum, and mirrored uniform scales.
func (r *reader) searchedDeeply(a *Analysis) ([]hint, error) {
	if err := a.spectrum(); err != nil {
		return nil, err
	}
	list := hints(a, newLineSearch(a, r.key.SyncSet).coarse(candidatesDeep))
	for _, g := range ladder(-1) {
		list = append(list, hint{analysis: a, h: linear(g)})
	}
	return list, r.checkAll(list)
}
