// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
)

// found is a backtrace that names a tag, seen in stretches.
func found(t *testing.T, spans ...engine.Span) engine.Backtrace {
	t.Helper()
	raw, err := json.Marshal(spans)
	require.NoError(t, err)
	return engine.Backtrace{
		Backtrace: storage.Backtrace{TitleID: "title", Verdict: storage.Found, VideoMS: 60_000},
		Findings:  []storage.Finding{{TitleID: "title", TagText: "alice", Spans: raw}},
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func span(from, to, titleFrom, titleTo int64) engine.Span {
	return engine.Span{FromMS: from, ToMS: to, TitleFromMS: &titleFrom, TitleToMS: &titleTo}
}

func TestPairTellsThePlaceInTheTitle(t *testing.T) {
	b := found(t, span(0, 10_000, 100_000, 110_000), span(20_000, 30_000, 300_000, 320_000))
	for _, c := range []struct {
		name   string
		record engine.TraceRecord
		at     int // in the leak, seconds
		want   int // in the title
	}{
		{"in a stretch", engine.TraceRecord{}, 5, 105},
		{"at twice the speed", engine.TraceRecord{}, 25, 310},
		{"behind the nearest one", engine.TraceRecord{}, 12, 112},
		{"behind the last one", engine.TraceRecord{}, 31, 322},
		{
			"between them, by the clock of where it was laid over the title",
			engine.TraceRecord{Sights: []engine.Sight{{Title: "other", Speed: 9}, {Title: "title", LeakMS: 1000, TitleMS: 101_000, Speed: 1}}},
			15, 115,
		},
	} {
		p, ok := desk.NewPair(&b, &c.record)
		require.True(t, ok)
		got, ok := p.Title(seconds(c.at))
		require.True(t, ok, c.name)
		require.Equal(t, seconds(c.want), got, c.name)
	}
}

func TestPairWithoutATitle(t *testing.T) {
	_, ok := desk.NewPair(&engine.Backtrace{}, &engine.TraceRecord{})
	require.False(t, ok)
	b := found(t, engine.Span{FromMS: 0, ToMS: 10_000}) // the place in the title is not known
	p, ok := desk.NewPair(&b, &engine.TraceRecord{})
	require.True(t, ok)
	_, ok = p.Title(time.Second)
	require.False(t, ok)
}
