// SPDX-License-Identifier: AGPL-3.0-or-later

package media_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine/media"
)

// grayPicture is a smooth picture that moves with n.
func grayPicture(n, w, h int) []byte {
	pix := make([]byte, w*h)
	for y := range h {
		for x := range w {
			pix[y*w+x] = byte(127 + 60*math.Sin(float64(x+3*n)/9) + 60*math.Cos(float64(y-n)/7))
		}
	}
	return pix
}

func TestGrayPicturesComeBackInOrderAndCount(t *testing.T) {
	tools, err := media.Find()
	require.NoError(t, err)
	const w, h, n = 96, 54, 21
	out, err := os.Create(filepath.Join(t.TempDir(), "gray.h264"))
	require.NoError(t, err)
	defer out.Close()
	o := media.GrayOptions{Width: w, Height: h, Group: 8, CRF: 20}
	encoder, err := tools.EncodeGray(t.Context(), out, o)
	require.NoError(t, err)
	defer encoder.Stop()
	for i := range n {
		require.NoError(t, encoder.Write(grayPicture(i, w, h)))
	}
	require.Error(t, encoder.Write(make([]byte, 3)))
	require.NoError(t, encoder.Finish())

	stream, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	require.Equal(t, 3, bytes.Count(stream, []byte{0, 0, 1, 0x67}), "sequence headers: one a group")
	i := 0
	require.NoError(t, tools.DecodeGray(t.Context(), bytes.NewReader(stream), o, func(pix []byte) error {
		want := grayPicture(i, w, h)
		var sum float64
		for k := range pix {
			sum += math.Abs(float64(pix[k]) - float64(want[k]))
		}
		require.Less(t, sum/float64(len(pix)), 3.0, "picture %d", i)
		i++
		return nil
	}))
	require.Equal(t, n, i)

	stop := errors.New("enough")
	require.ErrorIs(t, tools.DecodeGray(t.Context(), bytes.NewReader(stream), o, func([]byte) error { return stop }), stop)
	i = 0
	err = tools.DecodeGray(t.Context(), bytes.NewReader([]byte("no video at all")), o, func([]byte) error { i++; return nil })
	require.Zero(t, i)
	require.Error(t, err)
}
