// SPDX-License-Identifier: AGPL-3.0-or-later

package access_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spoor/engine/access"
)

func TestRunsAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runs access.Runs
		want := map[int64]int32{}
		for range rapid.IntRange(0, 40).Draw(t, "stretches") {
			from := rapid.Int64Range(0, 60).Draw(t, "from")
			to := from + rapid.Int64Range(0, 12).Draw(t, "length")
			value := rapid.Int32Range(0, 2).Draw(t, "value")
			require.True(t, runs.Add(from, to, value))
			for i := from; i < to; i++ {
				want[i] = max(want[i], value)
			}
		}
		var sum, below int64
		known := len(want) > 0
		for n, v := range want {
			sum += int64(v)
			known = known && v > 0
			if n < 30 {
				below++
			}
		}
		require.Equal(t, int64(len(want)), runs.Count())
		require.Equal(t, below, runs.Within(30))
		got, all := runs.Sum(0)
		require.Equal(t, sum, got)
		require.Equal(t, known, all)

		text, err := json.Marshal(runs)
		require.NoError(t, err)
		var again access.Runs
		require.NoError(t, json.Unmarshal(text, &again))
		require.Equal(t, runs, again)
		before := runs.Count()
		require.True(t, runs.Merge(again))
		require.Equal(t, before, runs.Count())
	})
}

func TestDamagedRunsAreRefused(t *testing.T) {
	for _, text := range []string{`[[5,2,0]]`, `[[-1,2,0]]`, `[[0,1,-4]]`, `{}`, `[[0,1,99999999999]]`} {
		var runs access.Runs
		require.Error(t, json.Unmarshal([]byte(text), &runs), text)
	}
}

// drawLog draws lines of a log: clients, tags, ranges, segments, statuses as they come.
func drawLog(t *rapid.T) []string {
	statuses := []int{200, 200, 206, 206, 304, 404, 0, 499, 503}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		path, query := "/film.mp4", ""
		if rapid.Bool().Draw(t, "stream") {
			path = fmt.Sprintf("/vod/film/%dp/seg_%d.m4s", rapid.SampledFrom([]int{360, 720}).Draw(t, "height"), rapid.IntRange(0,
				30).Draw(t, "segment"))
			if rapid.Bool().Draw(t, "cmcd") {
				query = "CMCD=" + fmt.Sprintf("br%%3D%d%%2Cd%%3D%d%%2Csid%%3D%%22s%d%%22", rapid.IntRange(100, 900).Draw(t, "br"),
					rapid.IntRange(1, 4000).Draw(t, "d"), rapid.IntRange(0, 3).Draw(t, "sid"))
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "tagged") > 0 {
			query += fmt.Sprintf("&autograph_tag=tag%d", rapid.IntRange(0, 2).Draw(t, "tag"))
		}
		from := rapid.Int64Range(0, 900).Draw(t, "from")
		status := rapid.SampledFrom(statuses).Draw(t, "status")
		rangeText := "-\t-"
		if status == 206 && rapid.Bool().Draw(t, "placed") {
			rangeText = fmt.Sprintf("%d\t%d", from, from+rapid.Int64Range(0, 300).Draw(t, "more"))
		}
		return fmt.Sprintf("2026-03-01\t18:%02d:%02d\t10.0.0.%d\t/%s\t%s\t%03d\t%d\t%s\t%d\tPlayer", rapid.IntRange(0, 59).Draw(t,
			"minute"),
			rapid.IntRange(0, 59).Draw(t, "second"), rapid.IntRange(1, 3).Draw(t, "client"), strings.TrimPrefix(path, "/"),
			strings.TrimPrefix(query, "&"), status,
			rapid.Int64Range(0, 1400).Draw(t, "bytes"), rangeText, rapid.IntRange(1024, 1060).Draw(t, "port"))
	}), 1, 60).Draw(t, "log")
}

const drawnHead = "#Fields: date time c-ip cs-uri-stem cs-uri-query sc-status sc-bytes sc-range-start sc-range-end c-port cs(User-Agent)\n"

