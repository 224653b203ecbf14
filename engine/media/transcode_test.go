// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lossless lets tests compare samples.
func lossless() []string { return []string{"-c:v", "ffv1", "-level", "3"} }

func fast() []string { return []string{"-c:v", "libx264", "-preset", "ultrafast", "-crf", "18"} }

func keepAll(int, Plane) error { return nil }

// samples decodes a file with a plain ffmpeg into raw frames of a format.
func samples(tb testing.TB, path, pixFmt string) []byte {
	tb.Helper()
	return plain(tb, "ffmpeg", "-nostdin", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough",
		"-pix_fmt", pixFmt, "-f", "rawvideo", "-")
}

// TestTranscodeSamples: without loss in the encoder, luma comes out as each
// left it and chroma as it was, in every layout.
func TestTranscodeSamples(t *testing.T) {
	tt := tools(t)
	for pixFmt := range strings.FieldsSeq("yuv420p yuv422p yuv444p yuvj420p yuv420p10le yuv422p10le yuv444p10le gray gray10le") {
		t.Run(pixFmt, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			encoder, w, h := lossless(), 49, 37
			if pixFmt == "yuvj420p" {
				encoder, w, h = []string{"-c:v", "libx264", "-qp", "0"}, 48, 36
			}
			src := makeClip(t, filepath.Join(dir, "a.mkv"), "-f lavfi -i testsrc2=s=48x36:r=10:d=1",
				"-vf", fmt.Sprintf("scale=%d:%d", w, h), strings.Join(encoder, " "), "-pix_fmt", pixFmt)
			dst := filepath.Join(dir, "b.mkv")
			res, err := tt.Transcode(t.Context(), src, dst, TranscodeOptions{Encoder: encoder, Workers: 3}, func(_ int, p Plane) error {
				if p.Width != w || p.Height != h || len(p.Pix) != w*h*((p.Depth+7)/8) ||
					p.Time != time.Duration(p.Index)*100*time.Millisecond {
					return fmt.Errorf("unexpected plane %dx%d depth %d, %d bytes, %v", p.Width, p.Height, p.Depth, len(p.Pix), p.Time)
				}
				addOne(p)
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, pixFmt, res.PixFmt)
			require.EqualValues(t, 10, res.Frames)
			want, got := samples(t, src, pixFmt), samples(t, dst, pixFmt)
			info, err := tt.Probe(t.Context(), src)
			require.NoError(t, err)
			l := layoutFor(info)
			frame, luma := l.size(w, h)
			require.Len(t, want, 10*frame)
			for i := range 10 {
				addOne(Plane{Pix: want[i*frame : i*frame+luma], Depth: l.depth})
			}
			require.True(t, bytes.Equal(want, got))
			after, err := tt.Probe(t.Context(), dst)
			require.NoError(t, err)
			require.Equal(t, info.PixFmt, after.PixFmt)
		})
	}
}

// addOne changes every luma sample by the smallest step.
func addOne(p Plane) {
	if p.Depth == 8 {
		for i := range p.Pix {
			p.Pix[i] ^= 1
		}
		return
	}
	for i := 0; i < len(p.Pix); i += 2 {
		binary.LittleEndian.PutUint16(p.Pix[i:], binary.LittleEndian.Uint16(p.Pix[i:])^1)
	}
}

// TestTranscodeOtherLayouts: what is not planar YUV of 8 or 10 bits becomes
// the nearest that holds it.
func TestTranscodeOtherLayouts(t *testing.T) {
	for from, to := range map[string]string{
		"gbrp": "yuv444p", "rgb24": "yuv444p", "yuv420p12le": "yuv420p10le", "yuv444p16le": "yuv444p10le", "yuva420p": "yuv420p",
		"nv12": "yuv420p", "yuv411p": "yuv422p", "yuv410p": "yuv420p", "gbrp10le": "yuv444p10le", "yuvj422p": "yuvj422p",
		"gray16le": "gray10le", "pal8": "yuv444p",
	} {
		l := layoutFor(Info{PixFmt: from, BitDepth: bitDepth(from)})
		require.Equal(t, to, l.name, from)
	}
}

