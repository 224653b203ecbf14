// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func TestTheKeyOfReportsIsKeptLikeThoseOfTitles(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	s := openAt(t, home)
	made := 0
	create := func() ([]byte, error) { made++; return []byte("secret half"), nil }
	public := func([]byte) (string, error) { return "public half", nil }
	require.Empty(t, s.ReportPublicKey())
	for range 2 {
		key, err := s.ReportKey(create, public)
		require.NoError(t, err)
		require.Equal(t, "secret half", string(key))
	}
	require.Equal(t, 1, made, "made once")
	require.Equal(t, "public half", s.ReportPublicKey())
	path := filepath.Join(home, "keys", "report.key")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, s.ProtectKeys("open sesame"))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(content), "secret half", "encrypted with the others")
	key, err := s.ReportKey(create, public)
	require.NoError(t, err)
	require.Equal(t, "secret half", string(key))

	locked := openAt(t, home)
	_, err = locked.ReportKey(create, public)
	require.Equal(t, storage.Locked, storage.CodeOf(err))
	require.Equal(t, "public half", locked.ReportPublicKey(), "which is no secret")
	require.Equal(t, "public half", storage.ReportPublicKeyOf(home))
	require.Empty(t, storage.ReportPublicKeyOf(t.TempDir()))

	other := openAt(t, home, storage.WithPassphrase(func() (string, error) { return "open sesame", nil }))
	key, err = other.ReportKey(create, public)
	require.NoError(t, err)
	require.Equal(t, "secret half", string(key))
	require.Equal(t, 1, made)
}
