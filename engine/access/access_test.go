// SPDX-License-Identifier: AGPL-3.0-or-later

package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/access"
)

const shared = "../../../shared/data/logs/"

func sharedLog(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(shared + name)
	if err != nil {
		t.Skip("the logs of ../shared are not here")
	}
	return data
}

// scan adds a whole log up.
func scan(t require.TestingT, log []byte, format string, rules *access.Rules) *access.Tally {
	f, ok := access.FormatByName(format)
	require.True(t, ok, format)
	return scanWith(t, log, f, rules, access.ScanOptions{})
}

func scanWith(t require.TestingT, log []byte, f access.Format, rules *access.Rules, o access.ScanOptions) *access.Tally {
	var sum *access.Tally
	o.Flush = func(tally *access.Tally, _ access.Place) error {
		if sum == nil {
			sum = tally
		} else {
			sum.Merge(tally)
		}
		return nil
	}
	require.NoError(t, access.Scan(context.Background(), bytes.NewReader(log), f, rules, o))
	return sum
}

// rows are the accesses of every tag.
func rows(tally *access.Tally, facts access.Facts) map[string][]access.Access {
	parts := map[string][]access.Keyed{}
	for key, part := range tally.Parts {
		parts[key.Tag] = append(parts[key.Tag], access.Keyed{Key: key, Part: part})
	}
	out := map[string][]access.Access{}
	for tag, list := range parts {
		out[tag] = access.Accesses(list, func(string) access.Facts { return facts })
	}
	return out
}

type session struct {
	SID, User, Title, IP, UA, First string
	FirstSegment                    int `json:"first_segment"`
	Segments                        int
}

func sessionRules(t *testing.T) *access.Rules {
	t.Helper()
	pattern, err := access.ParsePattern(`^/vod/(?P<file>[^/]+)/(?:(?P<rendition>\d+p)/)?(?:[AB]/seg_(?P<segment>\d+)\.)?`)
	require.NoError(t, err)
	return &access.Rules{Arguments: []string{"sid"}, Patterns: []*regexp.Regexp{pattern}}
}

func TestTheSameRequestsInTwoFormatsAreTheSameAccesses(t *testing.T) {
	nginx := sharedLog(t, "synthetic_hls_dash_nginx_combined.log")
	cloudfront := sharedLog(t, "synthetic_hls_dash_cloudfront.tsv")
	var truth []session
	require.NoError(t, json.Unmarshal(sharedLog(t, "synthetic_truth.json"), &truth))

	const segments = 60
	facts := access.Facts{Segments: segments}
	first := rows(scan(t, nginx, "combined", sessionRules(t)), facts)
	second := rows(scan(t, cloudfront, "cloudfront", sessionRules(t)), facts)
	for _, list := range [...]map[string][]access.Access{first, second} {
		for _, of := range list {
			for i := range of { // the one format has ports, the other has none
				of[i].Ports, of[i].LastPort = nil, access.PortSeen{}
			}
		}
	}
	require.Equal(t, first, second)
	require.Len(t, first, len(truth))
	for _, s := range truth {
		got := first[s.SID]
		require.Len(t, got, 1, s.SID)
		require.Equal(t, netip.MustParseAddr(s.IP), got[0].Address)
		require.Equal(t, s.UA, got[0].Agent)
		require.Equal(t, s.First, millis(got[0].First))
		require.Equal(t, fmt.Sprintf("%d%%", 100*s.Segments/segments), got[0].Percentage, s.SID)
		require.Equal(t, "yes", got[0].StreamingOnly)
		require.Equal(t, []string{s.Title}, got[0].Files)
		require.Contains(t, []string{"360p", "720p", "1080p"}, got[0].Resolution)
	}
}

func TestEveryLineOfAMalformedLogIsAccountedFor(t *testing.T) {
	log := sharedLog(t, "synthetic_malformed_nginx.log")
	tally := scan(t, log, "combined", sessionRules(t))
	c := tally.Counts
	lines := int64(bytes.Count(log, []byte{'\n'}))
	if !bytes.HasSuffix(log, []byte{'\n'}) {
		lines++
	}
	require.Equal(t, lines, c.Lines)
	require.Equal(t, lines, c.Matched+c.Waiting+c.UnmatchedLines()+c.RejectedLines())
	require.Positive(t, c.RejectedLines())
	for _, s := range tally.Samples {
		require.NotEmpty(t, s.Reason)
		require.Positive(t, s.Line)
		require.NotRegexp(t, `[\x00-\x1f]`, s.Text)
		t.Logf("line %d: %s: %.60s", s.Line, s.Reason, s.Text)
	}
}

func TestRealTraffic(t *testing.T) {
	log := sharedLog(t, "apache_combined_elastic_10k.log")
	tally := scan(t, log, "combined", access.DefaultRules())
	require.Equal(t, int64(10000), tally.Counts.Lines)
	require.Less(t, tally.Counts.RejectedLines(), int64(5))
	t.Logf("%+v", tally.Counts)
	for _, s := range tally.Samples {
		if s.Reason != access.NoTag {
			t.Logf("%+v", s)
		}
	}
}

func millis(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }
