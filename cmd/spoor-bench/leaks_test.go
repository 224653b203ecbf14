// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// script writes a leak tool that lists two leaks and makes one of them.
func script(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not installed")
	}
	path := filepath.Join(t.TempDir(), "leak")
	require.NoError(t, os.WriteFile(path, []byte(`
import sys
if sys.argv[1:] == ["list"]:
    print("crop-50\tmp4\tkeeps 50%, off centre")
    print("frame-jpg\tjpg\tone frame")
elif sys.argv[1] == "crop-50":
    open(sys.argv[3], "w").write(" ".join(sys.argv[4:]))
elif sys.argv[1] == "frame-jpg":
    open(sys.argv[3], "w")
else:
    sys.exit("no such leak\nand more")
`), 0o600))
	return path
}

func TestLeakTool(t *testing.T) {
	tool, err := (&leakMaking{LeakTool: script(t)}).leakTool(t.Context())
	require.NoError(t, err)
	require.Equal(t, []leakKind{{"crop-50", "mp4", "keeps 50%, off centre"}, {"frame-jpg", "jpg", "one frame"}}, tool.kinds)
	_, ok := tool.kind("crop-30")
	require.False(t, ok)

	out := filepath.Join(t.TempDir(), "out")
	require.NoError(t, tool.make(t.Context(), "crop-50", "in", out, 3))
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "--vary 3", string(text))
	require.ErrorContains(t, tool.make(t.Context(), "frame-jpg", "in", out, 0), "made nothing")
	require.EqualError(t, tool.make(t.Context(), "other", "in", out, 0), "the leak tool failed (exit status 1): no such leak")
}

func TestLeakToolThatIsNotThere(t *testing.T) {
	_, err := (&leakMaking{LeakTool: filepath.Join(t.TempDir(), "none")}).leakTool(t.Context())
	require.ErrorIs(t, err, errNoLeaks)
}
