// SPDX-License-Identifier: AGPL-3.0-or-later

package access_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine/access"
)

const (
	w3cHead = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
	cfHead  = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status " +
		"cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol " +
		"cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version " +
		"fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type " +
		"sc-content-len sc-range-start sc-range-end\n"
)

// samples has one log of each format, all of the same request.
func samples() map[string]string {
	return map[string]string{
		"combined": `81.2.69.142 - bob [01/Mar/2026:19:15:24 +0100] "GET /vod/film.mp4?autograph_tag=alice HTTP/1.1" 200 1000 "-" ` +
			`"Mozilla/5.0 (X11; Linux) \x22q\x22"`,
		"combined-forwarded": `81.2.69.142 - - [01/Mar/2026:19:15:24 +0100] "GET /vod/film.mp4?autograph_tag=alice HTTP/1.1" 200 1000 "-" ` +
			`"Mozilla/5.0 (X11; Linux) \"q\"" "-"`,
		"combined-language": `81.2.69.142 - - [01/Mar/2026:18:15:24 +0000] "GET /vod/film.mp4?autograph_tag=alice HTTP/1.1" 200 1000 "-" ` +
			`"Mozilla/5.0 (X11; Linux) \"q\"" "de-DE,de;q=0.9"`,
		"combinedio": `81.2.69.142 - - [01/Mar/2026:18:15:24 +0000] "GET /vod/film.mp4?autograph_tag=alice HTTP/1.1" 200 1000 "-" ` +
			`"Mozilla/5.0 (X11; Linux) \"q\"" 300 1400`,
		"vhost-combined": `cdn.example.com:443 81.2.69.142 - - [01/Mar/2026:18:15:24 +0000] "GET /vod/film.mp4?autograph_tag=alice HTTP/1.1" ` +
			`200 1000 "-" "Mozilla/5.0 (X11; Linux) \"q\""`,
		"common": `81.2.69.142 - - [01/Mar/2026:18:15:24 +0000] "GET /vod/film.mp4?autograph_tag=alice HTTP/1.1" 200 1000`,
		"w3c": w3cHead + "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status sc-bytes c-port cs(User-Agent)\n" +
			`2026-03-01 18:15:24 81.2.69.142 GET /vod/film.mp4 autograph_tag=alice 200 1512 50123 Mozilla/5.0+(X11;+Linux)+"q"`,
		"cloudfront": cfHead + "2026-03-01\t18:15:24\tFRA56-P4\t1400\t81.2.69.142\tGET\td1.cloudfront.net\t/vod/film.mp4\t200\t-\t" +
			"Mozilla/5.0%20(X11;%20Linux)%20%22q%22\tautograph_tag=alice\t-\tHit\treq1\tcdn\thttps\t300\t0.1\t-\tTLSv1.3\tx\tHit\t" +
			"HTTP/2.0\t-\t-\t50123\t0.1\tHit\tvideo/mp4\t1000\t-\t-",
		"cloudfront-realtime": "1772388924.000\t81.2.69.142\t0.1\t200\t1400\tGET\thttps\tcdn\t/vod/film.mp4\t300\tFRA\treq1\tcdn\t0.1\tHTTP/2.0\tIPv4\t" +
			"Mozilla/5.0%20(X11;%20Linux)%20%22q%22\t-\t-\tautograph_tag=alice\tHit\t-\tTLSv1.3\tx\tHit\t-\t-\tvideo/mp4\t1000\t-\t-\t50123\tHit\tGB\t-\t-\t*\t" +
			"Host:cdn%0AAccept-Language:de-DE,de;q=0.9%0A\tHost%0A\t2\t0.1\t0.1\t1234",
		"cloudflare": `{"ClientIP":"81.2.69.142","ClientSrcPort":50123,"ClientRequestMethod":"GET","ClientRequestURI":"/vod/film.mp4?autograph_tag=alice",` +
			`"EdgeStartTimestamp":1772388924000000000,"EdgeResponseStatus":200,"EdgeResponseBytes":1400,"EdgeResponseBodyBytes":1000,"RayID":"r1",` +
			`"ClientRequestUserAgent":"Mozilla/5.0 (X11; Linux) \"q\"","RequestHeaders":{"Accept-Language":"de-DE,de;q=0.9"}}`,
		"akamai": `{"version":"1","cliIP":"81.2.69.142","reqTimeSec":"1772388924.000","reqMethod":"GET","reqPath":"/vod/film.mp4","queryStr":"autograph_tag=alice",` +
			`"statusCode":"200","bytes":"1000","totalBytes":"1400","UA":"Mozilla/5.0%20(X11;%20Linux)%20%22q%22","accLang":"de-DE,de;q=0.9","reqId":"1"}`,
		"fastly": `{"timestamp":"2026-03-01T18:15:24+0000","client_ip":"81.2.69.142","url":"/vod/film.mp4?autograph_tag=alice","request_method":"GET",` +
			`"response_status":200,"bytes":1000,"request_user_agent":"Mozilla/5.0 (X11; Linux) \"q\""}`,
	}
}

