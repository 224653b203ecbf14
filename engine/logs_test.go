// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/access"
	"spoor/storage"
)

// logFile writes a log.
func logFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func combinedLine(client string, minute, second int, target string, bytes int, agent string) string {
	return fmt.Sprintf("%s - - [01/Mar/2026:18:%02d:%02d +0000] \"GET %s HTTP/1.1\" 200 %d \"-\" \"%s\"\n", client, minute, second,
		target, bytes, agent)
}

func importLog(t testing.TB, e *engine.Engine, path string, m engine.LogMapping) engine.ImportedLog {
	t.Helper()
	got, err := e.ImportLog(t.Context(), engine.LogImport{Path: path, Mapping: m})
	require.NoError(t, err)
	return got
}

func accesses(t testing.TB, e *engine.Engine, tag string) engine.TagAccesses {
	t.Helper()
	got, err := e.Accesses(t.Context(), tag, "")
	require.NoError(t, err)
	for i := range got.AccessStats {
		got.AccessStats[i].Logs = nil // ids differ
	}
	return got
}

func TestAccessesOfAMarkedCopy(t *testing.T) {
	e, out := withTitle(t)
	orders := []engine.Order{{Tag: storage.Tag{Text: "alice"}, Out: filepath.Join(out, "alice.mp4")}}
	_, err := e.Mark(t.Context(), engine.MarkOptions{Title: "small", Orders: orders, Encoder: fast()})
	require.NoError(t, err)
	st, err := os.Stat(filepath.Join(out, "alice.mp4"))
	require.NoError(t, err)
	log := combinedLine("8.8.8.8", 1, 0, "/dl/alice.mp4?autograph_tag=alice", int(st.Size()/2)-1, "curl/8") +
		combinedLine("10.0.0.7", 2, 0, "/dl/alice.mp4?autograph_tag=alice", int(st.Size()), "=cmd|' /C calc'!A0")
	importLog(t, e, logFile(t, "a.log", log), engine.LogMapping{})
	got := accesses(t, e, "alice").AccessStats
	require.Len(t, got, 2)
	require.Equal(t, "49%", got[0].PercentageObtained, "half of it, rounded down")
	require.Equal(t, "United States", got[0].IPCountry)
	require.Equal(t, "180p", got[0].HighestResolution, "that of the title")
	require.Equal(t, "no", got[0].StreamingOnly)
	require.Equal(t, "N/A", got[0].AcceptLanguage)
	require.Equal(t, int64(1772388060000), got[0].FirstAccessedAt)
	require.Equal(t, "100%", got[1].PercentageObtained)
	require.Equal(t, "RSV", got[1].IPType)
}

func TestLogsInAnyOrderAndTwiceAreTheSame(t *testing.T) {
	var first, second strings.Builder
	for i := range 40 {
		line := combinedLine(fmt.Sprintf("81.2.69.%d", 1+i%3), i, i, fmt.Sprintf("/vod/film/%dp/seg_%d.ts?autograph_tag=tag%d",
			360+360*(i%2), i%17, i%2), 1000, "P")
		if i < 25 {
			first.WriteString(line)
		}
		if i > 15 {
			second.WriteString(line)
		}
	}
	a, b := logFile(t, "a.log", first.String()), logFile(t, "b.log", second.String())
	copied := logFile(t, "copied.log", first.String())
	facts := access.Facts{Segments: 17}
	var want engine.TagAccesses
	for i, order := range [][]string{{a, b}, {b, a}, {a, a, b, copied, b, a}} {
		e := open(t)
		for n, path := range order {
			got := importLog(t, e, path, engine.LogMapping{})
			require.Equal(t, n == 1 && order[0] == order[1] || n > 2, got.Known, "the same content under any name")
		}
		require.NoError(t, e.SetLogFile(t.Context(), "film", "", facts))
		got := accesses(t, e, "tag1")
		if i == 0 {
			want = got
			require.Len(t, got.AccessStats, 3)
			require.Equal(t, "720p", got.AccessStats[0].HighestResolution)
			require.NotEqual(t, "N/A", got.AccessStats[0].PercentageObtained)
		}
		require.Equal(t, want, got)
	}
}

