// SPDX-License-Identifier: AGPL-3.0-or-later

package access_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"spoor/engine/access"
)

// TestEachMalformedLineHasItsReason goes through what is wrong in logs of this world: each line is used, or kept apart
// with its number and the reason.
func TestEachMalformedLineHasItsReason(t *testing.T) {
	const good = `81.2.69.142 - - [01/Mar/2026:18:15:24 +0000] "GET /a.mp4?autograph_tag=alice HTTP/1.1" 200 1000 "-" "P"`
	lines := []struct {
		line string
		why  access.Reason // "" it is used
	}{
		{good, ""},
		{"", access.Empty},
		{good[:40], access.BadShape},
		{good[:len(good)-2], access.BadShape},
		{strings.Repeat("A", 5000), access.BadShape},
		{strings.Replace(good, "81.2.69.142", "81.2.69.999", 1), access.BadAddress},
		{strings.Replace(good, "81.2.69.142", "viewer.example", 1), access.BadAddress},
		{strings.Replace(good, "Mar", "Foo", 1), access.BadTime},
		{strings.Replace(good, "2026", "0001", 1), access.OddTime},
		{strings.Replace(good, "2026", "9999", 1), access.OddTime},
		{strings.Replace(good, " 200 ", " 2OO ", 1), access.BadStatus},
		{strings.Replace(good, " 200 ", " 20000 ", 1), access.BadStatus},
		{strings.Replace(good, " 1000 ", " -7 ", 1), access.BadNumber},
		{strings.Replace(good, " 1000 ", " 99999999999999999999 ", 1), access.BadNumber},
		{strings.Replace(good, "GET /a.mp4?autograph_tag=alice HTTP/1.1", "\x16\x03\x01", 1), access.NoTag},
		{strings.Replace(good, "=alice", "=%00%1b[2J", 1), access.BadTag},
		{strings.Replace(good, "=alice", "="+strings.Repeat("x", 300), 1), access.BadTag},
		{strings.Replace(good, `"P"`, "\"\x1b]0;owned\a\u202e\xff\"", 1), ""},
		{strings.Replace(good, `"P"`, `"a\" 200 1 \"b"`, 1), ""},
		{good + "\x00", access.BadShape},
		{"::ffff:81.2.69.142" + good[len("81.2.69.142"):], ""},
	}
	var log strings.Builder
	want := map[access.Reason]int64{}
	numbers := map[int64]access.Reason{}
	for i, l := range lines {
		log.WriteString(l.line + "\n")
		if l.why != "" {
			want[l.why]++
			numbers[int64(i+1)] = l.why
		}
	}
	tally := scan(t, []byte(log.String()), "combined", access.DefaultRules())
	c := tally.Counts
	require.Equal(t, int64(len(lines)), c.Lines)
	require.Equal(t, int64(4), c.Matched)
	got := map[access.Reason]int64{}
	for _, reasons := range []map[access.Reason]int64{c.Rejected, c.Unmatched} {
		for why, n := range reasons {
			got[why] += n
		}
	}
	require.Equal(t, want, got)
	for _, s := range tally.Samples {
		require.Equal(t, numbers[s.Line], s.Reason, "line %d", s.Line)
		require.NotRegexp(t, `[\x00-\x1f\x7f]`, s.Text)
		delete(numbers, s.Line)
	}
	require.Empty(t, numbers, "each is shown, with its number")
	for _, row := range rows(tally, access.Facts{})["alice"] {
		require.NotRegexp(t, "[\\x00-\\x1f\\x7f\u202e]", row.Agent)
		require.Equal(t, "81.2.69.142", row.Address.String())
	}
}

// TestABzip2LogIsRead reads two files that bzip2 made and that were put together.
func TestABzip2LogIsRead(t *testing.T) {
	packed, err := base64.StdEncoding.DecodeString(
		"QlpoOTFBWSZTWavakGoAACBfgEAQUAv3coLCRAqv5tcAIAB0MaeggaaAGhkNGmmmhTSekxGgPUBoAABYg5DWstfTkLgkaY6UEDOFdjouE5lAM2IlRWpY2GJD" +
			"xRkNP6IwZAmgSezrxQiRKxbkU1/GjGOe5Dg1e8ZgVCppYk/QA/4u5IpwoSFXtSDUQlpoOTFBWSZTWRoUaBMAACBfgEAQUAv3coLCRAqv5tcAIAB0MZomgaaA" +
			"GhkNGmmmhTSekxGgNDRo0AAEiDjSLVdCfIXBMshTmYCuEdjomMpEANGIsqahI2kaaCQhZ/ZhmHmCaBZdnXihA0rFuVTX8aMY57kODV7yGBUKmyRJ+gB/xdyR" +
			"ThQkBoUaBMA=")
	require.NoError(t, err)
	stream, compression, _, err := access.Open(bytes.NewReader(packed))
	require.NoError(t, err)
	require.Equal(t, "bzip2", compression)
	plain, err := io.ReadAll(stream)
	require.NoError(t, err)
	row := rows(scan(t, plain, "combined", access.DefaultRules()), access.Facts{})["alice"][0]
	require.Equal(t, int64(2), row.Requests)
	require.Equal(t, "2026-03-01T18:15:25.000Z", millis(row.Last))
}

