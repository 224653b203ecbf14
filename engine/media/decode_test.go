// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func tools(tb testing.TB) *Tools {
	tb.Helper()
	tools, err := Find()
	if err != nil {
		tb.Skip("ffmpeg is not installed: ", err)
	}
	return tools
}

// shot is one frame, for comparing.
type shot struct {
	at  time.Duration
	sum uint64
}

// shots decodes a file to the end.
func shots(tb testing.TB, tt *Tools, path string, o DecodeOptions) (all []shot, damage string) {
	tb.Helper()
	r, err := tt.Decode(tb.Context(), path, o)
	require.NoError(tb, err)
	defer r.Close()
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, r.Damage()
		}
		require.NoError(tb, err)
		s := shot{at: f.Time}
		for _, b := range f.Pix {
			s.sum = s.sum*1099511628211 + uint64(b)
		}
		all = append(all, s)
	}
}

func times(tb testing.TB, tt *Tools, path string, o DecodeOptions) (at []time.Duration, damage string) {
	tb.Helper()
	all, damage := shots(tb, tt, path, o)
	for _, s := range all {
		at = append(at, s.at)
	}
	return at, damage
}

// probedTimes asks ffprobe for the time stamps, as an independent witness.
func probedTimes(tb testing.TB, path string) (at []time.Duration) {
	tb.Helper()
	out := plain(tb, "ffprobe", "-of", "json", "-select_streams", "v:0",
		"-show_entries", "frame=pts:stream=time_base:format=start_time", path)
	var j struct {
		Frames  []struct{ PTS int64 }
		Streams []struct {
			TimeBase string `json:"time_base"`
		}
		Format struct {
			Start string `json:"start_time"`
		}
	}
	require.NoError(tb, json.Unmarshal(out, &j))
	b := parseRational(j.Streams[0].TimeBase, "/")
	start := mulDiv(int64(seconds(j.Format.Start)), b.Den, b.Num*int64(time.Second), true)
	for _, f := range j.Frames {
		at = append(at, ticksToDuration(f.PTS-start, rational{b.Num, b.Den}))
	}
	return at
}

const (
	vfrOutput = "-fps_mode vfr -enc_time_base 1/30000 -video_track_timescale 30000"
	vfrFilter = "settb=1/30000,setpts='if(lt(N,20),N*1001,20*1001+(N-20)*(N-20)*37+(N-20)*500)'"
)

// variousClips makes clips in the containers and rates that matter.
func variousClips(tb testing.TB) map[string]string {
	tb.Helper()
	dir := tb.TempDir()
	src := func(rate string) []string {
		return []string{"-f lavfi -i", "testsrc2=s=128x72:d=4:r=" + rate}
	}
	clip := func(name, rate string, args ...string) string {
		return makeClip(tb, filepath.Join(dir, name), append(src(rate), args...)...)
	}
	x264 := []string{"-c:v libx264 -preset ultrafast -bf 2 -g 30"}
	sound := []string{"-f lavfi -i sine=d=4"}
	return map[string]string{
		"mp4":     clip("a.mp4", "30000/1001", x264...),
		"mkv":     clip("a.mkv", "24", x264...),
		"ts":      clip("a.ts", "25", append(sound, append(x264, "-muxdelay 3")...)...),
		"mpeg-ps": clip("a.mpg", "25", append(sound, "-c:v mpeg2video -bf 2 -b:v 1M")...),
		"avi":     clip("a.avi", "25", "-c:v mpeg4 -q:v 5"),
		"vfr":     clip("v.mp4", "30", append([]string{"-vf", vfrFilter, vfrOutput}, x264...)...),
		"late":    clip("late.mp4", "30", append([]string{"-output_ts_offset 1.5"}, x264...)...),
	}
}

// TestExactTimes compares with ffprobe, and every seek with decoding it all.
func TestExactTimes(t *testing.T) {
	tt := tools(t)
	for name, path := range variousClips(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, damage := shots(t, tt, path, DecodeOptions{Width: 64})
			require.Empty(t, damage)
			var at []time.Duration
			for _, s := range all {
				at = append(at, s.at)
			}
			require.Equal(t, probedTimes(t, path), at)
			if name == "vfr" {
				require.NotEqual(t, at[30]-at[29], at[1]-at[0])
			}
			for _, k := range []int{1, 29, len(all) - 1} {
				got, _ := shots(t, tt, path, DecodeOptions{Width: 64, From: at[k]})
				require.Equal(t, all[k:], got, "from frame %d", k)
				if k != 29 {
					continue
				}
				got, _ = shots(t, tt, path, DecodeOptions{Width: 64, From: at[k] - 3*time.Millisecond, Length: 500 * time.Millisecond})
				n := 0
				for k+n < len(all) && at[k+n] < at[k]+497*time.Millisecond {
					n++
				}
				require.Equal(t, all[k:k+n], got, "part from frame %d", k)
			}
			sampled, _ := shots(t, tt, path, DecodeOptions{Width: 64, FPS: 5})
			require.Equal(t, everyGrid(all, 5), sampled)
			got, _ := shots(t, tt, path, DecodeOptions{Width: 64, FPS: 5, From: 2 * time.Second, Length: time.Second})
			var want []shot
			for _, s := range everyGrid(all, 5) {
				if s.at >= 2*time.Second && s.at < 3*time.Second {
					want = append(want, s)
				}
			}
			require.Equal(t, want, got, "a slice of samples")
		})
	}
}

