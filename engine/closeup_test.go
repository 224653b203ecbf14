// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
)

// TestASmallPictureInAFrameIsTraced leaks a copy as a picture in a picture, too small to be read with the rest.
func TestASmallPictureInAFrameIsTraced(t *testing.T) {
	e := open(t)
	_, copied := filmForBob(t, e)
	leak := makeClip(t, "pip.mp4", "-i", copied, "-vf", "scale=480:270,pad=1280:720:230:110:color=0x335577", "-an",
		"-c:v", "libx264", "-preset", "veryfast", "-crf", "23")
	r, err := e.Trace(t.Context(), engine.TraceOptions{Leak: leak, Title: "film", Method: "blind"})
	require.NoError(t, err)
	require.Equal(t, "found", r.Verdict)
	require.Len(t, r.Findings, 1)
	require.Equal(t, "bob", r.Findings[0].Tag)
	require.NotEmpty(t, r.Controls)
	for _, c := range r.Controls {
		require.True(t, c.Passed, c.What)
	}
}
