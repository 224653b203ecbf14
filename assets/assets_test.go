// SPDX-License-Identifier: AGPL-3.0-or-later

package assets_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/assets"
)

func TestDemoClipIsTheOneAttributed(t *testing.T) {
	clip := assets.DemoClip()
	require.Less(t, len(clip), 3_000_000, "the clip is in every clone and in the program")
	require.Equal(t, "ftyp", clip[4:8], "an MP4 file")

	attribution, err := os.ReadFile("ATTRIBUTION.md")
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(clip))
	require.Contains(t, string(attribution), hex.EncodeToString(sum[:]), "ATTRIBUTION.md speaks of another file")
	require.Contains(t, string(attribution), assets.DemoClipAttribution)
}

func TestCountryDatabaseIsTheOneAttributed(t *testing.T) {
	attribution, err := os.ReadFile("ATTRIBUTION.md")
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(assets.CountryDatabase()))
	require.Contains(t, string(attribution), hex.EncodeToString(sum[:]), "ATTRIBUTION.md speaks of another file")
	require.Contains(t, string(attribution), "Public Domain Dedication")
	require.Less(t, len(assets.CountryDatabase()), 3_000_000)
}

func TestWhatReportsUseIsWhatIsAttributed(t *testing.T) {
	attribution, err := os.ReadFile("ATTRIBUTION.md")
	require.NoError(t, err)
	size := 0
	for name, content := range map[string]string{
		"fonts/NotoSans-Regular.ttf": assets.Sans(), "fonts/NotoSans-Bold.ttf": assets.SansBold(),
		"fonts/DejaVuSansMono.ttf": assets.Mono(), "world.json": assets.World(),
	} {
		sum := sha256.Sum256([]byte(content))
		require.Contains(t, string(attribution), name)
		require.Contains(t, string(attribution), hex.EncodeToString(sum[:]), name)
		size += len(content)
	}
	require.Less(t, size, 1_500_000, "the fonts and the map are in every clone and in the program")
}

func TestFacesOfOtherScriptsAreAttributed(t *testing.T) {
	attribution, err := os.ReadFile("ATTRIBUTION.md")
	require.NoError(t, err)
	files, err := os.ReadDir("fonts/more")
	require.NoError(t, err)
	size := 0
	for _, f := range files {
		content, err := assets.Face(strings.TrimSuffix(f.Name(), ".ttf.zst"))
		require.NoError(t, err)
		sum := sha256.Sum256(content)
		require.Contains(t, string(attribution), "fonts/more/"+f.Name())
		require.Contains(t, string(attribution), hex.EncodeToString(sum[:]), f.Name())
		size += len(content)
	}
	require.Greater(t, len(files), 10)
	require.Less(t, size, 3_000_000, "they are in every clone and in the program")
	_, err = assets.Face("Comic")
	require.Error(t, err)
}
