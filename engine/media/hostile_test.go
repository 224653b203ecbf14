// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hostileDir is the corpus beside the checkout; see its INDEX.md.
func hostileDir(tb testing.TB) string {
	tb.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "data", "hostile"))
	require.NoError(tb, err)
	if _, err := os.Stat(dir); err != nil {
		tb.Skip("the corpus of hostile files is not here")
	}
	return dir
}

// mustWork are the rows of INDEX.md marked valid that hold pictures.
func mustWork() map[string]int {
	return map[string]int{ // number of frames
		"made/all_black_4s.mp4": 0, "made/h264_10bit.mp4": 75, "made/interlaced.mp4": 0, "made/metadata_injection.mp4": 75,
		"made/odd_dims_161x91_yuv444.mp4": 25, "made/one_frame.mp4": 1, "made/real_8192x8192_1frame.mp4": 1,
		"made/rotate90_flag.mp4": 75, "made/tiny_2x2.mp4": 0, "made/trailing_garbage.mp4": 75, "made/vfr.mp4": 41,
		"mp4parse/h264_white_frame_sar_16_9.mp4": 1, "mp4parse/hevc_white_frame.mp4": 1, "mp4parse/minimal.mp4": 0,
		"mp4parse/video_rotation_90.mp4": 0, "made/truncated_60pct_moov_first.mp4": 0,
	}
}

// mustFail are files whose fault must be named exactly.
func mustFail() map[string]Kind {
	return map[string]Kind{
		"made/bomb_30000x30000_1bit.png": TooLarge, "made/gif_65535x65535.gif": TooLarge, "made/header_2147483647x2147483647.png": TooLarge,
		"made/audio_only.mp4": NoVideo, "made/zero_byte.mp4": Empty, "made/truncated_60pct_no_moov.mp4": Damaged,
		"made/hls_ssrf_playlist_renamed.avi": NotVideo, "made/ffconcat_renamed.mp4": NotVideo, "made/sdp_renamed.mp4": NotVideo,
		"mp4ff/cbcs.mp4": Encrypted, "mp4parse/short-cenc.mp4": Encrypted, "libheif/github_138.heic": Unsupported,
	}
}

// TestHostileFiles decodes every file of the corpus: each gives frames or an
// error in words, nothing else is read, nobody is called.
func TestHostileFiles(t *testing.T) {
	dir := hostileDir(t)
	tt := tools(t)
	_, calls := silentListener(t)
	good := mustWork()
	before := snapshot(t, ".")
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".md") || strings.Contains(path, "ten_hours") {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		t.Run(filepath.ToSlash(rel), func(t *testing.T) {
			t.Parallel()
			n, damage, err := countFrames(t, tt, path)
			want, ok := good[filepath.ToSlash(rel)]
			t.Logf("%d frames, damage %q, error: %v", n, damage, err)
			if ok {
				require.NoError(t, err)
				require.Positive(t, n)
				if want > 0 {
					require.Equal(t, want, n)
				}
			}
			if err != nil {
				requireWords(t, err)
			}
			if kind, ok := mustFail()[filepath.ToSlash(rel)]; ok {
				require.Equal(t, kind, KindOf(err))
			}
		})
		return nil
	}))
	t.Cleanup(func() {
		require.Empty(t, calls, "somebody was called")
		require.Equal(t, before, snapshot(t, "."))
	})
}

func countFrames(t *testing.T, tt *Tools, path string) (n int, damage string, err error) {
	t.Helper()
	r, err := tt.Decode(t.Context(), path, DecodeOptions{Width: 96, Height: 64, Wall: time.Minute, Threads: 1})
	if err != nil {
		return 0, "", err
	}
	defer r.Close()
	for n < 400 {
		if _, err = r.Next(); err != nil {
			break
		}
		n++
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, r.Damage(), err
}

// requireWords checks that an error is for people.
func requireWords(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok, "not in words: %v", err)
	require.NotEmpty(t, e.Kind)
	require.NotEmpty(t, e.What)
	require.NotContains(t, err.Error(), "/proc/self")
	require.NotContains(t, err.Error(), "0x5")
	require.Less(t, len(err.Error()), 600)
}