func TestAStoppedImportGoesOnWhereItStopped(t *testing.T) {
	var log strings.Builder
	for i := range 60_000 {
		log.WriteString(combinedLine("81.2.69.1", i%60, i%60, fmt.Sprintf("/vod/film/720p/seg_%d.ts?autograph_tag=alice", i%999), 1000,
			"P"))
	}
	path := filepath.Join(t.TempDir(), "big.log.gz")
	f, err := os.Create(path)
	require.NoError(t, err)
	g := gzip.NewWriter(f)
	_, err = g.Write([]byte(log.String()))
	require.NoError(t, errors.Join(err, g.Close(), f.Close()))

	whole := open(t)
	want := importLog(t, whole, path, engine.LogMapping{})
	require.Equal(t, int64(60_000), want.Counts.Matched)

	e := open(t)
	stopped := errors.New("stopped")
	stopAt := func(stage string, again bool) []engine.ImportedLog {
		ctx, cancel := context.WithCancelCause(t.Context())
		_, err = e.ImportLog(ctx, engine.LogImport{Path: path, Again: again, Report: func(p engine.Progress) {
			if strings.HasPrefix(p.Stage, stage) {
				cancel(stopped)
			}
		}})
		require.ErrorIs(t, err, stopped)
		logs, err := e.Logs(t.Context(), storage.Page{})
		require.NoError(t, err)
		return logs
	}
	require.Empty(t, stopAt("taking", false), "before the vault has the log nothing of it is kept")
	require.Equal(t, want.Counts, importLog(t, e, path, engine.LogMapping{}).Counts)
	logs := stopAt("reading", true) // from the vault, where it is by now
	require.Len(t, logs, 1)
	require.Equal(t, storage.LogPartial, logs[0].State)
	require.Less(t, logs[0].Counts.Lines, int64(60_000))
	got := importLog(t, e, path, engine.LogMapping{})
	require.True(t, got.Resumed)
	require.Equal(t, want.Counts, got.Counts)
	require.Equal(t, accesses(t, whole, "alice"), accesses(t, e, "alice"))
}

func TestALogReadOnItsWayIntoTheVaultTellsTheSame(t *testing.T) {
	var log strings.Builder
	for i := range 30_000 {
		log.WriteString(combinedLine(fmt.Sprintf("81.2.%d.%d", i%5, i%7), i%60, i%60, fmt.Sprintf("/vod/film/720p/seg_%d.ts?autograph_tag=alice",
			i%999), 1000, "P"))
	}
	var packed bytes.Buffer
	g := gzip.NewWriter(&packed)
	_, err := g.Write([]byte(log.String()))
	require.NoError(t, errors.Join(err, g.Close()))
	cut := packed.String()[:packed.Len()*2/3]
	for name, path := range map[string]string{
		"plain": logFile(t, "a.log", log.String()), "gzip": logFile(t, "a.log.gz", packed.String()), "cut off": logFile(t, "b.log.gz", cut),
		"no last line end": logFile(t, "c.log", strings.TrimSpace(log.String())),
	} {
		for _, inPlace := range []bool{false, true} {
			e := open(t)
			in := engine.LogImport{Path: path, InPlace: inPlace}
			first, err := e.ImportLog(t.Context(), in)
			require.NoError(t, err, name)
			want := accesses(t, e, "alice")
			in.Again = true // from the vault
			again, err := e.ImportLog(t.Context(), in)
			require.NoError(t, err, name)
			require.Equal(t, []any{first.Counts, first.Samples, first.State, first.Damage},
				[]any{again.Counts, again.Samples, again.State, again.Damage}, name)
			require.Equal(t, want, accesses(t, e, "alice"), name)
			require.Len(t, want.AccessStats, 35, name)
			require.Equal(t, name == "cut off", first.State == storage.LogDamaged)
		}
	}
}

