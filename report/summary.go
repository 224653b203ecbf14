// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"spoor/report/atlas"
)

// summary is what all accesses of a tag, or of several, come to. Its size does not grow with their number.
type summary struct {
	clients   int
	hosted    int
	countries map[string]int // by two-letter code, or by name where there is none
	networks  map[string]int
	types     map[string]int
	hours     map[int64]int // first accesses, by hours since 1970
	first     time.Time
	last      time.Time
	complete  int // clients that obtained 100%
}

func newSummary() *summary {
	return &summary{
		countries: map[string]int{}, networks: map[string]int{}, types: map[string]int{}, hours: map[int64]int{},
	}
}

// mostKeys is how many different networks and countries are counted apart.
const mostKeys = 100_000

func (s *summary) add(a *Access) {
	s.clients++
	if a.Hosted() {
		s.hosted++
	}
	if a.Percentage == "100%" {
		s.complete++
	}
	count(s.countries, countryKey(a))
	count(s.networks, cmp.Or(a.Network, "N/A"))
	count(s.types, cmp.Or(a.Type, "N/A"))
	if a.First.IsZero() {
		return
	}
	s.hours[a.First.Unix()/3600]++
	if s.first.IsZero() || a.First.Before(s.first) {
		s.first = a.First
	}
	if a.First.After(s.last) {
		s.last = a.First
	}
	if a.Last.After(s.last) {
		s.last = a.Last
	}
}

func count(m map[string]int, key string) {
	if _, ok := m[key]; ok || len(m) < mostKeys {
		m[key]++
	}
}

// summarise reads all rows and shows each to keep, which may be nil.
func summarise(ctx context.Context, rows Rows, s *summary, keep func(*Access)) error {
	if rows == nil {
		return nil
	}
	for a, err := range rows(ctx) {
		if err != nil {
			return err
		}
		s.add(&a)
		if keep != nil {
			keep(&a)
		}
	}
	return ctx.Err()
}

// ranked is a name and how often it came up.
type ranked struct {
	name string
	n    int
}

// rank sorts by number, then by name.
func rank(m map[string]int) []ranked {
	out := make([]ranked, 0, len(m))
	for name, n := range m {
		out = append(out, ranked{name, n})
	}
	slices.SortFunc(out, func(a, b ranked) int { return cmp.Or(b.n-a.n, cmp.Compare(a.name, b.name)) })
	return out
}

// countryKey is the two-letter code where it is known, else the name.
func countryKey(a *Access) string {
	if a.CountryCode != "" {
		return strings.ToUpper(a.CountryCode)
	}
	return cmp.Or(a.Country, "N/A")
}

// countryName is a country in the report's language.
func (w *words) countryName(key string) string {
	if atlas.Number(key) == 0 {
		return w.unknown(key)
	}
	region := language.MustParseRegion(key)
	names := display.English.Regions()
	if w.lang == "de" {
		names = display.German.Regions()
	}
	return cmp.Or(names.Name(region), key)
}

// bars sorts first accesses into bars of equal length.
func (s *summary) bars() (from time.Time, step time.Duration, counts []int) {
	if s.first.IsZero() {
		return time.Time{}, 0, nil
	}
	return TimeBars(s.hours)
}

// TimeBars sorts what happened in which hour since 1970 into bars of equal length, at most some sixty. counts is nil where
// nothing happened, and for times that no log can have.
func TimeBars(perHour map[int64]int) (from time.Time, step time.Duration, counts []int) {
	if len(perHour) == 0 {
		return time.Time{}, 0, nil
	}
	low, high := int64(1<<62), int64(-1<<62)
	for h := range perHour {
		low, high = min(low, h), max(high, h)
	}
	hours := int64(1)
	for _, step := range []int64{1, 2, 6, 12, 24, 48, 168, 720, 2160, 8760} {
		hours = step
		if (high-low)/step < 60 {
			break
		}
	}
	low -= (low%hours + hours) % hours
	n := (high-low)/hours + 1
	if n > 400 {
		return time.Time{}, 0, nil
	}
	counts = make([]int, n)
	for h, k := range perHour {
		counts[(h-low)/hours] += k
	}
	return time.Unix(low*3600, 0).UTC(), time.Duration(hours) * time.Hour, counts
}
