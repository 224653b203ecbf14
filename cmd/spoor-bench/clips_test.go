// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/assets"
)

func TestClips(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"bbb_anim_1080p24.mp4", "hawk_closeup_540p25.mp4", "stranger.MKV", "dog_outdoor_720p30.mp4",
		"citynight_dark_404p25.mp4", "citynight_odd_height_720x405.mpg", "SOURCES.md",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600))
	}
	names := func(s selection) []string {
		s.Media = dir
		clips, err := s.clips(t.TempDir())
		require.NoError(t, err)
		var out []string
		for _, c := range clips {
			require.Len(t, c.sha, 64)
			out = append(out, c.name)
		}
		return out
	}
	known := []string{"citynight_dark_404p25", "hawk_closeup_540p25", "stranger"}
	seen := []string{"bbb_anim_1080p24", "dog_outdoor_720p30"}
	require.Equal(t, append(known, seen...), names(selection{Set: "all"}))
	require.Equal(t, known, names(selection{Set: measuring}))
	require.Equal(t, seen, names(selection{Set: developing}))
	require.Equal(t, []string{"hawk_closeup_540p25", "dog_outdoor_720p30"}, names(selection{Set: "all", Clips: []string{"dog", "hawk"}}))
	_, err := (&selection{Media: dir, Set: "all", Clips: []string{"cat"}}).clips(t.TempDir())
	require.Error(t, err)
}

func TestClipsWithoutTheFolder(t *testing.T) {
	clips, err := (&selection{Media: filepath.Join(t.TempDir(), "none"), Set: measuring, Clips: []string{"hawk"}}).clips(t.TempDir())
	require.NoError(t, err)
	require.Len(t, clips, 1)
	require.Equal(t, "demo", clips[0].half)
	text, err := os.ReadFile(clips[0].path)
	require.NoError(t, err)
	require.Equal(t, assets.DemoClip(), string(text))
}
