// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
)

// exhibit is one in which tag was found in a stretch of a title, in seconds; "" is none found.
func exhibit(tag, title string, from, to int64) engine.Exhibit {
	var x engine.Exhibit
	b := engine.Backtrace{Backtrace: storage.Backtrace{TitleID: title, Status: storage.Success, Verdict: storage.None}}
	if tag != "" {
		b.Verdict = storage.Found
		spans := fmt.Sprintf(`[{"from_ms":0,"to_ms":1,"title_from_ms":%d,"title_to_ms":%d}]`, 1000*from, 1000*to)
		b.Findings = []storage.Finding{{TagText: tag, Spans: json.RawMessage(spans)}}
	}
	x.Backtraces = []engine.Backtrace{b}
	return x
}

func laidOut(list []engine.Exhibit, by desk.Order) (out []string) {
	for _, r := range desk.Arrange(list, by, func(id string) string { return "title " + id }, "none") {
		if r.Heading != "" {
			out = append(out, fmt.Sprintf("%s (%d)", r.Heading, r.Count))
		} else {
			out = append(out, fmt.Sprint(r.Exhibit))
		}
	}
	return out
}

func TestExhibitsAreLaidOut(t *testing.T) {
	list := []engine.Exhibit{
		exhibit("", "", 0, 0), exhibit("bob", "T", 10, 20), exhibit("alice", "T", 15, 30), exhibit("bob", "T", 60, 70), {},
	}
	for by, want := range map[desk.Order][]string{
		desk.AsTheyCame:  {"0", "1", "2", "3", "4"},
		desk.ByRecipient: {"bob (2)", "1", "3", "alice (1)", "2", "none (2)", "0", "4"},
		desk.ByStretch:   {"title T, 0:00:10.0 – 0:00:30.0 (2)", "1", "2", "title T, 0:01:00.0 – 0:01:10.0 (1)", "3", "none (2)", "0", "4"},
		desk.ByAnswer:    {"found (3)", "1", "2", "3", "none (2)", "0", "4"},
	} {
		require.Equal(t, want, laidOut(list, by), "order %d", by)
	}
}

func TestEveryExhibitIsLaidOutOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []engine.Exhibit
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			from := rapid.Int64Range(0, 100).Draw(t, "from")
			list = append(list, exhibit(rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "tag"),
				rapid.SampledFrom([]string{"", "T", "U"}).Draw(t, "title"), from, from+rapid.Int64Range(0, 30).Draw(t, "length")))
		}
		by := desk.Order(rapid.IntRange(0, int(desk.Orders)-1).Draw(t, "by"))
		seen := map[int]bool{}
		under := 0
		for _, r := range desk.Arrange(list, by, func(id string) string { return id }, "none") {
			if r.Heading != "" {
				require.Zero(t, under, "the heading before promised more")
				under = r.Count
				continue
			}
			require.False(t, seen[r.Exhibit])
			seen[r.Exhibit] = true
			under--
		}
		require.Len(t, seen, len(list))
	})
}

func TestClock(t *testing.T) {
	require.Equal(t, "1:02:03.5", desk.Clock(3_723_456))
}