func TestAZstandardBombIsRefused(t *testing.T) {
	var bomb bytes.Buffer
	z, err := zstd.NewWriter(&bomb)
	require.NoError(t, err)
	_, err = io.Copy(z, &zeros{access.FreeBytes + (64 << 20)})
	require.NoError(t, err)
	require.NoError(t, z.Close())
	stream, _, _, err := access.Open(&bomb)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, stream)
	require.ErrorIs(t, err, access.ErrBomb)
	require.NoError(t, stream.Close())
}

// TestCMCDInHeadersAndOfVersionTwo reads what players say beside the query: headers that a log has as fields, and the lists of
// the second version.
func TestCMCDInHeadersAndOfVersionTwo(t *testing.T) {
	facts := access.Facts{Length: 40_000, Renditions: []access.Rendition{{1000, 480}, {3000, 1080}}}
	for name, c := range map[string]struct{ format, log string }{
		"headers of Cloudflare": {"cloudflare", `{"ClientIP":"1.2.3.4","ClientRequestMethod":"GET","ClientRequestURI":"/x/a/chunk-7.m4s?autograph_tag=a","EdgeStartTimestamp":1772388924,"EdgeResponseStatus":200,"EdgeResponseBytes":1400,"EdgeResponseBodyBytes":1000,` +
			`"RequestHeaders":{"CMCD-Object":"br=3000,d=4000,ot=v","CMCD-Session":"sid=\"s1\",sf=d,v=1"}}`},
		"fields of W3C": {"w3c", "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status sc-bytes cs(CMCD-Object) cs(CMCD-Session)\n" +
			`2026-03-01 18:15:24 1.2.3.4 GET /x/a/chunk-7.m4s autograph_tag=a 200 1512 br=3000,d=4000,ot=v sid="s1"`},
		"lists of version 2": {"combined", `1.2.3.4 - - [01/Mar/2026:18:15:24 +0000] "GET /x/a/chunk-7.m4s?autograph_tag=a&CMCD=v%3D2%2Cbr%3D%283000%3Bv%20128%3Ba%29%2Cd%3D4000%2Cot%3Dv%2Csta%3Dp%2Csid%3D%22s1%22%2Cnor%3D%28%22a%2Cb%22%29 HTTP/2" 200 1000 "-" "P"`},
	} {
		tally := scan(t, []byte(c.log), c.format, access.DefaultRules())
		require.Equal(t, map[access.Link]struct{}{{Session: "s1", Tag: "a"}: {}}, tally.Links, name)
		row := rows(tally, facts)["a"][0]
		require.Equal(t, "10%", row.Percentage, name)
		require.Equal(t, "1080p", row.Resolution, name)
		require.Equal(t, "yes", row.StreamingOnly, name)
	}
}

// FuzzOwnFormats reads lines by formats of one's own, with all the ways of finding a tag.
func FuzzOwnFormats(f *testing.F) {
	f.Add([]byte(`1.2.3.4 1772388924 /wmt:eyJhbGciOiAiSFMyNTYifQ.eyJ3bWlkIjogImFsaWNlIn0.AAAA/a.m4s?CMCD=sid%3D%22s%22,br%3D(1%202 200 5`), byte(0))
	f.Add([]byte(`{"who":{"addr":"1.2.3.4"},"when":1772388924,"url":"/v/t/f/720p/9","h":{"CMCD-Object":"ot=v"},"n":-1}`), byte(1))
	f.Add([]byte("1.2.3.4\t1772388924\t/x?cwt=0oRD\t200\tbytes=1-2/3"), byte(2))
	pattern, err := access.ParsePattern(`/(?P<tag>[^/]*)/(?P<file>.*)/(?P<rendition>[^/]*)/(?P<segment>\d*)`)
	require.NoError(f, err)
	rules := access.DefaultRules()
	rules.Patterns = append(rules.Patterns, pattern)
	rules.Proxies, err = access.ParseProxies([]string{"1.0.0.0/8"})
	require.NoError(f, err)
	var formats []access.Format
	for _, c := range []access.Custom{
		{Pattern: `^(?P<ip>\S+) (?P<time>\S+) (?P<url>\S+) (?P<status>\d+) (?P<bytes>\S+)`},
		{Paths: map[string]string{"who.addr": "ip", "when": "timestamp", "url": "url", "h": "cs-headers", "n": "bytes", "f": "forwarded"}},
		{Fields: []string{"ip", "timestamp", "url", "status", "range"}, Delimiter: `\t`, Writing: "percent"},
		{Fields: []string{"ip", "date", "time", "path", "query", "-", "cmcd"}, Delimiter: ",", Writing: "plus"},
	} {
		format, err := c.Format("own")
		require.NoError(f, err)
		formats = append(formats, format)
	}
	f.Fuzz(func(t *testing.T, log []byte, which byte) {
		tally := scanWith(t, log, formats[int(which)%len(formats)], rules, access.ScanOptions{Workers: 1})
		c := tally.Counts
		require.Equal(t, c.Lines, c.Matched+c.Waiting+c.Comments+c.UnmatchedLines()+c.RejectedLines())
		for tag, list := range rows(tally, access.Facts{Size: 100, Length: 1000, Segment: 10}) {
			require.NotRegexp(t, `[\x00-\x1f]`, tag)
			for _, row := range list {
				require.Regexp(t, `^(N/A|100%|[1-9]?[0-9]%)$`, row.Percentage)
			}
		}
	})
}
