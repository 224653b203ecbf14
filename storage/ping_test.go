// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// TestPingsAreStoredWithTheirChange has what is to be told stored if, and only if, the change is.
func TestPingsAreStoredWithTheirChange(t *testing.T) {
	s, ctx := openNew(t), t.Context()
	b := addTeam(t, s, storage.TeamBacktrace{UserID: "u", Status: storage.Queued})
	tell := func(b *storage.TeamBacktrace) []storage.Ping {
		return []storage.Ping{{BacktraceID: b.ID, URL: "http://a/", Body: string(b.Status)}, {BacktraceID: b.ID, URL: "http://b/", Body: "x"}}
	}
	for _, altered := range []bool{false, true} {
		_, err := s.ChangeTeamBacktrace(ctx, "", b.ID, func(b *storage.TeamBacktrace) (bool, error) {
			b.Status = storage.Processing
			return altered, nil
		}, tell)
		require.NoError(t, err)
		next, err := s.NextPing(ctx)
		require.NoError(t, err)
		require.Equal(t, altered, !next.IsZero())
	}
	_, err := s.ChangeTeamBacktrace(ctx, "", b.ID, func(b *storage.TeamBacktrace) (bool, error) {
		b.Percentage = 101
		return true, nil
	}, tell)
	requireCode(t, storage.Invalid, err)

	first, ok, err := s.TakePing(ctx, time.Hour)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "PROCESSING", first.Body)
	require.Equal(t, 1, first.Tries)
	second, ok, err := s.TakePing(ctx, time.Hour)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "http://b/", second.URL)
	_, ok, err = s.TakePing(ctx, time.Hour)
	require.NoError(t, err)
	require.False(t, ok, "each is somebody's, and those of the change that was refused are not there")
	require.NoError(t, s.PutOffPing(ctx, second.ID, 0))
	again, ok, err := s.TakePing(ctx, time.Hour)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, second.ID, again.ID)
	require.Equal(t, 2, again.Tries)
	require.NoError(t, s.DropPing(ctx, first.ID))
	require.NoError(t, s.DropPing(ctx, second.ID))
	next, err := s.NextPing(ctx)
	require.NoError(t, err)
	require.True(t, next.IsZero())
}
