// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import "strings"

// Listing is a page of backtraces as a client gets it.
type Listing struct {
	Backtraces          []Backtrace
	Total, Start, Limit int64
}

// ReadListing takes a page of backtraces from JSON.
func ReadListing(t *Tree) (Listing, error) {
	r := taker{lenient: true}
	l := Listing{
		Total: r.integer(t.Get("total"), "total"),
		Start: r.integer(t.Get("start"), "start"),
		Limit: r.integer(t.Get("limit"), "limit"),
	}
	for _, item := range r.list(t.Get("backtraces"), KindBacktrace, "backtraces") {
		b, err := ReadBacktrace(item)
		if err != nil {
			return Listing{}, err
		}
		l.Backtraces = append(l.Backtraces, b)
	}
	return l, r.err
}

// fields splits at commas and blanks.
func fields(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
}