func TestEachFormatIsFoundAndReadAlike(t *testing.T) {
	logs := samples()
	require.Len(t, logs, len(access.Formats()), "a format without a sample")
	for _, f := range access.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			log := logs[f.Name]
			require.NotEmpty(t, log)
			found, err := access.Detect(strings.NewReader(log), access.DefaultRules())
			require.NoError(t, err)
			require.Equal(t, f.Name, found.Format.Name)
			require.Len(t, found.Examples, 1)
			require.Equal(t, "alice", found.Examples[0].Tag)
			require.Equal(t, int64(1000), found.Examples[0].Bytes)

			// A file with and without a last line end, and with those of Windows.
			for _, ending := range []string{"", "\n", "\r\n"} {
				tally := scan(t, []byte(log+ending), f.Name, access.DefaultRules())
				require.Equal(t, int64(1), tally.Counts.Matched, "%+v", tally.Samples)
				row := rows(tally, access.Facts{Size: 2000})["alice"][0]
				require.Equal(t, "2026-03-01T18:15:24.000Z", millis(row.First))
				require.Equal(t, "81.2.69.142", row.Address.String())
				require.Equal(t, "no", row.StreamingOnly)
				require.Equal(t, "50%", row.Percentage)
				if f.Name != "common" {
					require.Equal(t, `Mozilla/5.0 (X11; Linux) "q"`, row.Agent)
				}
				if strings.Contains(log, "de-DE") {
					require.Equal(t, "de-DE,de;q=0.9", row.Language)
				}
				if strings.Contains(log, "50123") {
					require.Equal(t, uint16(50123), row.LastPort.Port)
				}
			}
		})
	}
}

func TestFormatsOfYourOwn(t *testing.T) {
	for name, c := range map[string]struct {
		custom access.Custom
		line   string
	}{
		"pattern": {
			access.Custom{Pattern: `^(?P<time>\S+) (?P<ip>\S+) (?P<status>\d+) (?P<bytes>\d+) (?P<url>\S+)$`},
			"2026-03-01T18:15:24Z 81.2.69.142 200 1000 /vod/film.mp4?autograph_tag=alice",
		},
		"json paths": {
			access.Custom{Paths: map[string]string{"who.addr": "ip", "when": "timestamp", "http.url": "url", "http.code": "status", "n": "bytes"}},
			`{"who":{"addr":"81.2.69.142"},"when":1772388924,"http":{"url":"/vod/film.mp4?autograph_tag=alice","code":200},"n":"1000"}`,
		},
		"akamai delimited": {
			access.Custom{Fields: strings.Split("streamId cliIP reqTimeSec reqMethod reqPath queryStr statusCode bytes", " "), Delimiter: " ", Writing: "percent"},
			"9 81.2.69.142 1772388924.000 GET /vod/film.mp4 autograph_tag=alice 200 1000",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := c.custom.Format("mine")
			require.NoError(t, err)
			tally := scanWith(t, []byte(c.line), f, access.DefaultRules(), access.ScanOptions{})
			require.Equal(t, int64(1), tally.Counts.Matched, "%+v", tally.Samples)
			row := rows(tally, access.Facts{Size: 1000})["alice"][0]
			require.Equal(t, "2026-03-01T18:15:24.000Z", millis(row.First))
			require.Equal(t, "100%", row.Percentage)
		})
	}
	for name, bad := range map[string]access.Custom{
		"nothing":     {},
		"both":        {Pattern: "x", Fields: []string{"ip"}},
		"not a regex": {Pattern: "("},
		"no address":  {Pattern: `(?P<timestamp>.*) (?P<url>.*)`},
		"no time":     {Fields: []string{"ip", "url"}},
		"no path":     {Paths: map[string]string{"a": "ip", "b": "timestamp"}},
		"delimiter":   {Fields: []string{"ip", "timestamp", "url"}, Delimiter: "::"},
		"writing":     {Fields: []string{"ip", "timestamp", "url"}, Writing: "rot13"},
		"no such":     {Paths: map[string]string{"a": "ip", "b": "timestamp", "c": "url", "d": "colour"}},
	} {
		_, err := bad.Format("mine")
		require.Error(t, err, name)
	}
}