func TestALogThatWasRemovedDoesNotComeBack(t *testing.T) {
	e := open(t)
	in := engine.LogImport{Path: logFile(t, "a.log", combinedLine("1.2.3.4", 1, 1, "/film.mp4?autograph_tag=alice", 10, "P"))}
	_, err := e.ImportLog(t.Context(), in)
	require.NoError(t, err)
	removed, err := e.PurgeLogs(t.Context(), -1)
	require.NoError(t, err)
	require.Len(t, removed, 1)
	again, err := e.ImportLog(t.Context(), in)
	require.NoError(t, err)
	require.True(t, again.Known)
	in.Again = true
	_, err = e.ImportLog(t.Context(), in)
	require.ErrorContains(t, err, "cannot be taken back")
	require.Len(t, accesses(t, e, "alice").AccessStats, 1)
	entries, err := filepath.Glob(filepath.Join(e.Home(), "vault", "*", "*"))
	require.NoError(t, err)
	require.Empty(t, entries, "retention removed it, and no later import puts it back")
}

func TestMappingsAreKeptByName(t *testing.T) {
	e := open(t)
	var m engine.LogMapping
	require.NoError(t, m.AddPattern(`^(?P<ip>\S+) (?P<timestamp>\S+) (?P<url>\S+) (?P<status>\d+) (?P<bytes>\d+)$`))
	require.NoError(t, m.AddPattern(`^/get/(?P<tag>[^/]+)/`))
	require.NotNil(t, m.Custom)
	require.Len(t, m.Patterns, 1)
	require.NoError(t, e.SaveLogMapping(t.Context(), "mine", m))
	saved, err := e.LogMappings(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]engine.LogMapping{"mine": m}, saved)
	got := importLog(t, e, logFile(t, "x.log", "1.2.3.4 2026-03-01T18:15:24Z /get/bob/film.mp4 200 10\n"), saved["mine"])
	require.Equal(t, int64(1), got.Counts.Matched)
	require.Len(t, accesses(t, e, "bob").AccessStats, 1)

	require.Error(t, e.SaveLogMapping(t.Context(), "combined", m), "the name of a format")
	require.Error(t, m.AddPattern("("))
	require.Error(t, e.SaveLogMapping(t.Context(), "bad", engine.LogMapping{Patterns: []string{"(?P<nonsense>x)"}}))
	require.Error(t, e.SaveLogMapping(t.Context(), "bad", engine.LogMapping{Proxies: []string{"x"}}))
	require.Error(t, e.SaveLogMapping(t.Context(), "bad", engine.LogMapping{Format: "x"}))
}

func TestReadingALogAgainWithOtherRules(t *testing.T) {
	e := open(t)
	path := logFile(t, "a.log", combinedLine("1.2.3.4", 1, 1, "/film.mp4?who=carol", 10, "P"))
	require.Zero(t, importLog(t, e, path, engine.LogMapping{}).Counts.Matched)
	m := engine.LogMapping{Arguments: []string{"who"}}
	require.True(t, importLog(t, e, path, m).Known, "the same log changes nothing")
	got, err := e.ImportLog(t.Context(), engine.LogImport{Path: path, Mapping: m, Again: true})
	require.NoError(t, err)
	require.Equal(t, int64(1), got.Counts.Matched)
	require.Len(t, accesses(t, e, "carol").AccessStats, 1)
}

