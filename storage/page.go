// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

// Page selects a part of a list. Lists are ordered by id, that is by the time
// things were made. The next page begins after the last id of this one, so paging
// is as quick at the end of a long list as at its beginning, and things
// added meanwhile shift nothing.
type Page struct {
	After string // id of the last thing already seen; "" begins at the start
	Limit int    // at most this many; below 1: 100; at most 5000
}

const (
	defaultLimit = 100
	maxLimit     = 5000
)

func (p Page) limit() int {
	if p.Limit < 1 {
		return defaultLimit
	}
	return min(p.Limit, maxLimit)
}
