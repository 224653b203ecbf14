// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// A row that somebody blew up with another program is refused in words, without being read into memory, and what is
// beside it can be read.
func TestAGiantRowIsRefused(t *testing.T) {
	s := openNew(t)
	giant, plain := storage.Case{Name: "giant"}, storage.Case{Name: "plain"}
	for _, c := range []*storage.Case{&giant, &plain} {
		require.NoError(t, s.AddCase(t.Context(), c))
		_, err := s.AddNote(t.Context(), c.ID, "M. Curie", "seen")
		require.NoError(t, err)
	}
	db := behind(t, s)
	_, err := db.ExecContext(t.Context(), `update notes set text = cast(zeroblob(300 * 1024 * 1024) as text) where case_id = ?`, giant.ID)
	require.NoError(t, err)

	_, err = s.Notes(t.Context(), giant.ID, storage.Page{})
	require.Equal(t, storage.TooLarge, storage.CodeOf(err))
	require.ErrorContains(t, err, "more than 256 MB")
	notes, err := s.Notes(t.Context(), plain.ID, storage.Page{})
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.Contains(t, fmt.Sprint(verify(t, s).Faults), "table notes", "and the audit says where")
}
