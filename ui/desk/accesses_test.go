// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/ui/desk"
)

func accesses() []engine.AccessStat {
	return []engine.AccessStat{
		{
			IPAddress: "192.0.2.1", IPCountry: "Germany", IPType: "ISP", FirstAccessedAt: 3000,
			PercentageObtained: "9%", HighestResolution: "1080p",
		},
		{
			IPAddress: "192.0.2.2", IPCountry: "France", IPType: "DCH", FirstAccessedAt: 1000,
			PercentageObtained: "100%", HighestResolution: "720p",
		},
		{
			IPAddress: "192.0.2.3", IPCountry: "Germany", IPType: "DCH", FirstAccessedAt: 2000,
			PercentageObtained: "N/A", HighestResolution: "N/A", NetworkOwner: "Example Hosting",
		},
	}
}

func column(t *desk.AccessTable, c desk.Column) (out []string) {
	for i := range t.Len() {
		out = append(out, t.Cell(i, c))
	}
	return out
}

func TestAccessTableSorts(t *testing.T) {
	for _, c := range []struct {
		by   desk.Column
		want []string // addresses
	}{
		{desk.Country, []string{"192.0.2.2", "192.0.2.1", "192.0.2.3"}},
		{desk.Obtained, []string{"192.0.2.3", "192.0.2.1", "192.0.2.2"}},
		{desk.Resolution, []string{"192.0.2.3", "192.0.2.2", "192.0.2.1"}},
	} {
		table := desk.NewAccessTable(accesses())
		require.Equal(t, []string{"192.0.2.2", "192.0.2.3", "192.0.2.1"}, column(table, desk.Address), "by time to begin with")
		table.Sort(c.by)
		require.Equal(t, c.want, column(table, desk.Address))
		table.Sort(c.by)
		by, down := table.Sorted()
		require.Equal(t, c.by, by)
		require.True(t, down)
		require.Equal(t, c.want[0], table.Cell(2, desk.Address), "the other way round")
	}
}

func TestAccessTableFilters(t *testing.T) {
	table := desk.NewAccessTable(accesses())
	for words, want := range map[string][]string{
		"":            {"192.0.2.2", "192.0.2.3", "192.0.2.1"},
		"germany":     {"192.0.2.3", "192.0.2.1"},
		"GERMANY dch": {"192.0.2.3"},
		"hosting":     {"192.0.2.3"},
		"nowhere":     nil,
	} {
		table.Filter(desk.AccessFilter{Words: words})
		require.Equal(t, want, column(table, desk.Address), words)
		require.Equal(t, 3, table.All())
	}
}

func TestAccessTableAddsUpWhatItShows(t *testing.T) {
	const hour = 3600_000
	list := accesses()
	list[0].CountryCode, list[1].CountryCode, list[2].CountryCode = "DE", "FR", ""
	list[0].NetworkOwner, list[1].NetworkOwner = "Example Broadband", "Example Hosting"
	list[0].FirstAccessedAt, list[1].FirstAccessedAt, list[2].FirstAccessedAt = 100*hour, 101*hour, 101*hour
	table := desk.NewAccessTable(list)
	sum := table.Sum()
	require.Equal(t, map[int]int{276: 1, 250: 1}, sum.Countries)
	require.Equal(t, 1, sum.Unknown)
	require.Equal(t, 2, sum.Hosted)
	require.Equal(t, []desk.Counted{{Name: "Example Hosting", Count: 2, Hosted: true}, {Name: "Example Broadband", Count: 1}}, sum.Networks)
	require.Equal(t, []int{1, 2}, sum.Bars)
	require.EqualValues(t, 100*3600, sum.Begin.Unix())
	require.Equal(t, []desk.Counted{{Name: "Germany", Count: 2}, {Name: "France", Count: 1}}, table.Countries())
	require.Equal(t, []desk.Counted{{Name: "DCH", Count: 2}, {Name: "ISP", Count: 1}}, table.Types())
	require.Equal(t, "France", table.CountryOf(250))
	require.Empty(t, table.CountryOf(36))

	for _, c := range []struct {
		only desk.AccessFilter
		want int
	}{
		{desk.AccessFilter{Country: "Germany"}, 2},
		{desk.AccessFilter{Country: "Germany", Hosted: true}, 1},
		{desk.AccessFilter{Type: "ISP"}, 1},
		{desk.AccessFilter{Type: "ISP", Hosted: true}, 0},
	} {
		table.Filter(c.only)
		require.Equal(t, c.want, table.Len(), "%+v", c.only)
		require.Len(t, table.Sum().Bars, min(c.want, 2))
	}
}