// silentListener listens where the playlists of the corpus and of these tests point.
func silentListener(t *testing.T) (net.Listener, chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:9")
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	calls := make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			calls <- c.RemoteAddr().String()
			_ = c.Close()
		}
	}()
	return l, calls
}

// snapshot lists a folder.
func snapshot(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestPlaylistsCallNobody gives scripts that point at a listener and at a
// local file, under names that suggest other formats.
func TestPlaylistsCallNobody(t *testing.T) {
	tt := tools(t)
	l, calls := silentListener(t)
	at := l.Addr().String()
	for name, text := range map[string]string{
		"hls.mp4":    "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nhttp://" + at + "/a.ts\n#EXT-X-ENDLIST\n",
		"hls.m3u8":   "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
		"concat.mkv": "ffconcat version 1.0\nfile 'http://" + at + "/a.mp4'\n",
		"sdp.mp4":    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
		"dash.mpd": `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>` +
			`<Representation id="1" bandwidth="1"><BaseURL>http://` + at + `/a.mp4</BaseURL>` +
			`</Representation></AdaptationSet></Period></MPD>`,
		"rtsp.mov": "[reference]\nRef1=http://" + at + "/a\n",
		"svg.png": `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>` +
			`<svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text><image href="http://` + at + `/a.png"/></svg>`,
		"subtitle.mp4": "1\n00:00:00,000 --> 00:00:01,000\nhello\n",
		"text.mp4":     strings.Repeat("just some text\n", 500),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			_, err := tt.Probe(t.Context(), path)
			requireWords(t, err)
			t.Log(err)
		})
	}
	require.Empty(t, calls)
}

// TestHostileNames uses names that ffmpeg would read as options, protocols or
// patterns.
func TestHostileNames(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	clip := makeClip(t, filepath.Join(dir, "clip.mp4"), "-f lavfi -i testsrc2=s=64x48:r=5:d=1")
	for _, name := range []string{
		"-i", "-vf", "%d.mp4", "img%03d.png", "*.mp4", "concat:a|b", "http:", "pipe:0", "file:x", "a\nb.mp4", "a;rm -rf ~", "$(id).mp4",
		"'quote'\".mp4",
		"\u202Egpj.mp4", "=cmd|' C calc'!A0.mp4", "  ", "{in0}", "[0:v]", strings.Repeat("ä", 120) + ".mp4", "subfile,,start,0,end,9,,:x",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			require.NoError(t, os.Link(clip, path))
			at, damage := times(t, tt, path, DecodeOptions{})
			require.Len(t, at, 5)
			require.Empty(t, damage)
		})
	}
}

// TestInputsRefused covers what is not even a file with something in it.
func TestInputsRefused(t *testing.T) {
	tt := tools(t)
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.mp4")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for name, c := range map[string]struct {
		path string
		kind Kind
	}{
		"empty":   {empty, Empty},
		"folder":  {dir, NotRegular},
		"missing": {filepath.Join(dir, "nothing.mp4"), Missing},
		"device":  {"/dev/zero", NotRegular},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.Probe(t.Context(), c.path)
			requireWords(t, err)
			require.Equal(t, c.kind, KindOf(err))
			_, err = tt.Decode(t.Context(), c.path, DecodeOptions{})
			require.Equal(t, c.kind, KindOf(err))
		})
	}
}

// TestTenHours reads a very long video of one frame a second by sampling.
func TestTenHours(t *testing.T) {
	path := filepath.Join(hostileDir(t), "made", "ten_hours_1fps.mp4")
	tt := tools(t)
	info, err := tt.Probe(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, 10*time.Hour, info.Duration)
	at, damage := times(t, tt, path, DecodeOptions{Width: 16, Height: 16, From: 9*time.Hour + 59*time.Minute})
	require.Empty(t, damage)
	require.Len(t, at, 60)
	require.Equal(t, 9*time.Hour+59*time.Minute, at[0])
}
