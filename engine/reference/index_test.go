// SPDX-License-Identifier: AGPL-3.0-or-later

package reference_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine/reference"
)

func TestIndexIsKeptGrowsAndShrinks(t *testing.T) {
	s := shelf(t.TempDir())
	dir := t.TempDir()
	x, err := reference.OpenIndex(dir)
	require.NoError(t, err)
	var points int64
	for title := range 9 {
		s.put(t, title, 2)
		f, err := s.Reference(idOf(title))
		require.NoError(t, err)
		require.False(t, x.Has(idOf(title), f.Sum()))
		require.NoError(t, x.Add(f))
		require.NoError(t, x.Add(f), "again: nothing to do")
		require.True(t, x.Has(idOf(title), f.Sum()))
		points += f.Facts().Points
		require.NoError(t, f.Close())
	}
	got, _ := x.Size()
	require.Less(t, got, 2*points/3, "what stays in the picture is put in once")
	require.Greater(t, got, points/3)
	require.NoError(t, x.Close())
	segments, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Less(t, len(segments), 6, "small segments are merged")

	x, err = reference.OpenIndex(dir)
	require.NoError(t, err)
	require.Len(t, x.Titles(), 9)
	require.NoError(t, x.Remove(idOf(3)))
	require.NoError(t, x.Remove("not there"))
	require.Len(t, x.Titles(), 8)
	require.NotContains(t, x.Titles(), idOf(3))
	s.put(t, 5, 4) // another reference of the same title
	f, err := s.Reference(idOf(5))
	require.NoError(t, err)
	defer f.Close()
	require.False(t, x.Has(idOf(5), f.Sum()))
	require.NoError(t, x.Add(f))
	require.True(t, x.Has(idOf(5), f.Sum()))
	require.Len(t, x.Titles(), 8)
	for title := range 9 {
		require.NoError(t, x.Remove(idOf(title)))
	}
	require.NoError(t, x.Close())
	segments, err = filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Empty(t, segments)
}

// Where no segment can take more pictures, there are more segments, and titles are found in all of them.
func TestFullSegmentsAreLeftAsTheyAre(t *testing.T) {
	s := shelf(t.TempDir())
	dir := t.TempDir()
	x, err := reference.OpenIndex(dir)
	require.NoError(t, err)
	x.Crowd(5)
	for title := range 9 {
		s.put(t, title, 2)
		f, err := s.Reference(idOf(title))
		require.NoError(t, err)
		sum, err := reference.SumOf(filepath.Join(string(s), idOf(title)))
		require.NoError(t, err)
		require.Equal(t, f.Sum(), sum)
		require.NoError(t, x.Add(f))
		require.NoError(t, f.Close())
	}
	require.Len(t, x.Titles(), 9)
	segments, err := filepath.Glob(filepath.Join(dir, "*.idx"))
	require.NoError(t, err)
	require.Greater(t, len(segments), 3)
	for _, title := range []int{0, 4, 8} {
		finder := reference.NewFinder(x, s, nil)
		found := finder.Find([]reference.Query{reference.NewExtractor().Query(0, paint(sceneOf(title, 0), 0), fullW, fullH, false)})
		require.NotEmpty(t, found, title)
		require.Equal(t, idOf(title), found[0].Title)
		require.NoError(t, finder.Close())
	}
	require.NoError(t, x.Close())
}

func TestDamagedSegmentsAreLeftOutAndMadeAgain(t *testing.T) {
	s := shelf(t.TempDir())
	s.put(t, 0, 2)
	dir := t.TempDir()
	x, err := reference.OpenIndex(dir)
	require.NoError(t, err)
	f, err := s.Reference(idOf(0))
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, x.Add(f))
	require.NoError(t, x.Close())
	segments, err := filepath.Glob(filepath.Join(dir, "*.idx"))
	require.NoError(t, err)
	require.Len(t, segments, 1)
	whole, err := os.ReadFile(segments[0])
	require.NoError(t, err)
	for name, b := range map[string][]byte{
		"empty": nil, "cut": whole[:len(whole)-5], "alien": []byte("something else"), "version": bytes.Replace(whole, []byte{1, 0, 0, 0}, []byte{9, 0, 0, 0}, 1),
		"title": append(bytes.Clone(whole[:80]), append([]byte{whole[80] ^ 1}, whole[81:]...)...),
	} {
		require.NoError(t, os.WriteFile(segments[0], b, 0o600))
		x, err := reference.OpenIndex(dir)
		require.NoError(t, err, name)
		require.Empty(t, x.Titles(), name)
		require.NoError(t, x.Add(f), name)
		require.Equal(t, []string{idOf(0)}, x.Titles(), name)
		require.NoError(t, x.Close())
	}
}

func FuzzIndex(f *testing.F) {
	s := shelf(f.TempDir())
	s.put(f, 0, 2)
	dir := f.TempDir()
	x, err := reference.OpenIndex(dir)
	require.NoError(f, err)
	r, err := s.Reference(idOf(0))
	require.NoError(f, err)
	defer r.Close()
	require.NoError(f, x.Add(r))
	require.NoError(f, x.Close())
	segments, err := filepath.Glob(filepath.Join(dir, "*.idx"))
	require.NoError(f, err)
	whole, err := os.ReadFile(segments[0])
	require.NoError(f, err)
	f.Add(whole)
	f.Add(whole[:100])
	q := []reference.Query{reference.NewExtractor().Query(0, paint(sceneOf(0, 0), 0), fullW, fullH, false)}
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "x.idx"), b, 0o600))
		x, err := reference.OpenIndex(dir)
		require.NoError(t, err)
		finder := reference.NewFinder(x, s, nil)
		_ = finder.Find(q)
		require.NoError(t, finder.Close())
		require.NoError(t, x.Close())
	})
}