func TestOrderAndRepetitionNeverChangeTheResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := drawLog(t)
		facts := access.Facts{Size: 1000, Length: 60_000, Segment: 2000}
		add := func(lines []string) map[string][]access.Access {
			return rows(scan(t, []byte(drawnHead+strings.Join(lines, "\n")), "w3c", access.DefaultRules()), facts)
		}
		want := add(log)
		for _, list := range want {
			for _, row := range list {
				require.Regexp(t, `^(N/A|100%|[1-9]?[0-9]%)$`, row.Percentage)
				require.LessOrEqual(t, row.First, row.Last)
			}
		}
		shuffled := slices.Clone(log)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		require.Equal(t, want, add(shuffled), "shuffled")
		require.Equal(t, want, add(append(shuffled, log...)), "twice")

		// Two files that overlap.
		cut := rapid.IntRange(0, len(log)).Draw(t, "cut")
		over := rapid.IntRange(0, cut).Draw(t, "over")
		first := scan(t, []byte(drawnHead+strings.Join(log[:cut], "\n")), "w3c", access.DefaultRules())
		second := scan(t, []byte(drawnHead+strings.Join(shuffled, "\n")), "w3c", access.DefaultRules())
		third := scan(t, []byte(drawnHead+strings.Join(log[over:], "\n")), "w3c", access.DefaultRules())
		third.Merge(first)
		third.Merge(second)
		require.Equal(t, want, rows(third, facts), "overlapping")
	})
}

func TestPercentages(t *testing.T) {
	const title = 10_000
	w3c := func(status, sent int, from, to string) string {
		return fmt.Sprintf("2026-03-01 18:15:24 1.2.3.4 /film.mp4 autograph_tag=a %d %d %s %s 1024 P\n", status, sent, from, to)
	}
	for name, c := range map[string]struct {
		log  string
		size int64
		want string
	}{
		"nothing sent":            {w3c(404, 900, "-", "-"), title, "0%"},
		"one byte":                {w3c(206, 513, "0", "0"), title, "1%"},
		"rounded down":            {w3c(206, 512+1999, "0", "1998"), title, "19%"},
		"two halves":              {w3c(206, 5512, "0", "4999") + w3c(206, 5512, "5000", "9999"), title, "100%"},
		"the same half twice":     {w3c(206, 5512, "0", "4999") + w3c(206, 5512, "0", "4999"), title, "50%"},
		"more than there is":      {w3c(200, 99999, "-", "-"), title, "100%"},
		"left early":              {w3c(0, 512+2500, "-", "-"), title, "25%"},
		"left early by nginx":     {w3c(499, 512+2500, "-", "-"), title, "25%"},
		"no place, all of it":     {w3c(206, 512+title, "-", "-"), title, "100%"},
		"no place, one answer":    {w3c(206, 512+4000, "-", "-"), title, "40%"},
		"no place, two answers":   {w3c(206, 512+4000, "-", "-") + w3c(206, 512+4001, "-", "-"), title, "N/A"},
		"size unknown":            {w3c(200, 5000, "-", "-"), 0, "N/A"},
		"sent less than promised": {w3c(206, 512+100, "0", "9999"), title, "1%"},
	} {
		got := rows(scan(t, []byte(drawnHead+c.log), "w3c", access.DefaultRules()), access.Facts{Size: c.size})["a"][0]
		require.Equal(t, c.want, got.Percentage, name)
		require.Equal(t, c.want == "N/A", len(got.Notes) > 0, name)
	}
	sampled := access.DefaultRules()
	sampled.Sampled = true
	got := rows(scan(t, []byte(drawnHead+w3c(200, title+512, "-", "-")), "w3c", sampled), access.Facts{Size: title})["a"][0]
	require.Equal(t, "N/A", got.Percentage)
	require.Contains(t, got.Notes[0], "sampled")
}

