// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/media"
)

func TestTheRoomOfATitleIsWhatItsFramesShow(t *testing.T) {
	tools, err := media.Find()
	require.NoError(t, err)
	room := func(path string) float64 {
		info, err := tools.Probe(t.Context(), path)
		require.NoError(t, err)
		r, err := engine.Room(t.Context(), tools, path, info)
		require.NoError(t, err)
		return r
	}
	film := func(name, source, filter string) string {
		return makeClip(t, name, "-f", "lavfi", "-i", source, "-vf", filter, "-c:v", "libx264", "-preset", "ultrafast", "-crf", "10",
			"-g", "12", "-pix_fmt", "yuv420p")
	}
	const noisy = "noise=alls=40:allf=t,gblur=sigma=1,eq=contrast=1.6"
	busy := film("busy.mp4", "testsrc2=size=320x180:rate=6:duration=4", noisy)
	long := film("long.mp4", "testsrc2=size=192x108:rate=4:duration=64", noisy)
	smooth := film("smooth.mp4", "gradients=size=320x180:rate=6:duration=4:speed=0.01", "noise=alls=5:allf=t")
	found := room(busy)
	require.Positive(t, found)
	require.InDelta(t, found, room(busy), 0, "the same whenever it is asked for")
	inPlaces := room(long)
	require.InDelta(t, inPlaces, room(long), 0, "a long one is looked at in places")
	require.Zero(t, room(smooth))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	info, err := tools.Probe(t.Context(), busy)
	require.NoError(t, err)
	_, err = engine.Room(ctx, tools, busy, info)
	require.ErrorIs(t, err, context.Canceled)
	_, err = engine.Room(t.Context(), tools, filepath.Join(t.TempDir(), "none.mp4"), info)
	require.Error(t, err)
}
