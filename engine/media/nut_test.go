// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rawNUT is a small stream as ffmpeg writes it.
func rawNUT(tb testing.TB) []byte {
	tb.Helper()
	path := makeClip(tb, filepath.Join(tb.TempDir(), "raw.nut"),
		"-f lavfi -i testsrc2=s=16x8:r=24000/1001:d=0.3 -c:v rawvideo -pix_fmt gray -fflags +bitexact -f nut")
	b, err := os.ReadFile(path)
	require.NoError(tb, err)
	return b
}

func readNUT(b []byte) (pts []int64, frames [][]byte, err error) {
	n, err := newNUTReader(bytes.NewReader(b))
	if err != nil {
		return nil, nil, err
	}
	size := min(n.width*n.height, 1<<16)
	for {
		buf := make([]byte, size)
		at, err := n.next(buf)
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return pts, frames, nil
		}
		if err != nil {
			return pts, frames, err
		}
		pts, frames = append(pts, at), append(frames, buf)
	}
}

func TestNUTReadAndWrite(t *testing.T) {
	b := rawNUT(t)
	n, err := newNUTReader(bytes.NewReader(b))
	require.NoError(t, err)
	require.Equal(t, []int{16, 8}, []int{n.width, n.height})
	pts, frames, err := readNUT(b)
	require.NoError(t, err)
	require.Len(t, pts, 8)
	for i, p := range pts {
		require.Equal(t, time.Duration(math.Round(float64(i)*1001e9/24000)), ticksToDuration(p, n.base))
	}
	w, err := newNUTWriter(n)
	require.NoError(t, err)
	out := append([]byte(nil), w.header...)
	for i, p := range pts {
		out = append(w.frame(out, p, len(frames[i])), frames[i]...)
	}
	again, same, err := readNUT(out)
	require.NoError(t, err)
	require.Equal(t, pts, again)
	require.Equal(t, frames, same)
}

// TestNUTDamage cuts and changes a stream at every byte: an error or another
// picture, never a panic, never a picture out of a cut.
func TestNUTDamage(t *testing.T) {
	b := rawNUT(t)
	_, whole, err := readNUT(b)
	require.NoError(t, err)
	for i := range b {
		_, frames, _ := readNUT(b[:i])
		require.LessOrEqual(t, len(frames), len(whole))
		for k := range frames {
			require.Equal(t, whole[k], frames[k])
		}
		c := bytes.Clone(b)
		c[i] ^= 0xff
		_, _, _ = readNUT(c)
	}
}

func TestMulDiv(t *testing.T) {
	for _, c := range []struct {
		t, num, den int64
		nearest     bool
		want        int64
	}{
		{1, 1, 3, true, 0},
		{2, 1, 3, true, 1},
		{-2, 1, 3, true, -1},
		{-1, 1, 3, false, -1},
		{1, 2, 3, false, 0},
		{1 << 40, 1 << 61, 1 << 61, true, 1 << 40},
		{math.MaxInt64, 1 << 40, 1, true, 1 << 62},
		{math.MinInt64, 1 << 40, 1, true, -1 << 62},
		{1001, 1e9, 24000, true, 41708333},
		{5, 1, 0, true, 0},
	} {
		require.Equal(t, c.want, mulDiv(c.t, c.num, c.den, c.nearest), "%+v", c)
	}
}

func FuzzNUT(f *testing.F) {
	f.Add(rawNUT(f))
	f.Add([]byte(nutMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, err := readNUT(b)
		if err != nil && !errors.Is(err, errNUT) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	})
}

// FuzzNUTHeaders gets behind the checksums: the bytes are the content of the
// headers and then frames.
func FuzzNUTHeaders(f *testing.F) {
	b := rawNUT(f)
	main := b[len(nutMagic)+9 : len(nutMagic)+9+0x5f-4]
	stream := b[len(nutMagic)+9+0x5f+9:][:0x18]
	f.Add(main, stream, b[200:])
	f.Fuzz(func(_ *testing.T, main, stream, frames []byte) {
		n := &nutReader{r: bufio.NewReader(bytes.NewReader(frames)), started: true}
		p, q := nutFields{b: main}, nutFields{b: stream}
		n.readMain(&p)
		if p.bad {
			return
		}
		n.readStream(&q)
		if q.bad {
			return
		}
		buf := make([]byte, 64)
		for {
			pts, err := n.next(buf)
			if err != nil {
				return
			}
			_ = ticksToDuration(pts, n.base)
		}
	})
}

func FuzzProbe(f *testing.F) {
	f.Add([]byte(`{"streams":[{"index":0,"codec_name":"h264","codec_type":"video","width":320,"height":180,"pix_fmt":"yuv420p",
		"r_frame_rate":"25/1","avg_frame_rate":"25/1","duration":"3.0","nb_frames":"75","side_data_list":[{"rotation":-90}]},
		{"index":1,"codec_type":"audio"}],"format":{"format_name":"mov,mp4","duration":"3","start_time":"0.08"}}`))
	f.Add([]byte(`{"format":{"format_name":"png_pipe"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := parseProbe(b)
		if err != nil {
			return
		}
		if i.Duration < 0 || i.Frames < 0 || i.SAR.Den < 0 || i.Rotation < 0 || i.Rotation > 270 || i.FrameRate.Float() < 0 ||
			math.IsInf(i.FrameRate.Float(), 0) {
			t.Fatalf("%+v", i)
		}
		_ = layoutFor(i)
	})
}

func FuzzBoxes(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x18moov\x00\x00\x00\x10trak\x00\x00\x00\x08mdia"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		sampleEntryEncrypted(bytes.NewReader(b))
		itemPicture(bytes.NewReader(b))
	})
}
