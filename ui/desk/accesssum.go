// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"cmp"
	"slices"
	"time"

	"spoor/report"
	"spoor/report/atlas"
)

// Counted is a name and how many clients it has.
type Counted struct {
	Name   string
	Count  int
	Hosted bool // of networks: a data centre, VPN or anonymiser
}

// AccessSum is what the rows that are shown come to.
type AccessSum struct {
	Countries map[int]int // clients by ISO 3166 number
	Unknown   int         // clients of which the country is not known
	Networks  []Counted   // most clients first
	Hosted    int         // clients at data centres, VPNs and anonymisers
	Begin     time.Time   // of the first bar
	Step      time.Duration
	Bars      []int // first accesses; nil where no time is known
}

// Sum adds up the rows that are shown.
func (t *AccessTable) Sum() AccessSum {
	s := AccessSum{Countries: map[int]int{}}
	networks, hours := map[string]*Counted{}, map[int64]int{}
	for _, i := range t.shown {
		a := &t.facts[i]
		if n := atlas.Number(a.CountryCode); n > 0 {
			s.Countries[n]++
		} else {
			s.Unknown++
		}
		if a.Hosted() {
			s.Hosted++
		}
		if !a.First.IsZero() {
			hours[a.First.Unix()/3600]++
		}
		if a.Network == "" {
			continue
		}
		if networks[a.Network] == nil {
			networks[a.Network] = &Counted{Name: a.Network}
		}
		networks[a.Network].Count++
		networks[a.Network].Hosted = networks[a.Network].Hosted || a.Hosted()
	}
	for _, n := range networks {
		s.Networks = append(s.Networks, *n)
	}
	slices.SortFunc(s.Networks, func(a, b Counted) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	s.Begin, s.Step, s.Bars = report.TimeBars(hours)
	return s
}

// Countries lists the countries of all rows, most clients first; Types the kinds of their networks.
func (t *AccessTable) Countries() []Counted { return t.counted(Country) }

// Types lists the kinds of network of all rows, most clients first.
func (t *AccessTable) Types() []Counted { return t.counted(Network) }

func (t *AccessTable) counted(c Column) (list []Counted) {
	counts := map[string]int{}
	for i := range t.all {
		counts[cell(&t.all[i], c)]++
	}
	for name, n := range counts {
		list = append(list, Counted{Name: name, Count: n})
	}
	slices.SortFunc(list, func(a, b Counted) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	return list
}

// CountryOf is the name of a country, as the rows have it, by its ISO 3166 number; "" where none is there.
func (t *AccessTable) CountryOf(number int) string {
	for i := range t.facts {
		if atlas.Number(t.facts[i].CountryCode) == number {
			return t.all[i].IPCountry
		}
	}
	return ""
}