// TestTranscodeFaithful keeps times and everything that is told about the picture.
func TestTranscodeFaithful(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	const test = "-f lavfi -i testsrc2=s=96x64:r=30:d=2 -c:v libx264 -preset ultrafast"
	for name, args := range map[string][]string{
		"vfr":          {"-vf", vfrFilter, vfrOutput},
		"ntsc":         {"-r 30000/1001"},
		"hdr10":        {"-pix_fmt yuv420p10le -color_trc smpte2084 -color_primaries bt2020 -colorspace bt2020nc -color_range tv"},
		"bt601 full":   {"-pix_fmt yuvj420p -color_trc smpte170m -color_primaries smpte170m -colorspace smpte170m"},
		"wide pixels":  {"-vf setsar=64/45"},
		"top first":    {"-vf setfield=tff -flags +ildct+ilme"},
		"bottom first": {"-vf setfield=bff -flags +ildct+ilme"},
		"late":         {"-output_ts_offset 1.25"},
		"odd 444":      {"-vf scale=97:65 -pix_fmt yuv444p"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := makeClip(t, filepath.Join(dir, "src "+name+".mp4"), append([]string{test}, args...)...)
			dst := filepath.Join(dir, "dst "+name+".mp4")
			res, err := tt.Transcode(t.Context(), src, dst, TranscodeOptions{Encoder: fast(), Segment: 700 * time.Millisecond}, keepAll)
			require.NoError(t, err)
			require.Empty(t, res.Damage)
			require.Greater(t, res.Segments, 2)
			want, _ := times(t, tt, src, DecodeOptions{})
			got, damage := times(t, tt, dst, DecodeOptions{})
			require.Empty(t, damage)
			require.Equal(t, want, got)
			require.Equal(t, want, probedTimes(t, dst))
			a, err := tt.Probe(t.Context(), src)
			require.NoError(t, err)
			b, err := tt.Probe(t.Context(), dst)
			require.NoError(t, err)
			require.InDelta(t, a.Duration.Seconds(), b.Duration.Seconds(), 0.001)
			for _, i := range []*Info{&a, &b} {
				if i.VariableRate { // the last frame has no length of its own
					i.Duration, i.FrameRate = 0, Rational{}
				}
				i.Start = 0
				i.Size, i.BitRate, i.timeBase, i.Profile, i.streams = 0, 0, rational{}, "", nil
			}
			require.Equal(t, a, b)
		})
	}
}

// TestTranscodeOddSize: H.264 in 4:2:0 needs even sizes.
func TestTranscodeOddSize(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	src := makeClip(t, filepath.Join(dir, "a.mpg"),
		"-f lavfi -i testsrc2=s=72x40:d=1:r=25 -vf scale=72:41 -c:v mpeg2video -pix_fmt yuv420p")
	res, err := tt.Transcode(t.Context(), src, filepath.Join(dir, "b.mp4"), TranscodeOptions{Encoder: fast()}, keepAll)
	require.NoError(t, err)
	require.Equal(t, []int{72, 40}, []int{res.Width, res.Height})
	require.Len(t, res.Dropped, 1)
	i, err := tt.Probe(t.Context(), filepath.Join(dir, "b.mp4"))
	require.NoError(t, err)
	require.Equal(t, 40, i.Height)
}

// TestTranscodeRotation applies the flag, so that it is gone.
func TestTranscodeRotation(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	plain := makeClip(t, filepath.Join(dir, "plain.mp4"), "-f lavfi -i testsrc2=s=64x32:d=0.5:r=10 -c:v libx264 -qp 1")
	src := makeClip(t, filepath.Join(dir, "src.mp4"), "-i", plain, "-c copy -metadata:s:v rotate=90")
	dst := filepath.Join(dir, "dst.mkv")
	_, err := tt.Transcode(t.Context(), src, dst, TranscodeOptions{Encoder: lossless()}, keepAll)
	require.NoError(t, err)
	b, err := tt.Probe(t.Context(), dst)
	require.NoError(t, err)
	require.Equal(t, []int{32, 64, 0}, []int{b.Width, b.Height, b.Rotation})
	want, _ := shots(t, tt, src, DecodeOptions{})
	got, _ := shots(t, tt, dst, DecodeOptions{})
	require.Equal(t, want, got)
}

