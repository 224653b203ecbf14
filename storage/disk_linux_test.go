// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// ownMounts lets a child mount things that nobody else sees.
func ownMounts() *syscall.SysProcAttr {
	ids := func(id int) []syscall.SysProcIDMap {
		return []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
	}
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: ids(os.Getuid()), GidMappings: ids(os.Getgid()),
	}
}

func runOnOwnMounts(t *testing.T, name string) {
	t.Helper()
	dir := t.TempDir()
	cmd := child(t, name, dir)
	var out bytes.Buffer
	cmd.Stdout = &out
	cmd.SysProcAttr = ownMounts()
	if err := cmd.Start(); err != nil {
		t.Skipf("this system grants no namespaces to mount a disk in: %v", err)
	}
	err := cmd.Wait()
	if bytes.Contains(out.Bytes(), []byte("SKIP: no mount")) {
		t.Skip("this system lets nobody mount in a namespace")
	}
	require.NoError(t, err, out.String())
	require.Contains(t, out.String(), "PASS")
}

// mountDisk mounts a disk of that many KiB, or skips.
func mountDisk(t *testing.T, at, size string) {
	t.Helper()
	if err := syscall.Mount("disk", at, "tmpfs", 0, "size="+size); err != nil {
		fmt.Println("SKIP: no mount")
		t.Skip(err)
	}
}

func TestFullDisk(t *testing.T)     { runOnOwnMounts(t, "TestChildOnFullDisk") }
func TestReadOnlyDisk(t *testing.T) { runOnOwnMounts(t, "TestChildOnReadOnlyDisk") }

func TestChildOnFullDisk(t *testing.T) {
	dir := homeOfChild(t)
	mountDisk(t, dir, "3m")
	s := openAt(t, filepath.Join(dir, "home"))
	title := addTitle(t, s, "t")
	addTags(t, s, title.ID, "a", "b")
	added, err := s.AddTags(t.Context(), title.ID, tagSeq(0, 100_000))
	requireCode(t, storage.Full, err, "the disk is full")

	// Nothing that was there is lost, and what fits still goes in.
	require.NoError(t, s.Check(t.Context()))
	n, err := s.TagCount(t.Context(), title.ID)
	require.NoError(t, err)
	require.Equal(t, added.Tags+2, n)
	ballast := filepath.Join(dir, "ballast")
	require.Error(t, os.WriteFile(ballast, make([]byte, 4<<20), 0o600), "the disk is full to the brim")
	failed := storage.Title{Name: "u", SHA256: hashOf("u")}
	key, err := s.NewTitleKey(storage.NewID())
	require.NoError(t, err)
	requireCode(t, storage.Full, s.AddTitle(t.Context(), &failed, key))
	require.NoError(t, os.Remove(ballast))
	require.NoError(t, s.Close())
	s = openAt(t, filepath.Join(dir, "home"))
	addTags(t, s, title.ID, "after")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "small"), 0o700))
	mountDisk(t, filepath.Join(dir, "small"), "16k")
	_, err = storage.Open(t.Context(), filepath.Join(dir, "small", "home"))
	requireCode(t, storage.Full, err, "full")
}

func TestChildOnReadOnlyDisk(t *testing.T) {
	dir := homeOfChild(t)
	mountDisk(t, dir, "8m")
	home := filepath.Join(dir, "home")
	s, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, syscall.Mount("disk", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	for _, name := range []string{"home", "new"} {
		_, err := storage.Open(t.Context(), filepath.Join(dir, name))
		requireCode(t, storage.Denied, err, "cannot be written to", "read-only")
	}
}

// A home that belongs to somebody else.
func TestHomeWithoutPermission(t *testing.T) {
	dir := t.TempDir()
	home := filepath.Join(dir, "home")
	s, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	cmd := child(t, "TestChildWithoutPermission", home)
	if os.Getuid() == 0 { // the child drops to nobody, who must get as far as the home
		require.NoError(t, os.Chmod(dir, 0o755))
		require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	} else {
		require.NoError(t, os.Chmod(home, 0o500))
		require.NoError(t, os.Chmod(filepath.Join(home, "spoor.db"), 0o400))
		defer func() { _ = os.Chmod(home, 0o700) }()
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestChildWithoutPermission(t *testing.T) {
	home := homeOfChild(t)
	if os.Getuid() == 0 {
		require.NoError(t, syscall.Setuid(65534))
	}
	_, err := storage.Open(t.Context(), home)
	requireCode(t, storage.Denied, err, home, "permission")
}
