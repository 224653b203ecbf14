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
		table.Filter(words)
		require.Equal(t, want, column(table, desk.Address), words)
		require.Equal(t, 3, table.All())
	}
}