// richSource has sound, subtitles, chapters, metadata, an attachment and
// sound that starts before the picture.
func richSource(tb testing.TB, dir string) string {
	tb.Helper()
	srt, meta, note := filepath.Join(dir, "s.srt"), filepath.Join(dir, "m.txt"), filepath.Join(dir, "note.txt")
	require.NoError(tb, os.WriteFile(srt, []byte("1\n00:00:00,500 --> 00:00:01,500\nhello\n"), 0o600))
	chapter := ";FFMETADATA1\ntitle=The Title\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=one\n"
	require.NoError(tb, os.WriteFile(meta, []byte(chapter), 0o600))
	require.NoError(tb, os.WriteFile(note, []byte("attached"), 0o600))
	return makeClip(tb, filepath.Join(dir, "rich.mkv"),
		"-itsoffset 0.1 -f lavfi -i testsrc2=s=64x48:r=25:d=3 -f lavfi -i sine=d=3 -i", srt, "-i", meta,
		"-map 0:v -map 1:a -map 1:a -map 2:s -map_metadata 3 -map_chapters 3",
		"-c:v libx264 -preset ultrafast -c:a:0 aac -c:a:1 ac3 -c:s srt -attach", note,
		"-metadata:s:t mimetype=text/plain -metadata:s:v language=fin")
}

// packets describes the packets of tracks: their times and sums.
func packets(tb testing.TB, path, which string) string {
	tb.Helper()
	return string(plain(tb, "ffmpeg", "-nostdin", "-i", path, "-map", which, "-c", "copy", "-f", "streamhash", "-"))
}

func TestTranscodeCarriesTheRest(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	src := richSource(t, dir)
	for _, c := range []struct {
		name                         string
		audio, subtitles, attachment int
		dropped                      []string
	}{
		{"a.mkv", 2, 1, 1, nil},
		{"a.mp4", 2, 0, 0, []string{"subtitles (subrip)", "attachment"}},
		{"a.mov", 2, 0, 0, []string{"subtitles (subrip)", "attachment"}},
		{"a.ts", 2, 0, 0, []string{"subtitles (subrip)", "attachment", "chapters"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dst := filepath.Join(t.TempDir(), c.name)
			res, err := tt.Transcode(t.Context(), src, dst, TranscodeOptions{Encoder: fast()}, keepAll)
			require.NoError(t, err)
			require.Len(t, res.Dropped, len(c.dropped), "%v", res.Dropped)
			for i, words := range c.dropped {
				require.Contains(t, res.Dropped[i], words)
			}
			b, err := tt.Probe(t.Context(), dst)
			require.NoError(t, err)
			require.Equal(t, []int{c.audio, c.subtitles, c.attachment}, []int{b.Audio, b.Subtitles, b.Attachments})
			if !strings.HasSuffix(c.name, ".ts") { // its packets are framed otherwise
				require.Equal(t, packets(t, src, "0:a"), packets(t, dst, "0:a"))
				require.Positive(t, b.Chapters)
			}
			require.InDelta(t, soundLead(t, src), soundLead(t, dst), 0.0015, "sound and picture keep their distance")
			if !strings.HasSuffix(c.name, ".ts") {
				require.Equal(t, "fin", language(t, dst))
			}
		})
	}
}

// soundLead is how long the sound starts before the picture, in seconds.
func soundLead(tb testing.TB, path string) float64 {
	tb.Helper()
	return startOf(tb, path, "v:0") - startOf(tb, path, "a:0")
}

func startOf(tb testing.TB, path, track string) float64 {
	tb.Helper()
	out := plain(tb, "ffprobe", "-of", "csv=p=0", "-select_streams", track, "-show_entries", "packet=pts_time",
		"-read_intervals", "%+#3", path)
	best := 1e9
	for line := range strings.Lines(string(out)) {
		var f float64
		if _, err := fmt.Sscan(strings.Trim(line, ", \n"), &f); err == nil {
			best = min(best, f)
		}
	}
	return best
}

func language(tb testing.TB, path string) string {
	tb.Helper()
	out := plain(tb, "ffprobe", "-of", "json", "-select_streams", "v:0", "-show_entries", "stream_tags=language", path)
	var j struct {
		Streams []struct{ Tags map[string]string }
	}
	require.NoError(tb, json.Unmarshal(out, &j))
	return j.Streams[0].Tags["language"]
}

