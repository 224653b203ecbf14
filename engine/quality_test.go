// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
)

// noisy are two planes: noise, and the same with a little more noise.
func noisy(n int) (before, after []byte) {
	r := rand.New(rand.NewPCG(1, 2))
	before, after = make([]byte, n), make([]byte, n)
	for i := range before {
		before[i] = byte(60 + i%97 + r.IntN(20))
		after[i] = byte(int(before[i]) + r.IntN(7) - 3)
	}
	return before, after
}

func TestQualityOfEqualPlanes(t *testing.T) {
	before, _ := noisy(64 * 48)
	var q engine.Quality
	require.Zero(t, q.PSNR())
	require.Zero(t, q.SSIM())
	require.NoError(t, q.Add(before, before, 64, 48, 8))
	require.InDelta(t, engine.MaxPSNR, q.PSNR(), 1e-9)
	require.InDelta(t, 1, q.SSIM(), 1e-12)
	require.InDelta(t, 1, q.WorstSSIM(), 1e-12)
	require.Equal(t, 1, q.Frames())
	require.Error(t, q.Add(before, before[1:], 64, 48, 8))
	require.Error(t, q.Add(nil, nil, 0, 0, 8))
}

func TestQualityIsThatOfFFmpeg(t *testing.T) {
	const w, h = 160, 120
	before, after := noisy(w * h)
	var q engine.Quality
	require.NoError(t, q.Add(before, after, w, h, 8))

	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.gray"), filepath.Join(dir, "b.gray")
	require.NoError(t, os.WriteFile(a, before, 0o600))
	require.NoError(t, os.WriteFile(b, after, 0o600))
	measure := func(filter, pattern string) float64 {
		raw := []string{"-f", "rawvideo", "-pix_fmt", "gray", "-s", "160x120", "-i"}
		args := append(append(append([]string{"-hide_banner"}, raw...), a), raw...)
		out, err := exec.CommandContext(t.Context(), "ffmpeg", append(args, b, "-lavfi", filter, "-f", "null", "-")...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		found := regexp.MustCompile(pattern).FindSubmatch(out)
		require.NotNil(t, found, "%s", out)
		v, err := strconv.ParseFloat(string(found[1]), 64)
		require.NoError(t, err)
		return v
	}
	require.InDelta(t, measure("psnr", `average:([\d.]+)`), q.PSNR(), 0.01)
	require.InDelta(t, measure("ssim", `All:([\d.]+)`), q.SSIM(), 0.0005)
}

func TestQualityAtTenBitsIsThatAtEight(t *testing.T) {
	before, after := noisy(64 * 48)
	wide := func(p []byte) []byte {
		out := make([]byte, 2*len(p))
		for i, v := range p {
			binary.LittleEndian.PutUint16(out[2*i:], uint16(math.Round(float64(v)*1023/255)))
		}
		return out
	}
	var eight, ten engine.Quality
	require.NoError(t, eight.Add(before, after, 64, 48, 8))
	require.NoError(t, ten.Add(wide(before), wide(after), 64, 48, 10))
	require.InDelta(t, eight.PSNR(), ten.PSNR(), 0.1)
	require.InDelta(t, eight.SSIM(), ten.SSIM(), 0.001)
}
