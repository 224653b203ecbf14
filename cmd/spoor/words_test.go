// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine"
)

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain, é, 漢字, 🎬":     "plain, é, 漢字, 🎬",
		"a\x1b[31mb":          `a\x1b[31mb`,
		"line\nbreak\ttab":    `line\nbreak\ttab`,
		"bad\xffbyte":         `bad\xffbyte`,
		"turned\u202eround":   `turned\u202eround`,
		"\u009b2J":            `\u009b2J`,
		"\ufffd is a picture": "\ufffd is a picture",
		"sep\u2028arated":     `sep\u2028arated`,
	} {
		require.Equal(t, want, safe(in), "%q", in)
	}
	require.Equal(t, "one; two", words(errors.Join(errors.New("one"), errors.New("two"))))
}

func TestFields(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                 nil,
		"  -c:v libx264\t-crf 18 ":         {"-c:v", "libx264", "-crf", "18"},
		`-x265-params "a=b c" '' d\ e 'f'`: {"-x265-params", "a=b c", "", "d e", "f"},
		`"a\"b" '\'`:                       {`a"b`, `\`},
	} {
		got, err := fields(in)
		require.NoError(t, err)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{`"open`, `'open`, `end\`} {
		_, err := fields(in)
		require.Error(t, err, in)
	}
}

func TestBarFitsItsLine(t *testing.T) {
	require.Equal(t, "marking [##########..........]  50 %  1 min 05 s left",
		barLine(engine.Progress{Stage: "marking", Done: 5, Total: 10, Left: 65 * time.Second}, 80))
	require.Equal(t, "reading ...", barLine(engine.Progress{Stage: "reading", Done: 5}, 80))
	long := engine.Progress{Stage: "für \x1b[2J Alice", Done: 1, Total: 3, Left: 2 * time.Hour}
	for width := range 60 {
		require.LessOrEqual(t, len([]rune(barLine(long, width))), width)
	}
	var out bytes.Buffer
	b := &bar{w: &out, width: func() int { return 80 }}
	b.clear()
	require.Empty(t, out.String())
	b.show(engine.Progress{Stage: "a"})
	b.clear()
	b.clear()
	require.Equal(t, "\ra ...\x1b[K\r\x1b[K", out.String())
}

func TestWarningsAreSentencesAndSafe(t *testing.T) {
	var out bytes.Buffer
	term := &terminal{err: &out, bar: &bar{w: &out}}
	term.logger().With("file", "a\x1b").Warn("it is so", slog.Int("mode", 7))
	term.logger().Info("not this")
	require.Equal(t, "spoor: warning: it is so; file a\\x1b; mode 7\n", out.String())
	term.quiet = true
	term.logger().Warn("not this either")
	require.NotContains(t, out.String(), "not this")
}

func TestTimesAndNumbers(t *testing.T) {
	require.Equal(t, "1:02:03.5", clock(time.Hour+2*time.Minute+3*time.Second+460*time.Millisecond))
	require.Equal(t, "0:01:00.0", clock(59*time.Second+970*time.Millisecond))
	require.Equal(t, "1,234,567", grouped(1234567))
	require.Equal(t, "999", grouped(999))
	require.Equal(t, "3 h 07 min", left(3*time.Hour+7*time.Minute))
	require.Equal(t, "1 s", left(10*time.Millisecond))
}

func TestFindingWithoutAPlaceInTheTitle(t *testing.T) {
	var out bytes.Buffer
	showResult(&out, &terminal{}, &engine.TraceResult{
		Leak: "dir/l\x1beak.mp4", Verdict: "found", TagsCompared: 1000, Looks: 1, BestScore: 9.5, ThresholdLog10P: -9,
		Findings: []engine.TraceFinding{
			{Tag: "ali\u202ece", Log10P: -13, Score: 9.5, Weight: 0.75, Method: "blind", Spans: []engine.Span{{FromMS: 100, ToMS: 2000}}},
			{Tag: "bob", Log10P: -10, Score: 8, Weight: 0.25, Method: "blind"},
		},
	})
	text := out.String()
	require.Contains(t, text, `l\x1beak.mp4: found`)
	require.Contains(t, text, `ali\u202ece`)
	require.Contains(t, text, "fewer than 1 in 10^12 examinations, over the 1,000 IDs compared.\n    It identifies a copy, not a person.\n")
	require.Contains(t, text, "75 % of the evidence")
	require.Contains(t, text, "0:00:00.1 – 0:00:02.0 of the leak\n")
	require.Contains(t, text, "1 look,")
	for _, verdict := range []string{"marked", "inconclusive", "none", "failed"} {
		out.Reset()
		showResult(&out, &terminal{}, &engine.TraceResult{Leak: "x", Verdict: verdict})
		require.Contains(t, out.String(), verdictWords(verdict))
	}
}