// everyGrid picks the first frame at or after each multiple of 1/fps.
func everyGrid(all []shot, fps int64) (picked []shot) {
	last := int64(-1)
	for _, s := range all {
		if cell := int64(s.at) * fps / int64(time.Second); cell > last {
			picked, last = append(picked, s), cell
		}
	}
	return picked
}

// Frames that no other needs can be left out; those that come are what they are when all come.
func TestReferencedFramesAreSomeOfAll(t *testing.T) {
	tt, dir := tools(t), t.TempDir()
	for name, c := range map[string]struct {
		codec string
		fewer bool
	}{
		"x264.mp4": {"-c:v libx264 -preset veryfast -bf 3 -g 30", true},
		"mpeg.avi": {"-c:v mpeg4 -bf 2 -q:v 5", true},
		"jpeg.mkv": {"-c:v mjpeg -q:v 5", false}, // knows of no other frames
	} {
		path := makeClip(t, filepath.Join(dir, name), "-f lavfi -i", "testsrc2=s=128x72:d=4:r=24", c.codec)
		all, _ := shots(t, tt, path, DecodeOptions{})
		some, damage := shots(t, tt, path, DecodeOptions{Referenced: true})
		require.Empty(t, damage, name)
		require.Subset(t, all, some, name)
		require.Equal(t, c.fewer, len(some) < len(all), name)
		require.Greater(t, len(some), len(all)/4, name)
		thin, _ := shots(t, tt, path, DecodeOptions{Referenced: true, FPS: 3})
		require.InDelta(t, 12, len(thin), 1, name) // AVI begins a frame late
		require.Subset(t, some, thin, name)
	}
}

func TestPastTheEnd(t *testing.T) {
	tt := tools(t)
	path := makeClip(t, filepath.Join(t.TempDir(), "a.mp4"), "-f lavfi -i testsrc2=s=64x48:r=5:d=1")
	at, _ := times(t, tt, path, DecodeOptions{From: time.Hour})
	require.Empty(t, at)
	_, err := tt.Still(t.Context(), path, time.Hour, StillOptions{})
	requireWords(t, err)
}

// TestShapes checks sizes, turns and the rotation flag by where the bright
// corner goes.
func TestShapes(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	corner := []string{"-f lavfi -i color=black:s=64x32:d=0.2:r=10,drawbox=w=16:h=8:t=fill:color=white"}
	plain := makeClip(t, filepath.Join(dir, "plain.mp4"), append(corner, "-c:v libx264 -qp 1")...)
	flagged := makeClip(t, filepath.Join(dir, "flag.mp4"), "-i", plain, "-c copy -metadata:s:v rotate=90")
	info, err := tt.Probe(t.Context(), flagged)
	require.NoError(t, err)
	require.Equal(t, []int{32, 64}, []int{info.Width, info.Height})
	for name, c := range map[string]struct {
		path          string
		o             DecodeOptions
		width, height int
		bright        string
	}{
		"as it is":     {plain, DecodeOptions{}, 64, 32, "top left"},
		"quarter":      {plain, DecodeOptions{Turn: 1}, 32, 64, "top right"},
		"half":         {plain, DecodeOptions{Turn: 2}, 64, 32, "bottom right"},
		"back quarter": {plain, DecodeOptions{Turn: -1}, 32, 64, "bottom left"},
		"width alone":  {plain, DecodeOptions{Width: 32}, 32, 16, "top left"},
		"height alone": {plain, DecodeOptions{Height: 64, Turn: 1}, 32, 64, "top right"},
		"odd":          {plain, DecodeOptions{Width: 33, Height: 17}, 33, 17, "top left"},
		"flag":         {flagged, DecodeOptions{}, 32, 64, flagCorner(info.Rotation)},
		"flag undone":  {flagged, DecodeOptions{Turn: -info.Rotation / 90}, 64, 32, "top left"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := tt.Decode(t.Context(), c.path, c.o)
			require.NoError(t, err)
			defer r.Close()
			f, err := r.Next()
			require.NoError(t, err)
			require.Equal(t, []int{c.width, c.height}, []int{f.Width, f.Height})
			require.Len(t, f.Pix, f.Width*f.Height)
			require.Equal(t, c.bright, brightCorner(f))
			require.GreaterOrEqual(t, f.Pix[corners(f)[c.bright]], byte(250), "white is full range")
		})
	}
}

