// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func TestSearch(t *testing.T) {
	s := openNew(t)
	e := fill(t, s)
	kinds := func(words ...string) map[string]int {
		hits, err := s.Search(t.Context(), words, 10)
		require.NoError(t, err)
		got := map[string]int{}
		for _, h := range hits {
			got[h.Kind]++
			require.NotEmpty(t, h.ID)
			require.NotEmpty(t, h.Text)
		}
		return got
	}
	require.Equal(t, map[string]int{"tag": 1, "finding": 1}, kinds("ALICE"))
	require.Equal(t, map[string]int{"note": 1}, kinds("it's", "note"))
	require.Equal(t, map[string]int{"exhibit": 1}, kinds(e.SHA256[:20]))
	require.Equal(t, map[string]int{"title": 1}, kinds("film.mp4"))
	require.Equal(t, map[string]int{"tag": 10}, kinds("user-"), "no more than asked for")
	require.Equal(t, map[string]int{"tag": 1}, kinds("user-699", "company"))
	require.Equal(t, map[string]int{"tag": 1}, kinds("SER-699"), "a part of a word, where nothing begins so")
	require.Empty(t, kinds("100%"))
	require.Empty(t, kinds(`"`))
	require.Empty(t, kinds(`a"b'c`), "nothing that is written means anything to the database")
	require.Empty(t, kinds("alice OR bob"))
	require.Empty(t, kinds("us_r"))
	require.Empty(t, kinds("alice", "bob"))
	_, err := s.Search(t.Context(), []string{""}, 10)
	requireCode(t, storage.Invalid, err)
	_, err = s.Search(t.Context(), []string{"\xff"}, 10)
	requireCode(t, storage.Invalid, err)
}

// What is found is what is there: after a change the new words, after a deletion none.
func TestSearchKeepsUp(t *testing.T) {
	s := openNew(t)
	c := storage.Case{Name: "Festival"}
	require.NoError(t, s.AddCase(t.Context(), &c))
	found := func(word string) int {
		hits, err := s.Search(t.Context(), []string{word}, 10)
		require.NoError(t, err)
		return len(hits)
	}
	_, err := s.AddNote(t.Context(), c.ID, "me", "the Müller tape, "+strings.Repeat("x", 3000))
	require.NoError(t, err)
	require.Equal(t, 1, found("müller"))
	require.Equal(t, 1, found("mü"))
	require.Equal(t, 1, found(strings.Repeat("x", 250)))
	require.Equal(t, 1, found("festival"))
	number := "K-2026/17"
	require.NoError(t, s.EditCase(t.Context(), c.ID, storage.CaseEdit{Number: &number}))
	require.Equal(t, 1, found("k-2026/17"))
	require.Equal(t, 1, found("k-20"))
	_, err = s.DeleteCase(t.Context(), c.ID)
	require.NoError(t, err)
	require.Zero(t, found("müller"))
	require.Zero(t, found("festival"))
	requireSound(t, s)
}

func inboxID(tb testing.TB, s *storage.Store) string {
	tb.Helper()
	c, err := s.Case(tb.Context(), storage.Inbox)
	require.NoError(tb, err)
	return c.ID
}
