// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRealClips: a slice of a real clip is the same as that part of the whole.
func TestRealClips(t *testing.T) {
	clips, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "media", "open", "c*.mp*"))
	require.NoError(t, err)
	if len(clips) == 0 {
		t.Skip("the clips are not here")
	}
	tt := tools(t)
	for _, path := range clips {
		t.Run(filepath.Base(path), func(t *testing.T) {
			all, damage := shots(t, tt, path, DecodeOptions{Width: 64, Height: 36})
			require.Empty(t, damage)
			k := len(all) * 2 / 3
			slice, _ := shots(t, tt, path, DecodeOptions{Width: 64, Height: 36, From: all[k].at, Length: time.Second})
			require.Equal(t, all[k:k+len(slice)], slice)
			require.GreaterOrEqual(t, len(slice), 12)
			t.Logf("%d frames, last at %v", len(all), all[len(all)-1].at)
		})
	}
}
