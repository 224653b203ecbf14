// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine"
)

func TestPlacesAndMoments(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1.5": 1500 * time.Millisecond, "2:03": 123 * time.Second, "1:02:03.5": 3723*time.Second + 500*time.Millisecond, " 0 ": 0,
	} {
		got, err := engine.ParseClock(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "x", "1:60", "1:2:3:4", "-1", "NaN", "1e9"} {
		_, err := engine.ParseClock(text)
		require.Error(t, err, text)
	}
	for text, want := range map[string]string{
		"2026-05-03": "2026-05-03T00:00:00Z", "2026-05-03 14:05": "2026-05-03T14:05:00Z",
		"2026-05-03 14:05:06 UTC": "2026-05-03T14:05:06Z", "2026-05-03T14:05:00+02:00": "2026-05-03T12:05:00Z",
	} {
		got, err := engine.ParseMoment(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got.Format(time.RFC3339))
	}
	_, err := engine.ParseMoment("yesterday")
	require.ErrorContains(t, err, "yesterday")
}