// TestTranscodePart makes a copy of a part, which begins at zero.
func TestTranscodePart(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	src := richSource(t, dir)
	dst := filepath.Join(dir, "part.mp4")
	res, err := tt.Transcode(t.Context(), src, dst, TranscodeOptions{Encoder: fast(), From: time.Second, Length: time.Second}, keepAll)
	require.NoError(t, err)
	require.EqualValues(t, 25, res.Frames)
	at, _ := times(t, tt, dst, DecodeOptions{})
	require.Len(t, at, 25)
	require.Less(t, at[0], 50*time.Millisecond)
	_, err = tt.Transcode(t.Context(), src, filepath.Join(dir, "none.mp4"), TranscodeOptions{From: time.Hour}, keepAll)
	requireWords(t, err)
}

func TestTranscodeRefuses(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	src := makeClip(t, filepath.Join(dir, "a.mp4"), "-f lavfi -i testsrc2=s=64x48:r=10:d=1")
	there := filepath.Join(dir, "there.mp4")
	require.NoError(t, os.WriteFile(there, []byte("mine"), 0o600))
	for name, c := range map[string]struct {
		dst  string
		opt  TranscodeOptions
		kind Kind
	}{
		"there already":   {there, TranscodeOptions{}, Exists},
		"the source":      {src, TranscodeOptions{Overwrite: true}, Exists},
		"no such kind":    {filepath.Join(dir, "b.doc"), TranscodeOptions{}, Unsupported},
		"no such folder":  {filepath.Join(dir, "no", "b.mp4"), TranscodeOptions{}, Missing},
		"no such encoder": {filepath.Join(dir, "b.mp4"), TranscodeOptions{Encoder: []string{"-c:v", "nonesuch"}}, Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.Transcode(t.Context(), src, c.dst, c.opt, keepAll)
			requireWords(t, err)
			require.Equal(t, c.kind, KindOf(err), "%v", err)
		})
	}
	require.Equal(t, []string{"a.mp4", "there.mp4"}, snapshot(t, dir))
	mine, err := os.ReadFile(there)
	require.NoError(t, err)
	require.Equal(t, "mine", string(mine))
	_, err = tt.Transcode(t.Context(), src, there, TranscodeOptions{Encoder: fast(), Overwrite: true}, keepAll)
	require.NoError(t, err)
	require.Equal(t, []string{"a.mp4", "there.mp4"}, snapshot(t, dir))
}

// TestTranscodeLeavesNothing after an error of each and after a cancel.
func TestTranscodeLeavesNothing(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	src := makeClip(t, filepath.Join(dir, "a.mp4"), "-f lavfi -i testsrc2=s=64x48:r=25:d=4 -c:v libx264 -preset ultrafast")
	mine := errors.New("mine")
	_, err := tt.Transcode(
		t.Context(),
		src,
		filepath.Join(dir, "b.mp4"),
		TranscodeOptions{Segment: time.Second},
		func(_ int, p Plane) error {
			if p.Index == 60 {
				return mine
			}
			return nil
		},
	)
	require.ErrorIs(t, err, mine)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = tt.Transcode(ctx, src, filepath.Join(dir, "b.mp4"), TranscodeOptions{Segment: time.Second}, func(_ int, p Plane) error {
		if p.Index == 60 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"a.mp4"}, snapshot(t, dir))
}

// slowMark is work that depends on the place and takes long enough to be
// interrupted.
func slowMark(p Plane) {
	for i := range p.Pix {
		p.Pix[i] += byte(int64(i)*(p.Index+1)) & 3
	}
}

func resumeOptions(work string) TranscodeOptions {
	return TranscodeOptions{Encoder: fast(), WorkDir: work, ID: "test", Segment: time.Second, Threads: 2, Workers: 2}
}

