// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuickTranscode(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	for _, c := range []struct{ src, dst string }{
		{"/work/shared/data/hostile/made/vfr.mp4", "a.mp4"},
		{"/work/shared/data/hostile/made/rotate90_flag.mp4", "b.mkv"},
		{"/work/shared/data/hostile/made/h264_10bit.mp4", "c.mp4"},
		{"/work/shared/data/hostile/made/odd_dims_161x91_yuv444.mp4", "d.mp4"},
		{"/work/shared/data/hostile/made/interlaced.mp4", "e.mp4"},
		{"/work/shared/data/hostile/made/trailing_garbage.mp4", "e.ts"},
	} {
		dst := filepath.Join(dir, c.dst)
		s := time.Now()
		res, err := tt.Transcode(t.Context(), c.src, dst, TranscodeOptions{}, func(_ int, p Plane) error { return nil })
		require.NoError(t, err)
		t.Logf("%+v %v", res, time.Since(s))
		a, _ := times(t, tt, c.src, DecodeOptions{})
		b, _ := times(t, tt, dst, DecodeOptions{})
		require.Equal(t, len(a), len(b))
		t.Log(a[:5], b[:5])
		i, err := tt.Probe(t.Context(), dst)
		require.NoError(t, err)
		t.Logf("%+v", i)
	}
}
