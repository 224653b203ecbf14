// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine/media"
)

// gradientClip makes a clip with moving texture and returns its path.
func gradientClip(t *testing.T, seconds string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mp4")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i",
		"testsrc2=size=640x360:rate=12:duration="+seconds, "-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "ultrafast",
		"-pix_fmt", "yuv420p", path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

func TestReferenceHoldsTheOriginalsPictures(t *testing.T) {
	e, err := Open(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer e.Close()
	clip := gradientClip(t, "11")
	title, err := e.AddTitle(t.Context(), TitleOptions{File: clip})
	require.NoError(t, err)
	f, err := e.openReference(title.ID)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, f.Check())
	facts := f.Facts()
	require.Equal(t, title.SHA256, facts.Original)
	require.Equal(t, title.KeyID, facts.KeyID)
	require.GreaterOrEqual(t, facts.Pictures, 22)

	list, err := e.referencePictures(t.Context(), f, 3*time.Second, 9*time.Second)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(list), 12)
	tools, err := e.tools()
	require.NoError(t, err)
	for _, p := range list[:3] {
		require.GreaterOrEqual(t, p.Time, 3*time.Second)
		require.Less(t, p.Time, 9*time.Second)
		still, err := tools.Still(t.Context(), clip, p.Time, media.StillOptions{Width: p.W, Height: p.H})
		require.NoError(t, err)
		require.Equal(t, p.Time, still.Time, "the very frame of the original")
		var sum float64
		for i, v := range p.Pix {
			sum += math.Abs(float64(v) - float64(still.Gray.Pix[i]))
		}
		require.Less(t, sum/float64(len(p.Pix)), 6.0)
	}

	_, err = e.RemoveTitle(t.Context(), title.ID, false)
	require.NoError(t, err)
	_, err = e.openReference(title.ID)
	require.Error(t, err)
}

func TestStoppedAddLeavesNothing(t *testing.T) {
	e, err := Open(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer e.Close()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = e.AddTitle(ctx, TitleOptions{File: gradientClip(t, "11"), Progress: func(p Progress) {
		if p.Stage == "reading film.mp4" && p.Done > 0 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	for _, dir := range []string{"references", "work"} {
		found, err := os.ReadDir(filepath.Join(e.Home(), dir))
		require.NoError(t, err)
		require.Empty(t, found, dir)
	}
}