// TestTranscodeResumes: interrupted by a cancel, and by a kill of the whole
// program, the result is the same to the byte.
func TestTranscodeResumes(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	const test = "-f lavfi -i testsrc2=s=96x64:r=25:d=6 -f lavfi -i sine=d=6"
	clips := map[string]string{
		"mp4": makeClip(t, filepath.Join(dir, "a.mp4"), test, "-c:v libx264 -preset ultrafast -bf 2 -g 70"),
		"ts":  makeClip(t, filepath.Join(dir, "a.ts"), test, "-c:v mpeg2video -bf 2 -g 40 -b:v 2M"),
	}
	for name, src := range clips {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			work := filepath.Join(dir, "work")
			whole := filepath.Join(dir, "whole.mp4")
			res, err := tt.Transcode(t.Context(), src, whole, resumeOptions(work), func(_ int, p Plane) error { slowMark(p); return nil })
			require.NoError(t, err)
			require.EqualValues(t, 150, res.Frames)
			require.Equal(t, 6, res.Segments)
			require.Zero(t, res.Resumed)
			require.Empty(t, snapshot(t, work), "segments are gone after success")

			ctx, cancel := context.WithCancel(t.Context())
			resumed := filepath.Join(dir, "resumed.mp4")
			_, err = tt.Transcode(ctx, src, resumed, resumeOptions(work), func(_ int, p Plane) error {
				slowMark(p)
				if p.Index == 60 {
					cancel()
				}
				return nil
			})
			require.ErrorIs(t, err, context.Canceled)
			killed := killInTheMiddle(t, src, resumed, work, 130)
			require.NoFileExists(t, resumed)
			require.True(t, killed)
			var first atomic.Int64
			first.Store(1 << 60)
			res, err = tt.Transcode(t.Context(), src, resumed, resumeOptions(work), func(_ int, p Plane) error {
				first.Store(min(first.Load(), p.Index))
				slowMark(p)
				return nil
			})
			require.NoError(t, err)
			require.EqualValues(t, 150, res.Frames)
			require.Positive(t, res.Resumed)
			t.Logf("resumed %d frames", res.Resumed)
			a, err := os.ReadFile(whole)
			require.NoError(t, err)
			b, err := os.ReadFile(resumed)
			require.NoError(t, err)
			require.True(t, bytes.Equal(a, b), "the same to the byte")
			require.Equal(t, []string{"resumed.mp4", "whole.mp4", "work"}, snapshot(t, dir))
		})
	}
}

const resumeEnv = "SPOOR_MEDIA_TEST_RESUME"

// killInTheMiddle runs the transcode in another process and kills it without
// warning when it comes to a frame.
func killInTheMiddle(t *testing.T, src, dst, work string, frame int64) bool {
	t.Helper()
	text, err := json.Marshal([]any{src, dst, work, frame})
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), resumeEnv+"="+string(text))
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	line, _ := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	return line == "reached\n"
}

// resumeChild is the process that gets killed.
func resumeChild(text string) {
	var src, dst, work string
	var frame int64
	if err := json.Unmarshal([]byte(text), &[]any{&src, &dst, &work, &frame}); err != nil {
		panic(err)
	}
	tt, err := Find()
	if err != nil {
		panic(err)
	}
	_, err = tt.Transcode(context.Background(), src, dst, resumeOptions(work), func(_ int, p Plane) error {
		slowMark(p)
		if p.Index == frame {
			fmt.Println("reached")
			select {}
		}
		return nil
	})
	fmt.Println(err)
}

// TestTranscodeBusy: two runs never work in one folder.
func TestTranscodeBusy(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("locks are used on Linux only")
	}
	tt := tools(t)
	dir := t.TempDir()
	src := makeClip(t, filepath.Join(dir, "a.mp4"), "-f lavfi -i testsrc2=s=64x48:r=10:d=1")
	var inner error
	_, err := tt.Transcode(
		t.Context(),
		src,
		filepath.Join(dir, "b.mp4"),
		resumeOptions(filepath.Join(dir, "work")),
		func(_ int, p Plane) error {
			if p.Index == 0 {
				_, inner = tt.Transcode(t.Context(), src, filepath.Join(dir, "b.mp4"), resumeOptions(filepath.Join(dir, "work")), keepAll)
			}
			return nil
		},
	)
	require.NoError(t, err)
	require.Equal(t, Busy, KindOf(inner))
}

func BenchmarkTranscode(b *testing.B) {
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "media", "open", "bbb_anim_1080p24.mp4"))
	require.NoError(b, err)
	if _, err := os.Stat(path); err != nil {
		b.Skip("the clip is not here")
	}
	tt := tools(b)
	for i := 0; b.Loop(); i++ {
		_, err := tt.Transcode(
			b.Context(),
			path,
			filepath.Join(b.TempDir(), fmt.Sprint(i, ".mp4")),
			TranscodeOptions{Segment: 5 * time.Second},
			keepAll,
		)
		require.NoError(b, err)
	}
}