func TestFieldsMayChangeWithinAFile(t *testing.T) {
	log := w3cHead + "2026-03-01 18:15:24 81.2.69.142 GET /a.mp4\n" +
		"#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status sc-bytes\n" +
		"2026-03-01 18:15:24 81.2.69.142 GET /a.mp4 autograph_tag=alice 200 1512\n" +
		"#Fields: time date cs-uri-query c-ip cs-uri-stem sc-bytes sc-status\n" +
		"18:15:25 2026-03-01 autograph_tag=alice 81.2.69.143 /a.mp4 1512 200\n"
	tally := scan(t, []byte(log), "w3c", access.DefaultRules())
	require.Equal(t, int64(1), tally.Counts.Rejected[access.NoFields])
	require.Equal(t, int64(2), tally.Counts.Matched)
	require.Equal(t, int64(4), tally.Counts.Comments)
	require.Len(t, rows(tally, access.Facts{})["alice"], 2)
}

func TestWrongTimes(t *testing.T) {
	line := func(time string) string {
		return `81.2.69.142 - - [` + time + `] "GET /a.mp4?autograph_tag=alice HTTP/1.1" 200 1000 "-" "-"`
	}
	for time, want := range map[string]access.Reason{
		"01/Mar/2026:19:15:24 +0100":  "",
		"29/Feb/2024:23:59:60 +0000":  "",
		"29/Feb/2026:00:00:00 +0000":  access.BadTime,
		"00/Mar/2026:00:00:00 +0000":  access.BadTime,
		"01/Mrz/2026:00:00:00 +0000":  access.BadTime,
		"01/Mar/2026:24:00:00 +0000":  access.BadTime,
		"01/Mar/2026:19:15:24 +9900":  access.BadTime,
		"01/Mar/2026:19:15:24":        "",
		"01/Mar/0001:00:00:00 +0000":  access.OddTime,
		"31/Dec/9999:23:59:59 +0000":  access.OddTime,
		"1772388924":                  access.BadTime,
		"01/Mar/2026:19:15:24 +0100 ": access.BadTime,
	} {
		tally := scan(t, []byte(line(time)), "combined", access.DefaultRules())
		if want == "" {
			require.Equal(t, int64(1), tally.Counts.Matched, time)
		} else {
			require.Equal(t, map[access.Reason]int64{want: 1}, tally.Counts.Rejected, time)
		}
	}
}

func TestWhatIsNoLogIsRefused(t *testing.T) {
	for name, data := range map[string][]byte{
		"binary": bytes.Repeat([]byte{0, 1, 2, 0xff}, 1000),
		"prose":  []byte("Dear Sir,\nplease find the log attached.\n"),
		"empty":  nil,
		"line":   []byte("\n"),
	} {
		_, err := access.Detect(bytes.NewReader(data), access.DefaultRules())
		require.Error(t, err, name)
	}
	_, err := access.Detect(bytes.NewReader([]byte("\x00\x01\n\x00")), access.DefaultRules())
	require.ErrorIs(t, err, access.ErrBinary)
}

func FuzzFormats(f *testing.F) {
	for _, log := range samples() {
		f.Add([]byte(log))
	}
	f.Add([]byte(`1.2.3.4 - - [01/Mar/2026:19:15:24 +0100] "\x16\x03" 400 - "\\" "\"`))
	pattern, err := access.ParsePattern(`/(?P<tag>[^/]*)/(?P<file>.*)/(?P<rendition>[^/]*)/(?P<segment>\d*)`)
	require.NoError(f, err)
	rules := &access.Rules{Arguments: []string{"autograph_tag"}, Patterns: append(access.DefaultRules().Patterns, pattern)}
	f.Fuzz(func(t *testing.T, log []byte) {
		formats := access.Formats() // all of them are tried by Detect, one is followed through
		format := formats[len(log)%len(formats)]
		if found, err := access.Detect(bytes.NewReader(log), rules); err == nil {
			format = found.Format
		}
		tally := scanWith(t, log, format, rules, access.ScanOptions{Workers: 1})
		c := tally.Counts
		require.Equal(t, c.Lines, c.Matched+c.Waiting+c.Comments+c.UnmatchedLines()+c.RejectedLines())
		for _, list := range rows(tally, access.Facts{Size: 100, Length: 1000, Segment: 10}) {
			for _, row := range list {
				require.Regexp(t, `^(N/A|100%|[1-9]?[0-9]%)$`, row.Percentage)
				require.NotContains(t, row.Agent+row.Language, "\x1b")
			}
		}
	})
}
