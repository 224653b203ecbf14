// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/media"
)

// shared is a folder for what tests have in common: made once, never changed.
var shared struct {
	dir   string
	title sync.Once
}

func TestMain(m *testing.M) {
	media.ChildMain()
	dir, err := os.MkdirTemp("", "spoor-engine-test-")
	if err != nil {
		panic(err)
	}
	shared.dir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// open makes an engine with a home of its own.
func open(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := engine.Open(t.Context(), filepath.Join(t.TempDir(), "home"), engine.WithProgram("test"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// makeClip makes a file with ffmpeg.
func makeClip(t testing.TB, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append(append([]string{"-v", "error", "-nostdin", "-y"}, args...), "file:"+path)
	out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput()
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

// withTitle makes an engine with a small title called small, of 6 s. Registering it takes seconds under the race
// detector, so it is done once and the home copied.
func withTitle(t testing.TB) (e *engine.Engine, out string) {
	t.Helper()
	master := filepath.Join(shared.dir, "home")
	shared.title.Do(func() {
		clip := filepath.Join(shared.dir, "small.mp4")
		require.NoError(t, os.Rename(smallClip(t, "6"), clip))
		first, err := engine.Open(t.Context(), master)
		require.NoError(t, err)
		_, err = first.AddTitle(t.Context(), engine.TitleOptions{File: clip})
		require.NoError(t, err)
		require.NoError(t, first.Close())
	})
	home := filepath.Join(t.TempDir(), "home")
	require.NoError(t, os.CopyFS(home, os.DirFS(master)))
	e, err := engine.Open(t.Context(), home, engine.WithProgram("test"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e, t.TempDir()
}
