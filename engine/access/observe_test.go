// SPDX-License-Identifier: AGPL-3.0-or-later

package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/access"
)

// TestWhatIsPointedOut has each pattern once just there and once just not.
func TestWhatIsPointedOut(t *testing.T) {
	const minute = int64(time.Minute / time.Millisecond)
	at := func(country string, first, last int64) access.Seen {
		return access.Seen{Access: access.Access{First: first, Last: last}, Shown: "192.0.2.1", Country: country}
	}
	whole := at("", 0, 39*minute)
	whole.Percentage, whole.Requests, whole.Covered = "100%", 600, 60*minute
	slower := whole
	slower.Last = 41 * minute
	partly := whole
	partly.Percentage = "99%"
	many := make([]string, 100)
	for i := range many {
		many[i] = "t" + strings.Repeat("x", i)
	}
	for name, c := range map[string]struct {
		seen []access.Seen
		want string // "" nothing
	}{
		"nothing":        {[]access.Seen{{Shown: "192.0.2.1", Network: "ISP", TagsOfClient: []string{"alice"}, TagsOfAddress: []string{"alice"}}}, ""},
		"hosting":        {[]access.Seen{{Shown: "192.0.2.1", Network: "DCH", Owner: "Servers Ltd"}}, "192.0.2.1 (Servers Ltd) is in a hosting network"},
		"anonymizer":     {[]access.Seen{{Shown: "192.0.2.1", Anonymizers: []string{"VPN", "Tor exit"}}}, "hides where its user is: VPN, Tor exit"},
		"client":         {[]access.Seen{{Shown: "192.0.2.1", TagsOfClient: []string{"alice", "bob"}}}, "with 2 tags (others: bob)"},
		"address":        {[]access.Seen{{Shown: "192.0.2.1", TagsOfAddress: many}}, "with 100+ tags (others: t, tx, txx, txxx, txxxx, ...)"},
		"fast":           {[]access.Seen{whole}, "fetched the whole title, 1h0m0s long, within 39m0s: faster than it plays"},
		"fast enough":    {[]access.Seen{slower}, ""},
		"fast, in part":  {[]access.Seen{partly}, ""},
		"two countries":  {[]access.Seen{at("France", 0, 0), at("Spain", minute, minute)}, ""},
		"countries":      {[]access.Seen{at("France", 0, 0), at("Spain", minute, minute), at("Italy", 60*minute, 60*minute)}, "3 countries: France, Italy, Spain"},
		"over an hour":   {[]access.Seen{at("France", 0, 0), at("Spain", minute, minute), at("Italy", 61*minute, 61*minute)}, ""},
		"not known from": {[]access.Seen{at("N/A", 0, 0), at("", 0, 0), at("Italy", 0, 0)}, ""},
	} {
		got := access.Observe("alice", c.seen)
		if c.want == "" {
			require.Empty(t, got, name)
			continue
		}
		require.Len(t, got, 1, name)
		require.Contains(t, got[0].Text, c.want, name)
		require.NotContains(t, got[0].Text, "leaked", "words, not verdicts")
	}
	crowd := make([]access.Seen, 80)
	for i := range crowd {
		crowd[i] = access.Seen{Shown: "192.0.2.1", Network: "DCH"}
	}
	got := access.Observe("alice", crowd)
	require.Len(t, got, 51)
	require.Equal(t, "and 30 more of these kinds", got[50].Text)
}
