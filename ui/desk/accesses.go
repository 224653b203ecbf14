// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"spoor/engine"
	"spoor/report"
	"spoor/report/casereport"
)

// Column is a field of an access.
type Column int

// The columns, as they are shown.
const (
	Address Column = iota
	Country
	Network
	First
	Obtained
	Resolution
	Streaming
	UserAgent
	Language
	Columns // how many there are
)

// AccessTable is the accesses of a tag, sorted and filtered as somebody wants to see them. It is for one goroutine.
type AccessTable struct {
	all   []engine.AccessStat
	shown []int // rows of all, in order
	facts []report.Access
	by    Column
	down  bool
	only  AccessFilter
}

// AccessFilter says which accesses are shown. What is "" holds for all.
type AccessFilter struct {
	Words   string // each must stand somewhere, in any column
	Country string // name
	Type    string // of the network, such as ISP
	Hosted  bool   // only addresses of data centres, VPNs and anonymisers
}

// NewAccessTable makes a table, sorted by the time of the first access.
func NewAccessTable(list []engine.AccessStat) *AccessTable {
	t := &AccessTable{all: list, by: First, facts: make([]report.Access, len(list))}
	for i := range list {
		t.facts[i] = casereport.AccessOf(&list[i])
	}
	t.arrange()
	return t
}

// Sort sorts by a column; by the same once more: the other way round.
func (t *AccessTable) Sort(by Column) {
	t.down = t.by == by && !t.down
	t.by = by
	t.arrange()
}

// Sorted tells by which column the table is sorted, and whether the greatest comes first.
func (t *AccessTable) Sorted() (by Column, down bool) { return t.by, t.down }

// Filter shows only some of the rows.
func (t *AccessTable) Filter(only AccessFilter) {
	t.only = only
	t.arrange()
}

// Hosted tells whether a row that is shown is no place where a viewer sits: a data centre, a VPN, an anonymiser.
func (t *AccessTable) Hosted(row int) bool { return t.facts[t.shown[row]].Hosted() }

// Len is the number of rows that are shown; All of all.
func (t *AccessTable) Len() int { return len(t.shown) }

// All is the number of rows, shown or not.
func (t *AccessTable) All() int { return len(t.all) }

// Row returns a row that is shown.
func (t *AccessTable) Row(i int) engine.AccessStat { return t.all[t.shown[i]] }

// Cell returns the text of a cell.
func (t *AccessTable) Cell(row int, c Column) string { return cell(&t.all[t.shown[row]], c) }

func cell(a *engine.AccessStat, c Column) string {
	return [Columns]string{
		a.IPAddress, a.IPCountry, a.IPType, time.UnixMilli(a.FirstAccessedAt).UTC().Format("2006-01-02 15:04:05"),
		a.PercentageObtained, a.HighestResolution, a.StreamingOnly, a.UserAgent, a.AcceptLanguage,
	}[c]
}

func (t *AccessTable) arrange() {
	words := strings.Fields(strings.ToLower(t.only.Words))
	t.shown = t.shown[:0]
	for i := range t.all {
		if t.only.takes(&t.all[i], &t.facts[i]) && hasAll(&t.all[i], words) {
			t.shown = append(t.shown, i)
		}
	}
	slices.SortStableFunc(t.shown, func(i, j int) int {
		order := compare(&t.all[i], &t.all[j], t.by)
		if t.down {
			return -order
		}
		return order
	})
}

func (f *AccessFilter) takes(a *engine.AccessStat, facts *report.Access) bool {
	return (f.Country == "" || a.IPCountry == f.Country) && (f.Type == "" || a.IPType == f.Type) && (!f.Hosted || facts.Hosted())
}

func hasAll(a *engine.AccessStat, words []string) bool {
	for _, w := range words {
		found := strings.Contains(strings.ToLower(a.NetworkOwner), w)
		for c := range Columns {
			found = found || strings.Contains(strings.ToLower(cell(a, c)), w)
		}
		if !found {
			return false
		}
	}
	return true
}

// compare orders numbers by their value and what cannot be told last.
func compare(a, b *engine.AccessStat, by Column) int {
	if by == First {
		return cmp.Compare(a.FirstAccessedAt, b.FirstAccessedAt)
	}
	if by == Obtained || by == Resolution {
		return cmp.Compare(number(cell(a, by)), number(cell(b, by)))
	}
	return strings.Compare(cell(a, by), cell(b, by))
}

// number reads the number that text such as "720p" or "100%" begins with; -1 where there is none.
func number(text string) int {
	n, err := strconv.Atoi(strings.TrimRight(text, "%p"))
	if err != nil {
		return -1
	}
	return n
}
