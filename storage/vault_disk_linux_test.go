// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func TestVaultOnFullDisk(t *testing.T)     { runOnOwnMounts(t, "TestChildVaultOnFullDisk") }
func TestVaultOnReadOnlyDisk(t *testing.T) { runOnOwnMounts(t, "TestChildVaultOnReadOnlyDisk") }

func TestChildVaultOnFullDisk(t *testing.T) {
	dir := homeOfChild(t)
	mountDisk(t, dir, "8m")
	s := openAt(t, filepath.Join(dir, "home"))
	small, _ := writeFile(t, "small", 100_000, 1)
	kept, err := s.TakeIn(t.Context(), storage.TakeIn{Path: small})
	require.NoError(t, err)
	large, _ := writeFile(t, "large", 9<<20, 2)
	_, err = s.TakeIn(t.Context(), storage.TakeIn{Path: large})
	requireCode(t, storage.Full, err, "large", "the disk is full")
	require.Equal(t, []string{kept.SHA256}, vaultFiles(t, s.Home()), "nothing is left of it")
	_, err = s.CheckedPath(t.Context(), kept.SHA256, nil)
	require.NoError(t, err)
	v, err := s.TakeIn(t.Context(), storage.TakeIn{Path: large, InPlace: true})
	require.NoError(t, err, "without a copy it fits")
	require.NotEmpty(t, v.InPlace)

	// What is larger than is ever copied by force is referenced without being asked for.
	huge := filepath.Join(t.TempDir(), "huge")
	f, err := os.Create(huge)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(65<<20))
	require.NoError(t, f.Close())
	v, err = s.TakeIn(t.Context(), storage.TakeIn{Path: huge})
	require.NoError(t, err)
	require.Equal(t, huge, v.InPlace)
}

func TestChildVaultOnReadOnlyDisk(t *testing.T) {
	dir := homeOfChild(t)
	mountDisk(t, dir, "8m")
	s := openAt(t, filepath.Join(dir, "home"))
	vault := filepath.Join(s.Home(), "vault")
	require.NoError(t, os.Mkdir(vault, 0o700))
	mountDisk(t, vault, "1m")
	require.NoError(t, syscall.Mount("disk", vault, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	leak, _ := writeFile(t, "leak", 1000, 1)
	_, err := s.TakeIn(t.Context(), storage.TakeIn{Path: leak})
	requireCode(t, storage.Denied, err, "cannot be written to", "read-only")
	list, err := s.VaultFiles(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Empty(t, list)
}