func flagCorner(rotation int) string {
	return map[int]string{90: "top right", 270: "bottom left"}[rotation]
}

func corners(f Frame) map[string]int {
	last := f.Width * (f.Height - 1)
	return map[string]int{"top left": 0, "top right": f.Width - 1, "bottom left": last, "bottom right": last + f.Width - 1}
}

func brightCorner(f Frame) string {
	best, name := byte(0), ""
	for n, at := range corners(f) {
		if f.Pix[at] > best {
			best, name = f.Pix[at], n
		}
	}
	return name
}

// TestSources reads every kind of source that needs care.
func TestSources(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	test := func(size string, more ...string) []string {
		return append([]string{"-f lavfi -i", "testsrc2=s=" + size + ":r=10:d=1"}, more...)
	}
	one := []string{"-frames:v 1"}
	for name, c := range map[string]struct {
		file   string
		args   []string
		frames int
		check  func(Info) bool
	}{
		"tiny": {"a.mp4", test("2x2", "-pix_fmt yuv420p"), 10, func(i Info) bool { return i.Width == 2 && i.Height == 2 }},
		"odd 444": {"b.mp4", test("160x90", "-vf scale=161:91 -pix_fmt yuv444p"), 10, func(i Info) bool {
			return i.Width == 161 && i.Height == 91
		}},
		"10 bit": {"c.mp4", test("64x48", "-pix_fmt yuv420p10le"), 10, func(i Info) bool { return i.BitDepth == 10 }},
		"hdr": {"d.mp4", test("64x48", "-pix_fmt yuv420p10le -color_trc smpte2084 -colorspace bt2020nc"), 10, func(i Info) bool {
			return i.HDR && i.Matrix == "bt2020nc"
		}},
		"interlaced": {"e.mp4", test("64x48", "-vf setfield=tff -flags +ildct+ilme"), 10, func(i Info) bool {
			return i.Interlaced && i.TopFirst
		}},
		"wide pixels": {"f.mp4", test("64x48", "-vf setsar=64/45"), 10, func(i Info) bool { return i.SAR == Rational{64, 45} }},
		"odd program": {"g.mpg", test("64x48", "-vf scale=64:49 -r 25 -c:v mpeg2video -pix_fmt yuv420p"), 0, func(i Info) bool {
			return i.Height == 49
		}},
		"one frame": {"h.mp4", test("64x48", one...), 1, func(i Info) bool { return i.Still }},
		"png":       {"i.png", test("64x48", one...), 1, func(i Info) bool { return i.Still && i.Codec == "png" }},
		"jpeg": {"j%03d.jpg", test("64x48", append(one, "-update 1")...), 1, func(i Info) bool {
			return i.Still && i.Codec == "mjpeg"
		}},
		"webp":     {"k.webp", test("64x48", one...), 1, func(i Info) bool { return i.Still && i.Codec == "webp" }},
		"bmp":      {"l.bmp", test("64x48", one...), 1, func(i Info) bool { return i.Still && i.Codec == "bmp" }},
		"tiff":     {"m.tiff", test("64x48", one...), 1, func(i Info) bool { return i.Still && i.Codec == "tiff" }},
		"gif":      {"n.gif", test("64x48"), 10, func(i Info) bool { return !i.Still && i.Codec == "gif" }},
		"raw h264": {"o.h264", test("64x48"), 10, func(i Info) bool { return i.Codec == "h264" }},
		"webm":     {"p.webm", test("64x48", "-deadline realtime -cpu-used 8"), 10, func(i Info) bool { return i.Codec == "vp9" }},
		"sound first": {"q.mkv", test("64x48", "-f lavfi -i sine=d=1 -map 1 -map 0 -c:v libx264"), 10, func(i Info) bool {
			return i.Index == 1 && i.Audio == 1
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, c.file)
			if strings.Contains(c.file, "%") { // a pattern for ffmpeg, a name for us
				made := makeClip(t, filepath.Join(dir, "plain.jpg"), c.args...)
				require.NoError(t, os.Rename(made, path))
			} else {
				makeClip(t, path, c.args...)
			}
			info, err := tt.Probe(t.Context(), path)
			require.NoError(t, err)
			require.True(t, c.check(info), "%+v", info)
			at, damage := times(t, tt, path, DecodeOptions{})
			require.Empty(t, damage)
			if c.frames > 0 {
				require.Len(t, at, c.frames)
			}
			require.NotEmpty(t, at)
			text, err := json.Marshal(info)
			require.NoError(t, err)
			var back Info
			require.NoError(t, json.Unmarshal(text, &back))
			require.Equal(t, info.SAR, back.SAR)
			require.Equal(t, info.FrameRate, back.FrameRate)
		})
	}
}