func TestCMCDTellsLengthsRenditionsAndSessions(t *testing.T) {
	line := func(second int, path, query string) string {
		return fmt.Sprintf(`1.2.3.4 - - [01/Mar/2026:18:15:%02d +0000] "GET %s?%s HTTP/2" 200 1000 "-" "P"`+"\n", second, path, query)
	}
	log := line(1, "/x/a/chunk-7.m4s", `CMCD=br%3D2900%2Cd%3D4004%2Cot%3Dv%2Csid%3D%22s1%22`) +
		line(2, "/x/a/chunk-8.m4s", `CMCD=br%3D3100%2Cd%3D4004%2Cot%3Dv%2Csid%3D%22s1%22`) +
		line(3, "/x/sound/chunk-9.m4s", `CMCD=br%3D128%2Cd%3D4004%2Cot%3Da%2Csid%3D%22s1%22`) +
		line(4, "/x/master.mpd", `CMCD=ot%3Dm%2Csid%3D%22s1%22&autograph_tag=carol`) +
		line(5, "/x/a/chunk-8.m4s", `CMCD=d%3D4004%2Csid%3D%22other%22`)
	tally := scan(t, []byte(log), "combined", access.DefaultRules())
	require.Equal(t, int64(1), tally.Counts.Matched)
	require.Equal(t, int64(4), tally.Counts.Waiting)
	require.Equal(t, map[access.Link]struct{}{{Session: "s1", Tag: "carol"}: {}}, tally.Links)
	var parts []access.Keyed
	for key, part := range tally.Parts {
		if key.Session == "s1" || key.Tag == "carol" {
			parts = append(parts, access.Keyed{Key: key, Part: part})
		}
	}
	facts := access.Facts{Length: 80_080, Renditions: []access.Rendition{{1000, 480}, {3000, 1080}}}
	got := access.Accesses(parts, func(string) access.Facts { return facts })
	require.Len(t, got, 1)
	require.Equal(t, "10%", got[0].Percentage)
	require.Equal(t, "1080p", got[0].Resolution)
	require.Equal(t, "yes", got[0].StreamingOnly)
	require.Equal(t, int64(8008), got[0].Covered)
	require.Equal(t, int64(4), got[0].Requests)
}

func TestRequestsAreCountedOnce(t *testing.T) {
	log := made(1000)
	tally := scan(t, bytes.Repeat(log, 4), "combined", access.DefaultRules())
	var n int64
	for _, part := range tally.Parts {
		count, exact := part.Requests.Count()
		require.True(t, exact)
		n += count
	}
	require.Equal(t, int64(1000), n)

	var sketch access.Sketch
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		sketch.Add(random.Uint64())
	}
	n, exact := sketch.Count()
	require.False(t, exact)
	require.InEpsilon(t, 100_000, n, 0.2)
	text, err := sketch.MarshalText()
	require.NoError(t, err)
	var again access.Sketch
	require.NoError(t, again.UnmarshalText(text))
	require.Equal(t, sketch, again)
	require.Error(t, again.UnmarshalText([]byte("AAA")))
	require.Error(t, again.UnmarshalText([]byte("!")))
}

func TestForwardedAddressesAreBelievedOfKnownProxiesOnly(t *testing.T) {
	line := func(client, forwarded string) string {
		return client + ` - - [01/Mar/2026:18:15:24 +0000] "GET /a.mp4?autograph_tag=a HTTP/1.1" 200 10 "-" "P" "` + forwarded + `"`
	}
	rules := access.DefaultRules()
	first := func(text string) string {
		return rows(scan(t, []byte(text), "combined-forwarded", rules), access.Facts{})["a"][0].Address.String()
	}
	require.Equal(t, "10.0.0.1", first(line("10.0.0.1", "8.8.8.8")))
	var err error
	rules.Proxies, err = access.ParseProxies([]string{"10.0.0.0/8", "192.0.2.1"})
	require.NoError(t, err)
	require.Equal(t, "8.8.8.8", first(line("10.0.0.1", "8.8.8.8")))
	require.Equal(t, "8.8.8.8", first(line("::ffff:10.0.0.1", "9.9.9.9, 8.8.8.8, 192.0.2.1")))
	require.Equal(t, "9.9.9.9", first(line("9.9.9.9", "8.8.8.8")), "not a proxy")
	require.Equal(t, "10.0.0.1", first(line("10.0.0.1", "unknown")))
	_, err = access.ParseProxies([]string{"nonsense"})
	require.Error(t, err)
}

func TestTagsAreDecodedAndChecked(t *testing.T) {
	line := `1.2.3.4 - - [01/Mar/2026:18:15:24 +0000] "GET /a.mp4?x=1&autograph_tag=%s HTTP/1.1" 200 10 "-" "P"`
	for in, want := range map[string]string{
		"alice": "alice", "Alice%2C+Acme%20Ltd": "Alice, Acme Ltd", "%E6%BC%A2": "漢", "=cmd%7Cx": "=cmd|x", "100%": "100%",
	} {
		got := rows(scan(t, []byte(fmt.Sprintf(line, in)), "combined", access.DefaultRules()), access.Facts{})
		require.Contains(t, got, want)
	}
	for _, in := range []string{"a%00b", "a%1b[2J", "%ff", strings.Repeat("a", 257)} {
		got := scan(t, []byte(fmt.Sprintf(line, in)), "combined", access.DefaultRules())
		require.Equal(t, map[access.Reason]int64{access.BadTag: 1}, got.Counts.Unmatched, in)
	}
}
