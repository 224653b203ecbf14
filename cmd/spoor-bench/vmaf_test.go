// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVMAFIsTheMeanOfAllFramesThatWereJudged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.json")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	// As libvmaf 2.3 writes it: its own mean leaves out the second.
	write(`{"frames":[{"frameNum":0,"metrics":{"vmaf":94,"neg":92}},{"frameNum":8,"metrics":{"vmaf":98,"neg":97}}],
		"pooled_metrics":{"vmaf":{"mean":94},"neg":{"mean":92}}}`)
	got, err := readVMAF(path)
	require.NoError(t, err)
	require.Equal(t, vmafFigures{VMAF: 96, NEG: 94.5}, got)
	write(`{"frames":[]}`)
	_, err = readVMAF(path)
	require.ErrorContains(t, err, "no frame")
	write(`nonsense`)
	_, err = readVMAF(path)
	require.Error(t, err)
}
