// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"cmp"
	"encoding/json"
	"slices"

	"spoor/engine"
	"spoor/storage"
)

// Order is how the exhibits of a case are laid out.
type Order int

// The orders.
const (
	AsTheyCame  Order = iota
	ByRecipient       // those whose copy leaked stand together
	ByStretch         // those that show the same stretch of a title stand together
	ByAnswer          // found first, then marked, inconclusive, none
	Orders            // how many there are
)

// Row is a row of exhibits laid out: a heading, or an exhibit.
type Row struct {
	Heading string // "" of an exhibit
	Count   int    // of the exhibits under the heading
	Exhibit int    // place in the list that was laid out
}

// Arrange lays out exhibits. title names a title by its id; none is what stands over those that have no answer.
func Arrange(list []engine.Exhibit, by Order, title func(id string) string, none string) []Row {
	rows := make([]Row, 0, len(list))
	if by == AsTheyCame {
		for i := range list {
			rows = append(rows, Row{Exhibit: i})
		}
		return rows
	}
	groups := map[string][]int{}
	var names []string
	for i := range list {
		name := cmp.Or(groupOf(&list[i], by, title), none)
		if groups[name] == nil {
			names = append(names, name)
		}
		groups[name] = append(groups[name], i)
	}
	if by == ByStretch {
		groups, names = stretches(list, groups, names, none)
	}
	slices.SortStableFunc(names, func(a, b string) int { // what has no answer comes last
		return cmp.Compare(rank(a, by, none), rank(b, by, none))
	})
	for _, name := range names {
		rows = append(rows, Row{Heading: name, Count: len(groups[name])})
		for _, i := range groups[name] {
			rows = append(rows, Row{Exhibit: i})
		}
	}
	return rows
}

func rank(name string, by Order, none string) int {
	if name == none {
		return 1 << 30
	}
	if by == ByAnswer {
		return slices.Index([]string{
			string(storage.Found), string(storage.Marked), string(storage.Inconclusive), string(storage.None), string(storage.Failed),
		}, name)
	}
	return 0
}

func groupOf(x *engine.Exhibit, by Order, title func(id string) string) string {
	b, ok := Latest(x)
	if !ok {
		return ""
	}
	switch by {
	case ByRecipient:
		if len(b.Findings) > 0 {
			return b.Findings[0].TagText
		}
	case ByStretch:
		if b.TitleID != "" {
			return title(b.TitleID)
		}
	case ByAnswer:
		return string(b.Verdict)
	case AsTheyCame, Orders:
	}
	return ""
}

// Latest is the examination to show first: the last one that came to an end of its own, else the last.
func Latest(x *engine.Exhibit) (engine.Backtrace, bool) {
	for _, b := range slices.Backward(x.Backtraces) {
		if b.Status.Final() && b.Status != storage.Cancelled {
			return b, true
		}
	}
	if n := len(x.Backtraces); n > 0 {
		return x.Backtraces[n-1], true
	}
	return engine.Backtrace{}, false
}

// stretch is the part of its title that an exhibit shows, in milliseconds.
type stretch struct{ exhibit, from, to int64 }

// stretches parts the exhibits of each title into those whose stretches overlap.
func stretches(
	list []engine.Exhibit, groups map[string][]int, names []string, none string,
) (parted map[string][]int, order []string) {
	parted = map[string][]int{}
	for _, name := range names {
		var known []stretch
		for _, i := range groups[name] {
			if from, to, ok := shown(&list[i]); ok && name != none {
				known = append(known, stretch{int64(i), from, to})
			} else {
				parted[name] = append(parted[name], i)
			}
		}
		if len(parted[name]) > 0 {
			order = append(order, name)
		}
		slices.SortStableFunc(known, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
		for len(known) > 0 {
			n, to := 1, known[0].to
			for n < len(known) && known[n].from < to {
				to = max(to, known[n].to)
				n++
			}
			heading := name + ", " + Clock(known[0].from) + " – " + Clock(to)
			for _, s := range known[:n] {
				parted[heading] = append(parted[heading], int(s.exhibit))
			}
			order = append(order, heading)
			known = known[n:]
		}
	}
	return parted, order
}

// shown is which part of its title an exhibit shows, as far as its findings tell.
func shown(x *engine.Exhibit) (from, to int64, ok bool) {
	b, _ := Latest(x)
	for i := range b.Findings {
		var spans []engine.Span
		if json.Unmarshal(b.Findings[i].Spans, &spans) != nil {
			continue
		}
		for _, s := range spans {
			if s.TitleFromMS == nil || s.TitleToMS == nil {
				continue
			}
			if !ok {
				from, to, ok = *s.TitleFromMS, *s.TitleToMS, true
			}
			from, to = min(from, *s.TitleFromMS), max(to, *s.TitleToMS)
		}
	}
	return from, to, ok
}
