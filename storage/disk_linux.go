// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import "golang.org/x/sys/unix"

// networkDisk names the kind of the disk that a folder is on, "" where it is none that lies on another computer.
func networkDisk(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return ""
	}
	return networkKind(int64(st.Type)) //nolint:unconvert // narrower on other processors
}

// networkKind knows disks by the numbers that the system gives them.
func networkKind(number int64) string {
	switch number {
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return "SMB"
	case unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC:
		return "AFS"
	case unix.CEPH_SUPER_MAGIC:
		return "Ceph"
	case unix.V9FS_MAGIC:
		return "9P"
	case unix.CODA_SUPER_MAGIC:
		return "Coda"
	}
	return ""
}
