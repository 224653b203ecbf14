// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// smallDisk mounts a disk of a megabyte.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("a small disk can only be made by root: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// TestFullDisk fills the disk while segments are written, and while the copy
// is put together.
func TestFullDisk(t *testing.T) {
	tt := tools(t)
	src := makeClip(t, filepath.Join(t.TempDir(), "a.mp4"), "-f lavfi -i testsrc2=s=320x180:r=25:d=4 -c:v libx264 -preset ultrafast")
	for name, work := range map[string]string{"segments": "", "joining": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			disk := smallDisk(t, "512k")
			dst := filepath.Join(disk, "b.mkv")
			_, err := tt.Transcode(t.Context(), src, dst, TranscodeOptions{Encoder: lossless(), WorkDir: work, ID: "full"}, keepAll)
			requireWords(t, err)
			require.Equal(t, DiskFull, KindOf(err), "%v", err)
			require.Contains(t, err.Error(), "disk is full")
			require.Empty(t, snapshot(t, disk))
			require.Eventually(t, func() bool { // the system frees it in its own time
				var st unix.Statfs_t
				return unix.Statfs(disk, &st) == nil && st.Bavail*uint64(st.Bsize) > 400<<10
			}, time.Minute, 10*time.Millisecond)
			if work != "" { // finished segments are kept: with room, the rest is quick
				room := filepath.Join(t.TempDir(), "b.mkv")
				res, err := tt.Transcode(t.Context(), src, room, TranscodeOptions{Encoder: lossless(), WorkDir: work, ID: "full"}, keepAll)
				require.NoError(t, err)
				require.Equal(t, res.Frames, res.Resumed)
			}
		})
	}
}

func TestReadOnlyDisk(t *testing.T) {
	tt := tools(t)
	src := makeClip(t, filepath.Join(t.TempDir(), "a.mp4"), "-f lavfi -i testsrc2=s=64x36:r=5:d=1")
	disk := smallDisk(t, "512k")
	require.NoError(t, unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	_, err := tt.Transcode(t.Context(), src, filepath.Join(disk, "b.mp4"), TranscodeOptions{}, keepAll)
	requireWords(t, err)
	require.Contains(t, err.Error(), "read-only")
	_, err = os.Stat(filepath.Join(disk, "b.mp4"))
	require.Error(t, err)
}
