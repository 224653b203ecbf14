// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// makeClip makes a file with an unconfined ffmpeg and returns its path.
func makeClip(t testing.TB, path string, args ...string) string {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	all := append([]string{"-v", "error", "-nostdin", "-y"}, args...)
	out, err := exec.CommandContext(t.Context(), ffmpeg, append(all, "file:"+path)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}
