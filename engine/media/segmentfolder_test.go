// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// streamed cuts a clip of 60 frames into segments of a second: args are the options of the muxer and the name of its
// list.
func streamed(t *testing.T, list string, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stream")
	require.NoError(t, os.Mkdir(dir, 0o700))
	t.Chdir(dir) // the muxers write their segments beside the list or into the current folder, as they like
	require.NoError(t, os.MkdirAll(filepath.Dir(list), 0o700))
	all := []string{"-nostdin", "-y"}
	for _, some := range append([]string{
		"-f lavfi -i testsrc2=s=160x90:r=10:d=6 -c:v libx264 -preset ultrafast -g 10 -keyint_min 10 -sc_threshold 0 -pix_fmt yuv420p",
	}, args...) {
		all = append(all, strings.Fields(some)...)
	}
	plain(t, "ffmpeg", append(all, list)...) // without file:, which would get into the list
	return dir
}

// assembled puts the segments of a folder together and returns the file and what it was made of.
func assembled(t *testing.T, s *SegmentFolder) (string, []SegmentFile) {
	t.Helper()
	var b bytes.Buffer
	files, err := s.Assemble(t.Context(), &b, nil)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "assembled")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path, files
}

func TestSegmentFolders(t *testing.T) {
	tt := tools(t)
	hls := "-f hls -hls_time 1 -hls_list_size 0 -hls_playlist_type vod"
	for name, c := range map[string]struct {
		list   string
		args   string
		method string
		change func(t *testing.T, dir string)
		files  int // of which the exhibit is made, lists included
		frames int
	}{
		"hls ts":          {"index.m3u8", hls, "hls", nil, 7, 60},
		"hls fmp4":        {"index.m3u8", hls + " -hls_segment_type fmp4", "hls", nil, 8, 60},
		"hls one file":    {"index.m3u8", hls + " -hls_flags single_file", "hls", nil, 2, 60},
		"dash template":   {"index.mpd", "-f dash -seg_duration 1 -use_timeline 0 -use_template 1", "dash", nil, 8, 60},
		"dash timeline":   {"index.mpd", "-f dash -seg_duration 1 -use_timeline 1 -use_template 1", "dash", nil, 8, 60},
		"dash list":       {"index.mpd", "-f dash -seg_duration 1 -use_timeline 0 -use_template 0", "dash", nil, 8, 60},
		"ts by numbers":   {"index.m3u8", hls, "numbers", remove("index.m3u8"), 6, 60},
		"fmp4 by numbers": {"index.m3u8", hls + " -hls_segment_type fmp4", "numbers", remove("index.m3u8"), 7, 60},
		"ts without one":  {"index.m3u8", hls, "hls", remove("index2.ts"), 6, 50},
		"master": {"high/index.m3u8", hls, "hls", func(t *testing.T, dir string) {
			t.Helper()
			master := "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow/index.m3u8\n" +
				"#EXT-X-STREAM-INF:BANDWIDTH=5000,CODECS=\"a,b\"\nhigh/index.m3u8\n"
			require.NoError(t, os.WriteFile(filepath.Join(dir, "master.m3u8"), []byte(master), 0o600))
		}, 8, 60},
		"playlist of addresses": {"index.m3u8", hls, "numbers", func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, "index.m3u8")
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			text = bytes.ReplaceAll(text, []byte("\nindex"), []byte("\nhttps://cdn.example/index"))
			require.NoError(t, os.WriteFile(path, text, 0o600))
		}, 6, 60},
	} {
		t.Run(name, func(t *testing.T) {
			dir := streamed(t, c.list, c.args)
			if c.change != nil {
				c.change(t, dir)
			}
			s, err := FindSegments(dir)
			require.NoError(t, err)
			require.NotNil(t, s)
			require.Equal(t, c.method, s.Method, "%v", s.Notes)
			path, files := assembled(t, s)
			require.Len(t, files, c.files, "%v", files)
			at, _ := times(t, tt, path, DecodeOptions{})
			require.Len(t, at, c.frames)
			for _, f := range files {
				require.True(t, s.Uses(f.Name))
				require.Len(t, f.SHA256, 64)
				st, err := os.Stat(filepath.Join(dir, f.Name))
				require.NoError(t, err)
				require.Equal(t, st.Size(), f.Size)
			}
			if name == "ts without one" {
				require.Equal(t, []string{"index2.ts"}, s.Missing)
			}
		})
	}
}

func remove(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
	}
}

