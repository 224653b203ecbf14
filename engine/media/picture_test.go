// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnreadablePictures: HEIC and AVIF that this ffmpeg cannot read are refused by name.
func TestUnreadablePictures(t *testing.T) {
	tt := tools(t)
	for _, brand := range []string{"heic", "avif"} {
		path := filepath.Join(t.TempDir(), "x."+brand)
		require.NoError(t, os.WriteFile(path, []byte("\x00\x00\x00\x18ftyp"+brand+"\x00\x00\x00\x00mif1"+brand), 0o600))
		_, err := tt.Probe(t.Context(), path)
		requireWords(t, err)
		require.Equal(t, Unsupported, KindOf(err), "%v", err)
		require.ErrorContains(t, err, "convert it to PNG or JPEG")
	}
}
