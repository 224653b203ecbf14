// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func tools(t testing.TB) *Tools {
	t.Helper()
	tools, err := Find()
	if err != nil {
		t.Skip("ffmpeg is not installed: ", err)
	}
	return tools
}

func times(t testing.TB, tools *Tools, path string, o DecodeOptions) (at []time.Duration, damage string) {
	t.Helper()
	r, err := tools.Decode(t.Context(), path, o)
	require.NoError(t, err)
	defer r.Close()
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return at, r.Damage()
		}
		require.NoError(t, err)
		at = append(at, f.Time)
	}
}

func TestQuick(t *testing.T) {
	s := time.Now()
	tt := tools(t)
	at, d := times(t, tt, "/work/shared/data/hostile/made/vfr.mp4", DecodeOptions{Width: 64, Height: 36})
	t.Log(at, d, time.Since(s))
	at, d = times(t, tt, "/work/shared/data/hostile/made/vfr.mp4", DecodeOptions{Width: 64, Height: 36, From: time.Second})
	t.Log(at, d, time.Since(s))
	at, d = times(t, tt, "/work/shared/data/hostile/made/rotate90_flag.mp4", DecodeOptions{Width: 64, Height: 36, FPS: 2, Turn: 1})
	t.Log(at, d, time.Since(s))
	s = time.Now()
	at, d = times(t, tt, "/work/shared/media/open/bbb_anim_1080p24.mp4", DecodeOptions{Width: 640, Height: 360})
	t.Log(len(at), d, time.Since(s))
}
