// SPDX-License-Identifier: AGPL-3.0-or-later

package code_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine/code"
)

// requireWords checks the number of words, and some hundred of them.
func requireWords(tb testing.TB, r *code.Registry, k code.Key, tags int) {
	tb.Helper()
	require.Equal(tb, tags, r.Len())
	for i := 0; i < tags; i += 1 + tags/300 {
		require.Equal(tb, k.Word(tagName(i)), r.Word(i), "tag %d", i)
	}
	if tags > 0 {
		require.True(tb, r.Is(tags-1, tagName(tags-1)))
	}
}

func TestRegistryAppend(t *testing.T) {
	for _, tags := range []int{0, 1, 63, 65, 1000, 1<<14 - 1, 1 << 14, 1<<14 + 1, 40_000} {
		t.Run(fmt.Sprint(tags), func(t *testing.T) { requireWords(t, newRegistry(t, tags), testKey(1), tags) })
	}
	r := newRegistry(t, 100)
	require.NoError(t, r.Append(t.Context(), numbered(100, 333)))
	requireWords(t, r, testKey(1), 333)
}

func TestRegistryAppendStops(t *testing.T) {
	r := code.NewRegistry(testKey(1))
	broken := errors.New("disk on fire")
	err := r.Append(t.Context(), func(yield func(string, error) bool) {
		for i := range 20_000 {
			if !yield(tagName(i), nil) {
				return
			}
		}
		yield("", broken)
	})
	require.ErrorIs(t, err, broken)
	requireWords(t, r, testKey(1), 20_000)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.Append(ctx, numbered(20_000, 30_000)), context.Canceled)
	require.Equal(t, 20_000, r.Len())
}

func TestCacheKeepsAndGrows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "title.words")
	k := testKey(1)
	require.Zero(t, code.LoadRegistry(path, k).Len(), "a missing file is an empty registry")
	r := code.LoadRegistry(path, k)
	total := 0
	for _, more := range []int{1, 8191, 8192, 20_000, 1, 0} {
		require.NoError(t, r.Append(t.Context(), numbered(total, total+more)))
		total += more
		require.NoError(t, r.Save(path))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.EqualValues(t, 0o600, info.Mode().Perm())
		r = code.LoadRegistry(path, k)
		requireWords(t, r, k, total)
	}
	require.Zero(t, code.LoadRegistry(path, testKey(2)).Len(), "another title's key opens nothing")
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no temporary files stay")
}

func TestCacheGrowsAtItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "title.words")
	r := newRegistry(t, 10_000)
	require.NoError(t, r.Save(path))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, r.Append(t.Context(), numbered(10_000, 10_003)))
	require.NoError(t, r.Save(path))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(after, before))
	require.Len(t, after, len(before)+16+28+3*128)
	w := r.Word(0)
	for i := range 8 { // codewords are as secret as keys
		require.False(t, bytes.Contains(after, binary.LittleEndian.AppendUint64(nil, w[i])))
	}
}

func TestCacheSurvivesDamage(t *testing.T) {
	k := testKey(1)
	whole := filepath.Join(t.TempDir(), "whole")
	r := newRegistry(t, 8192+8192+100)
	require.NoError(t, r.Save(whole))
	good, err := os.ReadFile(whole)
	require.NoError(t, err)
	const first = 32 + 16 + 28 + 8192*128 // end of the first record

	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	for name, row := range map[string]struct {
		file []byte
		want int
	}{
		"empty":              {nil, 0},
		"half a header":      {good[:20], 0},
		"header only":        {good[:32], 0},
		"wrong magic":        {flip(3), 0},
		"wrong salt":         {flip(20), 0},
		"first index":        {flip(32), 0},
		"count":              {flip(40), 0},
		"huge count":         {flip(47), 0},
		"a word":             {flip(5000), 0},
		"second record":      {flip(first + 5000), 8192},
		"second nonce":       {flip(first + 20), 8192},
		"last byte":          {flip(len(good) - 1), 16384},
		"torn in the second": {good[:first+9999], 8192},
		"torn at the end":    {good[:len(good)-1], 16384},
		"text after the end": {append(bytes.Clone(good), "rubbish that is no record at all"...), 16484},
		"records swapped":    {append(append(bytes.Clone(good[:32]), good[first:]...), good[32:first]...), 0},
		"whole":              {good, 16484},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cache")
			require.NoError(t, os.WriteFile(path, row.file, 0o600))
			r := code.LoadRegistry(path, k)
			requireWords(t, r, k, row.want)
			require.NoError(t, r.Append(t.Context(), numbered(row.want, 17_000)))
			require.NoError(t, r.Save(path))
			requireWords(t, code.LoadRegistry(path, k), k, 17_000)
		})
	}
}

func TestCacheThatCannotBe(t *testing.T) {
	k := testKey(1)
	dir := t.TempDir()
	require.Zero(t, code.LoadRegistry(dir, k).Len(), "a folder is no cache")
	r := newRegistry(t, 5)
	require.Error(t, r.Save(filepath.Join(dir, "missing", "cache")))
	require.Error(t, r.Save(dir))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
	path := filepath.Join(dir, "cache")
	require.NoError(t, r.Save(path), "a failure leaves the registry usable")
	require.NoError(t, os.Chmod(path, 0o644))
	require.NoError(t, r.Save(path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm(), "a file that others can read is replaced")
}

func TestCacheReplacedByAnotherProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache")
	a, b := newRegistry(t, 50), newRegistry(t, 70)
	require.NoError(t, a.Save(path))
	require.NoError(t, b.Save(path))
	require.NoError(t, a.Append(t.Context(), numbered(50, 60)))
	require.NoError(t, a.Save(path))
	requireWords(t, code.LoadRegistry(path, testKey(1)), testKey(1), 60)
}

func FuzzLoadRegistry(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed")
	require.NoError(f, newRegistry(f, 3).Save(path))
	good, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(good)
	f.Add(good[:100])
	f.Add([]byte("spoor registry 1"))
	f.Fuzz(func(t *testing.T, file []byte) {
		path := filepath.Join(t.TempDir(), "cache")
		require.NoError(t, os.WriteFile(path, file, 0o600))
		r := code.LoadRegistry(path, testKey(1))
		for i := range r.Len() {
			require.True(t, r.Is(i, tagName(i)))
		}
	})
}

func BenchmarkBuild1e6(b *testing.B) {
	for b.Loop() {
		newRegistry(b, 1_000_000)
	}
}

func BenchmarkSave1e6(b *testing.B) {
	r := newRegistry(b, 1_000_000)
	dir := b.TempDir()
	n := 0
	for b.Loop() {
		require.NoError(b, r.Save(filepath.Join(dir, fmt.Sprint(n%2))))
		n++
	}
}

func BenchmarkLoad1e6(b *testing.B) {
	path := filepath.Join(b.TempDir(), "cache")
	require.NoError(b, newRegistry(b, 1_000_000).Save(path))
	for b.Loop() {
		require.Equal(b, 1_000_000, code.LoadRegistry(path, testKey(1)).Len())
	}
}
