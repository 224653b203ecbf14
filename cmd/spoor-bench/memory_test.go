// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWatchMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc on this system")
	}
	// A shell with a child that fills 64 MB.
	use, err := watchMemory(t.Context(), "sh", "-c", "head -c 64000000 /dev/zero | tail -c 64000000 | sleep 0.5; true")
	require.NoError(t, err)
	require.Positive(t, use.Own)
	require.Greater(t, use.Child, int64(60e6))
	require.GreaterOrEqual(t, use.All, use.Own)
	require.Equal(t, use.Child, use.largest())

	_, err = watchMemory(t.Context(), "sh", "-c", "echo broken >&2; exit 3")
	require.ErrorContains(t, err, "broken")
}
