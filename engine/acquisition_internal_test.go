// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func warcRecord(kind, address, date, body string) string {
	head := fmt.Sprintf("WARC/1.1\r\nWARC-Type: %s\r\nContent-Length: %d\r\n", kind, len(body))
	if address != "" {
		head += "WARC-Target-URI: " + address + "\r\nWARC-Date: " + date + "\r\n"
	}
	return head + "\r\n" + body + "\r\n\r\n"
}

func exhibitOf(content string) *storage.Evidence {
	sum := sha256.Sum256([]byte(content))
	return &storage.Evidence{FileName: "leak.mp4", SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content))}
}

func packed(t *testing.T, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		z := gzip.NewWriter(&b)
		_, err := z.Write([]byte(m))
		require.NoError(t, err)
		require.NoError(t, z.Close())
	}
	return b.String()
}

func TestReadWARC(t *testing.T) {
	video := strings.Repeat("video", 3000)
	records := []string{
		warcRecord("warcinfo", "", "", "software: wpull/2.0\r\noperator: J. Doe\r\n"),
		warcRecord("request", "https://cdn.example/v.mp4", "2026-05-03T14:05:06Z", "GET /v.mp4 HTTP/1.1\r\n\r\n"),
		warcRecord("response", "https://forum.example/t/7", "2026-05-03T14:05:00Z", "HTTP/1.1 200 OK\r\n\r\n<html>"),
		warcRecord("response", "https://cdn.example/v.mp4", "2026-05-03T14:05:06.25Z",
			"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n"+video),
	}
	for name, text := range map[string]string{
		"plain": strings.Join(records, ""), "gzip": packed(t, records...),
		"resource": records[0] + warcRecord("resource", "<https://cdn.example/v.mp4>", "2026-05-03T14:05:06.25Z", video),
	} {
		t.Run(name, func(t *testing.T) {
			a, err := readWARC(t.Context(), strings.NewReader(text), exhibitOf(video), false)
			require.NoError(t, err)
			require.Equal(t, []string{"https://cdn.example/v.mp4", "J. Doe", "wpull/2.0"}, []string{a.Address, a.CapturedBy, a.Tool})
			require.Equal(t, time.Date(2026, 5, 3, 14, 5, 6, 250e6, time.UTC), *a.CapturedAt)
		})
	}
	// An archive of something else says nothing, unless it is known to belong to the exhibit.
	a, err := readWARC(t.Context(), strings.NewReader(strings.Join(records, "")), exhibitOf("other"), false)
	require.NoError(t, err)
	require.Equal(t, &storage.Acquisition{}, a)
	a, err = readWARC(t.Context(), strings.NewReader(strings.Join(records, "")), exhibitOf("other"), true)
	require.NoError(t, err)
	require.Equal(t, "https://forum.example/t/7", a.Address)

	for name, text := range map[string]string{
		"empty": "", "text": "just text\n", "length": "WARC/1.0\r\nContent-Length: -5\r\n\r\n", "bad gzip": "\x1f\x8bxxxx",
		"no end": "WARC/1.0\r\n" + strings.Repeat("x: y\r\n", 100_000),
	} {
		a, err := readWARC(t.Context(), strings.NewReader(text), exhibitOf(video), true)
		if err == nil {
			require.Equal(t, &storage.Acquisition{}, a, name)
		}
	}
}

func TestReadInfoJSON(t *testing.T) {
	a, err := readInfoJSON(strings.NewReader(`{"webpage_url":"https://v.example/watch?v=1","extractor_key":"Vexample",
		"uploader":"ups\n\u202e","fulltitle":"A film","timestamp":1746281106,"epoch":1746290000.5,"_version":{"version":"2026.05.01"},"formats":[{"url":"x"}]}`))
	require.NoError(t, err)
	var got storage.Acquisition
	require.True(t, fill(&got, a, "leak.info.json"))
	require.Equal(t, []string{"https://v.example/watch?v=1", "Vexample", "A film", "yt-dlp 2026.05.01"},
		[]string{got.Address, got.Platform, got.Caption, got.Tool})
	require.NotContains(t, got.Uploader, "\n")
	require.Equal(t, time.Unix(1746281106, 0).UTC(), *got.PostedAt)
	require.Equal(t, time.Unix(1746290000, 500e6).UTC(), *got.CapturedAt)
	require.Equal(t, "leak.info.json", got.FilledFrom["uploader"])

	a, err = readInfoJSON(strings.NewReader(`{"uploader":7,"channel":"c","upload_date":"20260503","timestamp":-1,"epoch":1e99}`))
	require.NoError(t, err)
	require.Equal(t, "c", a.Uploader)
	require.Equal(t, time.Date(2026, 5, 3, 0, 0, 0, 0, time.UTC), *a.PostedAt)
	require.Nil(t, a.CapturedAt)
	for _, text := range []string{"", "[]", "{}", `{"uploader":7}`, "{", "null"} {
		_, err := readInfoJSON(strings.NewReader(text))
		require.Error(t, err, text)
	}
}

func FuzzWARC(f *testing.F) {
	f.Add([]byte(warcRecord("response", "http://a.example", "2026-05-03T14:05:00Z", "HTTP/1.1 200 OK\r\n\r\nvideo")), true)
	f.Add([]byte(warcRecord("warcinfo", "", "", "software: x\r\n")), false)
	f.Fuzz(func(t *testing.T, text []byte, belongs bool) {
		a, err := readWARC(t.Context(), bytes.NewReader(text), exhibitOf("video"), belongs)
		if err == nil {
			requireRecordable(t, a)
		}
	})
}

func FuzzInfoJSON(f *testing.F) {
	f.Add([]byte(`{"webpage_url":"x","timestamp":1,"upload_date":"20260101","_version":{"version":"v"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := readInfoJSON(bytes.NewReader(text))
		if err == nil {
			requireRecordable(t, a)
		}
	})
}

// requireRecordable checks that what was read out of a hostile file fits into a report line.
func requireRecordable(t *testing.T, a *storage.Acquisition) {
	t.Helper()
	var got storage.Acquisition
	fill(&got, a, "x")
	for name, field := range fields(&got) {
		require.LessOrEqual(t, len(*field), 1000, name)
		require.Equal(t, *field, oneLine(*field), name)
		require.NotContains(t, *field, "\n")
	}
}
