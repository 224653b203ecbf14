// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/assets"
	"spoor/engine"
	"spoor/engine/media"
)

func TestMain(m *testing.M) {
	media.ChildMain()
	os.Exit(m.Run())
}

// open makes an engine with a home of its own.
func open(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := engine.Open(t.Context(), filepath.Join(t.TempDir(), "home"), engine.WithProgram("test"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// demoClip writes the bundled clip and returns its path.
func demoClip(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.mp4")
	require.NoError(t, os.WriteFile(path, []byte(assets.DemoClip()), 0o600))
	return path
}

// makeClip makes a file with ffmpeg.
func makeClip(t testing.TB, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	out, err := exec.CommandContext(t.Context(), "ffmpeg", append(append([]string{"-v", "error", "-nostdin", "-y"}, args...), "file:"+path)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// smallClip is a short textured clip that is cheap to mark.
func smallClip(t testing.TB, seconds string) string {
	t.Helper()
	return makeClip(t, "small.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=12:duration="+seconds,
		"-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p")
}

// leftovers lists everything below a folder; one that is not there has nothing.
func leftovers(t testing.TB, dir string) []string {
	t.Helper()
	var list []string
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if path != dir {
			rel, _ := filepath.Rel(dir, path)
			list = append(list, rel)
		}
		return err
	}))
	return list
}