func TestNoVideo(t *testing.T) {
	path := makeClip(t, filepath.Join(t.TempDir(), "a.m4a"), "-f lavfi -i sine=d=0.5")
	_, err := tools(t).Probe(t.Context(), path)
	requireWords(t, err)
	require.Equal(t, NoVideo, KindOf(err))
}

// TestTruncated: what can be decoded is, and the damage is told.
func TestTruncated(t *testing.T) {
	tt := tools(t)
	path := makeClip(t, filepath.Join(t.TempDir(), "a.mp4"), "-f lavfi -i testsrc2=s=128x72:r=25:d=4 -movflags +faststart -g 10")
	st, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, st.Size()*6/10))
	at, damage := times(t, tt, path, DecodeOptions{})
	require.Greater(t, len(at), 20)
	require.Less(t, len(at), 100)
	require.NotEmpty(t, damage)
	t.Log(damage)
}

// TestCancel ends a decoder at once, in the middle and before the first frame.
func TestCancel(t *testing.T) {
	tt := tools(t)
	path := makeClip(t, filepath.Join(t.TempDir(), "a.mp4"), "-f lavfi -i testsrc2=s=320x180:r=25:d=20 -c:v libx264 -preset ultrafast")
	for _, after := range []int{0, 1, 5} {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := tt.Decode(ctx, path, DecodeOptions{})
		require.NoError(t, err)
		for range after {
			_, err := r.Next()
			require.NoError(t, err)
		}
		p := r.proc
		cancel()
		for err == nil {
			_, err = r.Next()
		}
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, r.Close())
		require.NotNil(t, p.cmd.ProcessState, "the child is gone")
	}
	r, err := tt.Decode(t.Context(), path, DecodeOptions{})
	require.NoError(t, err)
	require.NoError(t, r.Close(), "nobody reads")
	require.NoError(t, r.Close())
	_, err = r.Next()
	require.ErrorIs(t, err, os.ErrClosed)
}

func TestWallLimit(t *testing.T) {
	tt := tools(t)
	path := makeClip(t, filepath.Join(t.TempDir(), "a.mp4"), "-f lavfi -i testsrc2=s=320x180:r=25:d=20 -c:v libx264 -preset ultrafast")
	r, err := tt.Decode(t.Context(), path, DecodeOptions{Wall: time.Millisecond})
	if err == nil {
		defer r.Close()
		for err == nil {
			_, err = r.Next()
		}
	}
	requireWords(t, err)
	require.Equal(t, TimedOut, KindOf(err))
}

// TestNextAllocatesNothing counts over many frames, the reading goroutine included.
func TestNextAllocatesNothing(t *testing.T) {
	tt := tools(t)
	path := makeClip(t, filepath.Join(t.TempDir(), "a.mp4"), "-f lavfi -i testsrc2=s=64x36:r=100:d=10 -c:v libx264 -preset ultrafast")
	r, err := tt.Decode(t.Context(), path, DecodeOptions{})
	require.NoError(t, err)
	defer r.Close()
	_, err = r.Next()
	require.NoError(t, err)
	allocs := testing.AllocsPerRun(900, func() {
		if _, err := r.Next(); err != nil {
			t.Error(err)
		}
	})
	require.Zero(t, allocs)
}

func TestStill(t *testing.T) {
	tt := tools(t)
	path := makeClip(t, filepath.Join(t.TempDir(), "a.mp4"), "-f lavfi -i color=red:s=64x48:r=10:d=1,format=yuv420p -c:v libx264 -qp 1")
	p, err := tt.Still(t.Context(), path, 250*time.Millisecond, StillOptions{Width: 32})
	require.NoError(t, err)
	require.Equal(t, 300*time.Millisecond, p.Time)
	require.Equal(t, 24, p.RGB.Rect.Dy())
	require.Equal(t, p.Gray.Rect, p.RGB.Rect)
	c := p.RGB.RGBAAt(16, 12)
	require.Greater(t, c.R, uint8(200))
	require.Less(t, c.G, uint8(40))
	require.Equal(t, uint8(255), c.A)
}

func BenchmarkDecode640x360(b *testing.B) {
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "media", "open", "bbb_anim_1080p24.mp4"))
	require.NoError(b, err)
	if _, err := os.Stat(path); err != nil {
		b.Skip("the clip is not here")
	}
	tt := tools(b)
	b.ReportAllocs()
	for b.Loop() {
		r, err := tt.Decode(b.Context(), path, DecodeOptions{Width: 640, Height: 360})
		require.NoError(b, err)
		for err == nil {
			_, err = r.Next()
		}
		require.ErrorIs(b, err, io.EOF)
		require.NoError(b, r.Close())
	}
}
