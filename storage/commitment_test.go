// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func TestCommitments(t *testing.T) {
	s := openNew(t)
	title := addTitle(t, s, "film")
	last, err := s.LastCommitment(t.Context(), title.ID)
	require.NoError(t, err)
	require.Zero(t, last.Tags)
	for n, tags := range []int64{2, 7} {
		require.NoError(t, s.AddCommitment(t.Context(), storage.Commitment{
			TitleID: title.ID, Tags: tags, SHA256: strings.Repeat(string(rune('a'+n)), 64), Frontier: "x",
		}))
	}
	require.NoError(t, s.AddCommitment(t.Context(), storage.Commitment{TitleID: title.ID, Tags: 7, SHA256: strings.Repeat("f", 64)}))
	list, err := s.Commitments(t.Context(), title.ID)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, strings.Repeat("b", 64), list[1].SHA256, "the first one stays")
	last, err = s.LastCommitment(t.Context(), title.ID)
	require.NoError(t, err)
	require.Equal(t, list[1], last)
	require.Error(t, s.AddCommitment(t.Context(), storage.Commitment{TitleID: title.ID, Tags: 9, SHA256: "no hash"}))

	entries, err := s.AuditEntries(t.Context(), 0, 100)
	require.NoError(t, err)
	p, err := s.ProveEntry(t.Context(), int64(len(entries)-1))
	require.NoError(t, err)
	require.Contains(t, p.Entry, strings.Repeat("b", 64), "the log names the root")
	require.NotEmpty(t, p.Key)

	require.NoError(t, s.RemoveTitle(t.Context(), title.ID, false))
	list, err = s.Commitments(t.Context(), title.ID)
	require.NoError(t, err)
	require.Empty(t, list)
}