func TestWhatIsNoLogIsToldInWords(t *testing.T) {
	e := open(t)
	for name, c := range map[string]struct{ path, words string }{
		"missing": {filepath.Join(t.TempDir(), "none"), "no such file"},
		"folder":  {t.TempDir(), "is not a file"},
		"binary":  {logFile(t, "x", "\x00\x01\x02\n\x00"), "not a log"},
		"prose":   {logFile(t, "x", "hello\nworld\n"), "format of the log is not known"},
		"empty":   {logFile(t, "x", ""), "empty"},
		"gzip":    {logFile(t, "x", "\x1f\x8b\x08nonsense"), "damaged"},
	} {
		_, err := e.ImportLog(t.Context(), engine.LogImport{Path: c.path})
		require.ErrorContains(t, err, c.words, name)
	}
	logs, err := e.Logs(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Empty(t, logs)
}

func TestSettingsAreCheckedAndObeyed(t *testing.T) {
	e := open(t)
	importLog(t, e, logFile(t, "a.log", combinedLine("81.2.69.142", 1, 1, "/film.mp4?autograph_tag=alice", 10, "P")+
		combinedLine("2001:db8:1:2::3", 1, 2, "/film.mp4?autograph_tag=alice", 10, "P")), engine.LogMapping{})
	require.Equal(t, "81.2.69.142", accesses(t, e, "alice").AccessStats[0].IPAddress)
	require.NoError(t, e.SetSetting(t.Context(), engine.SettingAddresses, engine.AddressesCut))
	cut := accesses(t, e, "alice")
	require.Equal(t, "81.2.69.0/24", cut.AccessStats[0].IPAddress)
	require.Equal(t, "2001:db8:1::/48", cut.AccessStats[1].IPAddress)
	require.NotContains(t, observed(cut), "81.2.69.142")
	for name, value := range map[string]string{engine.SettingAddresses: "x", engine.SettingLogRetention: "-1", "colour": "red"} {
		require.Error(t, e.SetSetting(t.Context(), name, value))
	}

	removed, err := e.ApplyRetention(t.Context())
	require.NoError(t, err)
	require.Empty(t, removed, "never is the default")
	require.NoError(t, e.SetSetting(t.Context(), engine.SettingLogRetention, "0"))
	removed, err = e.ApplyRetention(t.Context())
	require.NoError(t, err)
	require.Len(t, removed, 1)
	require.Equal(t, cut, accesses(t, e, "alice"), "what it adds up to is kept")
}

func TestWhatStandsOutIsPointedOut(t *testing.T) {
	e := open(t)
	var log strings.Builder
	for i, client := range []string{"8.8.8.8", "81.2.69.142", "193.0.6.139"} { // United States, United Kingdom, Netherlands
		log.WriteString(combinedLine(client, 5*i, 0, "/film.mp4?autograph_tag=alice", 10, "P"))
	}
	log.WriteString(combinedLine("8.8.8.8", 30, 0, "/film.mp4?autograph_tag=bob", 10, "P"))
	log.WriteString(combinedLine("81.2.69.142", 30, 0, "/film.mp4?autograph_tag=carol", 10, "Q"))
	for i := range 20 {
		log.WriteString(combinedLine("9.9.9.9", 40, i, fmt.Sprintf("/vod/show/720p/seg_%d.ts?autograph_tag=dave", i), 10, "P"))
	}
	importLog(t, e, logFile(t, "a.log", log.String()), engine.LogMapping{})
	words := observed(accesses(t, e, "alice"))
	require.Contains(t, words, "the same client at 8.8.8.8 fetched copies with 2 tags (others: bob)")
	require.Contains(t, words, "from 81.2.69.142 copies with 2 tags (others: carol) were fetched, by different clients")
	require.Contains(t, words, "3 countries: Netherlands, United Kingdom, United States")
	require.NoError(t, e.SetLogFile(t.Context(), "show", "", access.Facts{Segments: 20, Length: 120_000}))
	require.Contains(t, observed(accesses(t, e, "dave")), "the whole title, 2m0s long, within 19s: faster than it plays")
}

func TestDatabasesOfAddresses(t *testing.T) {
	e := open(t)
	list, err := e.GeoIPDatabases()
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "PDDL-1.0", list[0].Licence)
	_, err = e.AddGeoIP(logFile(t, "x.mmdb", "nonsense"))
	require.ErrorContains(t, err, "not a MaxMind database")
	require.Error(t, e.RemoveGeoIP("../spoor.db"))
	require.Error(t, e.RemoveGeoIP("none.mmdb"))
	const test = "../shared/data/maxmind/GeoIP2-Enterprise-Test.mmdb"
	if _, err := os.Stat("../" + test); err != nil {
		t.Skip("the databases of ../shared are not here")
	}
	info, err := e.AddGeoIP("../" + test)
	require.NoError(t, err)
	list, err = e.GeoIPDatabases()
	require.NoError(t, err)
	require.Equal(t, info, list[0])
	require.NoError(t, e.RemoveGeoIP(info.File))
	list, err = e.GeoIPDatabases()
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func observed(got engine.TagAccesses) string {
	var words []string
	for _, o := range got.Observations {
		words = append(words, o.Text)
	}
	return strings.Join(words, "\n")
}
