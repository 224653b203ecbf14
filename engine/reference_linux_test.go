// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"spoor/engine"
	"spoor/engine/media"
)

// A disk that fills up while a reference is built is told as one, whichever part it stops, and leaves no title behind.
func TestReferenceOnAFullDisk(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	e, err := engine.Open(t.Context(), home, engine.WithProgram("test"))
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	clip := smallClip(t, "6")
	for _, size := range []string{"8k", "24k", "64k"} {
		work := filepath.Join(home, "work")
		require.NoError(t, os.MkdirAll(work, 0o700))
		if err := unix.Mount("tmpfs", work, "tmpfs", 0, "size="+size); err != nil {
			t.Skip("a small disk can only be made by root: ", err)
		}
		_, err := e.AddTitle(t.Context(), engine.TitleOptions{File: clip})
		require.NoError(t, unix.Unmount(work, unix.MNT_DETACH))
		require.Error(t, err, size)
		require.Equal(t, media.DiskFull, media.KindOf(err), "%s: %v", size, err)
		require.Contains(t, err.Error(), "the disk is full", size)
		require.Empty(t, leftovers(t, filepath.Join(home, "references")), size)
	}
}
