// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func TestAnOpenCaseSaysWhatWouldSettleIt(t *testing.T) {
	for _, c := range []struct {
		verdict storage.Verdict
		best    float64
		words   string
	}{
		{storage.Found, 20, ""},
		{storage.None, 4, ""},
		{storage.Marked, 4.8, "a better copy"},
		{storage.Inconclusive, 6.5, "about 1.7 times as much footage"},
	} {
		r := &TraceResult{Verdict: string(c.verdict), BestScore: c.best}
		got := (&trace{result: r, tags: 1_000_000, state: &traceState{Looks: 2}}).whatIsNeeded()
		if c.words == "" {
			require.Nil(t, got)
			continue
		}
		require.Contains(t, got.Words, c.words)
		require.NotEqual(t, got.Code, got.Words, "the code has words")
	}
}
