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
	all := make([]*Query, len(queries))
	for i := range queries {
		all[i] = &queries[i]
	}
	views, err := f.lookAll(file, all, found.Offset)
	if err != nil {
		return nil, err
	}
	var list []Match
	for i := range views {
		v := &views[i]
		if f.matcher.chance(v.inliers, v.pairs, 3*len(v.pairs)) <= guided {
			list = append(list, v.match(found.Title, file.Facts()))
		}
	}
	return list, nil
}
