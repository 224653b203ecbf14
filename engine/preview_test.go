// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"image"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
)

// coloured tells whether a picture has any colour.
func coloured(img *image.RGBA) bool {
	for i := 0; i+2 < len(img.Pix); i += 4 {
		if r, g, b := img.Pix[i], img.Pix[i+1], img.Pix[i+2]; r != g || g != b {
			return true
		}
	}
	return false
}

func TestOriginalIsShownWhileItIsThere(t *testing.T) {
	e := open(t)
	file := smallClip(t, "6")
	title, err := e.AddTitle(t.Context(), engine.TitleOptions{File: file})
	require.NoError(t, err)
	shot, original, err := e.TitleShot(t.Context(), title.ID, time.Second, 120)
	require.NoError(t, err)
	require.True(t, original)
	require.Equal(t, 120, shot.Image.Bounds().Dy())
	require.True(t, coloured(shot.Image))
	require.InDelta(t, time.Second, shot.Time, float64(100*time.Millisecond))
	n := 0
	for s, err := range e.PlayTitle(t.Context(), title.ID, time.Second, 64, 4) {
		require.NoError(t, err)
		require.Equal(t, 64, s.Image.Bounds().Dy())
		n++
	}
	require.InDelta(t, 20, n, 1, "four pictures of each of the five seconds that are left")

	require.NoError(t, os.Rename(file, file+".away"))
	shot, original, err = e.TitleShot(t.Context(), title.ID, time.Second, 120)
	require.NoError(t, err)
	require.False(t, original, "the reference shows it now")
	require.False(t, coloured(shot.Image))
	require.NoError(t, os.WriteFile(file, []byte("another file of that name"), 0o600))
	_, original, err = e.TitleShot(t.Context(), title.ID, time.Second, 120)
	require.NoError(t, err)
	require.False(t, original, "what lies there now is not what was registered")
	for _, err := range e.PlayTitle(t.Context(), title.ID, 0, 64, 4) {
		require.Equal(t, storage.NotFound, storage.CodeOf(err))
	}
	_, _, err = e.TitleShot(t.Context(), "nothing", 0, 64)
	require.Error(t, err)
}
