// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Nobody can mount a disk of another computer in a test; the numbers are those of statfs(2).
func TestDisksOfOtherComputers(t *testing.T) {
	for number, kind := range map[int64]string{0x6969: "NFS", 0xFF534D42: "SMB", 0xFE534D42: "SMB", 0xEF53: "", 0x01021994: "", 0x01021997: "9P"} {
		require.Equal(t, kind, networkKind(number), "%#x", number)
	}
	require.Empty(t, networkDisk(t.TempDir()))
	require.Empty(t, networkDisk("/nowhere"))
}