func TestFoldersWithoutSegments(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		makeClip(t, filepath.Join(dir, "clip"+string(rune('1'+i))+".mp4"), "-f lavfi -i testsrc2=s=64x48:r=5:d=1")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "songs.m3u"), []byte("#EXTM3U\nhttps://radio.example/a.mp3\n"), 0o600))
	s, err := FindSegments(dir)
	require.NoError(t, err)
	require.Nil(t, s, "whole videos are no segments, whatever their numbers")
	_, err = FindSegments(filepath.Join(dir, "nowhere"))
	require.Equal(t, Missing, KindOf(err))
}

// TestSegmentFoldersStayInside gives lists that lead elsewhere.
func TestSegmentFoldersStayInside(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.ts")
	require.NoError(t, os.WriteFile(secret, bytes.Repeat([]byte("G"), 1000), 0o600))
	for _, reference := range []string{
		secret, "../" + filepath.Base(outside) + "/secret.ts", "file://" + secret, "http://127.0.0.1:9/a.ts", "//host/a.ts",
		"a/../../secret.ts",
		"link.ts", "linked/secret.ts", "%2e%2e/secret.ts", `..\secret.ts`, "concat:a|b", "", "?x", "/", ".", "sub/\x00.ts",
	} {
		dir := t.TempDir()
		require.NoError(t, os.Symlink(secret, filepath.Join(dir, "link.ts")))
		require.NoError(t, os.Symlink(outside, filepath.Join(dir, "linked")))
		for name, text := range map[string]string{
			"a.m3u8": "#EXTM3U\n#EXTINF:1,\n" + reference + "\n",
			"b.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + reference + "\n",
			"c.mpd": `<MPD><Period><AdaptationSet><Representation id="1"><SegmentList><SegmentURL media="` + reference +
				`"/></SegmentList></Representation></AdaptationSet></Period></MPD>`,
			"d.mpd": `<MPD><Period><AdaptationSet><Representation id="../x">` +
				`<SegmentTemplate media="$RepresentationID$/secret.ts"/></Representation></AdaptationSet></Period></MPD>`,
		} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		s, err := FindSegments(dir)
		require.NoError(t, err, "%q", reference)
		require.Nil(t, s, "%q", reference)
	}
}

func TestEncryptedSegments(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.m3u8"), []byte("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\na.ts\n"), 0o600))
	_, err := FindSegments(dir)
	require.Equal(t, Encrypted, KindOf(err))
	requireWords(t, err)
}

func FuzzPlaylist(f *testing.F) {
	f.Add("#EXTM3U\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"10@0\"\n#EXT-X-BYTERANGE:5@1\na.ts\n#EXT-X-BYTERANGE:5\na.ts\n", "sub")
	f.Add("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"a,b\"\nv/x.m3u8?t=1\n", ".")
	f.Fuzz(func(t *testing.T, text, dir string) {
		if name, err := localName(".", dir); err != nil || name != dir {
			return
		}
		p, err := parsePlaylist(text, dir)
		if err != nil {
			return
		}
		for _, v := range p.variants {
			requireInside(t, v.name)
		}
		requireRunsInside(t, p.runs)
	})
}

func FuzzManifest(f *testing.F) {
	f.Add(`<MPD mediaPresentationDuration="PT6S"><Period><AdaptationSet contentType="video"><Representation id="0" bandwidth="9">` +
		`<SegmentTemplate timescale="10" initialization="i-$RepresentationID$.m4s" media="c-$Number%05d$-$Time$.m4s" startNumber="1">` +
		`<SegmentTimeline><S t="0" d="10" r="5"/></SegmentTimeline></SegmentTemplate></Representation></AdaptationSet></Period></MPD>`)
	f.Add(`<MPD><BaseURL>a/</BaseURL><Period><AdaptationSet><Representation><BaseURL>b.mp4</BaseURL></Representation>` +
		`</AdaptationSet></Period></MPD>`)
	f.Fuzz(func(t *testing.T, text string) {
		choices, err := parseManifest(text, ".")
		if err != nil {
			return
		}
		for _, c := range choices {
			requireRunsInside(t, c.runs)
		}
	})
}

func requireRunsInside(t *testing.T, runs []run) {
	t.Helper()
	for _, r := range runs {
		if r.init.name != "" {
			requireInside(t, r.init.name)
		}
		for _, p := range r.pieces {
			requireInside(t, p.name)
			require.GreaterOrEqual(t, p.offset, int64(0))
			require.GreaterOrEqual(t, p.length, int64(0))
		}
	}
}

func requireInside(t *testing.T, name string) {
	t.Helper()
	require.True(t, filepath.IsLocal(name) && name != "." && !strings.Contains(name, ":"), "%q", name)
}
