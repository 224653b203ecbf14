// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
)

// exactly is what a trace says that it did where the original was at hand.
const exactly = "compared frame by frame with the file of the original"

// TestTraceStill leaks one frame, of a moment that lies between two pictures of the reference.
func TestTraceStill(t *testing.T) {
	e := open(t)
	clip, copied := filmForBob(t, e)
	still := func(name, of string) string { return makeClip(t, name, "-ss", "3.27", "-i", of, "-frames:v", "1") }
	trace := func(leak string) engine.TraceResult {
		r, err := e.Trace(t.Context(), engine.TraceOptions{Leak: leak, Title: "film", Method: "informed"})
		require.NoError(t, err)
		return r
	}
	t.Run("of a copy", func(t *testing.T) {
		r := trace(still("still.png", copied))
		require.Equal(t, "found", r.Verdict)
		require.Equal(t, "bob", r.Findings[0].Tag)
		require.Equal(t, 1, r.Looks, "the choice between pictures looks at no codeword")
		require.Contains(t, r.Tried, exactly)
		checkControls(t, r.Controls)
	})
	t.Run("of the original", func(t *testing.T) {
		r := trace(still("unmarked.png", clip))
		require.Empty(t, r.Findings)
		require.Less(t, r.SyncClarity, 1.0)
		require.Contains(t, r.Tried, exactly)
	})
	t.Run("with the reference alone", func(t *testing.T) {
		r, err := e.Trace(t.Context(), engine.TraceOptions{
			Leak: still("handed-out.png", copied), Title: "film", Method: "informed", ReferencesOnly: true,
		})
		require.NoError(t, err)
		require.NotContains(t, r.Tried, exactly)
	})
	t.Run("another file where the original was", func(t *testing.T) {
		require.NoError(t, os.WriteFile(clip, []byte("not the film any more"), 0o600))
		r := trace(still("later.png", copied))
		require.NotContains(t, r.Tried, exactly)
	})
}
