// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// makeClip makes a file with an unconfined ffmpeg and returns its path.
// Options may stand several in one string.
func makeClip(tb testing.TB, path string, args ...string) string {
	tb.Helper()
	all := []string{"-nostdin", "-y"}
	for _, a := range args {
		all = append(all, strings.Fields(a)...)
	}
	plain(tb, "ffmpeg", append(all, "file:"+path)...)
	return path
}

// plain runs an unconfined ffmpeg or ffprobe, as an independent witness, and
// returns what it says.
func plain(tb testing.TB, tool string, args ...string) []byte {
	tb.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		tb.Skip(tool, " is not installed")
	}
	cmd := exec.CommandContext(tb.Context(), tool, append([]string{"-v", "error"}, args...)...)
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.Output()
	require.NoError(tb, err, "%s", &log)
	return out
}
