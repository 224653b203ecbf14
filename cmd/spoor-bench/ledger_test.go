// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLedgerGoesOnWhereItWasStopped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.jsonl")
	l, err := openLedger(path, "one", false)
	require.NoError(t, err)
	measured := 0
	measure := func() (outcome, error) {
		measured++
		return outcome{Verdict: "found", Score: 12.5}, nil
	}
	for range 2 {
		got, err := once(l, "a", measure)
		require.NoError(t, err)
		require.Equal(t, outcome{Verdict: "found", Score: 12.5}, got)
	}
	require.Equal(t, 1, measured)
	_, err = once(l, "b", func() (outcome, error) { return outcome{}, errors.New("no") })
	require.Error(t, err)
	require.NoError(t, l.close())

	// Killed in the middle of a line.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"key":"c","resu`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	for range 2 {
		l, err = openLedger(path, "one", false)
		require.NoError(t, err)
		require.True(t, l.has("a"))
		require.False(t, l.has("b"))
		require.False(t, l.has("c"))
		require.NoError(t, l.put("d", 1))
		require.NoError(t, l.close())
	}
	l, err = openLedger(path, "one", false)
	require.NoError(t, err)
	require.True(t, l.has("d"))
	require.NoError(t, l.close())
}

func TestLedgerKnowsEngines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.jsonl")
	for _, engine := range []string{"one", "two"} {
		l, err := openLedger(path, engine, false)
		require.NoError(t, err)
		require.False(t, l.has(l.withEngine("a")))
		require.NoError(t, l.put(l.withEngine("a"), engine))
		require.NoError(t, l.close())
	}
	for engine, want := range map[string]string{"one": "one", "two": "two", "three": "two"} {
		l, err := openLedger(path, engine, true)
		require.NoError(t, err)
		var got string
		require.True(t, l.get(l.withEngine("a"), &got), engine)
		require.Equal(t, want, got)
		require.NoError(t, l.close())
	}
}
