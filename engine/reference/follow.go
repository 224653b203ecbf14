// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

// guided is the Log10P from which on a single frame counts where title, time
// and place are known already from others.
const guided = -4.0

// Follow recognises single frames in a title that was found in them, near the
// same line of time: what [Align] makes stretches of.
func (f *Finder) Follow(found *Found, queries []Query) ([]Match, error) {
	file, err := f.file(found.Title)
	if err != nil {
		return nil, err
	}
	facts := file.Facts()
	var list []Match
	for i := range queries {
		q := &queries[i]
		v, err := f.look(file, q, found.Offset)
		if err != nil {
			return nil, err
		}
		if v.query == nil {
			continue
		}
		h, n := f.matcher.fit(v.pairs)
		if f.matcher.chance(n, v.pairs, 3*len(v.pairs)) > guided {
			continue
		}
		list = append(list, Match{
			LeakTime: q.Time, Title: found.Title, TitleTime: v.time, Map: toUnits(h, q, facts.Width, facts.Height),
			Inliers: n, Points: len(v.pairs),
		})
	}
	return list, nil
}
