// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// muxer is what is known of an output container.
type muxer struct {
	name      string
	options   []string
	audio     []string // codecs it holds; nil: all
	subtitles []string
	covers    bool // pictures that go with the sound
	extras    bool // attachments
	chapters  bool
}

// muxers by the extension of the output.
func muxers() map[string]muxer {
	mp4 := muxer{
		name: "mp4", options: []string{"-movflags", "+faststart"}, covers: true, chapters: true,
		audio:     []string{"aac", "mp3", "mp2", "mp1", "ac3", "eac3", "alac", "opus", "flac", "dts", "vorbis"},
		subtitles: []string{"mov_text", "dvd_subtitle"},
	}
	mov := mp4
	mov.name = "mov"
	mov.audio = append(slices.Clone(mp4.audio), strings.Fields("pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be "+
		"pcm_f32le pcm_f32be pcm_u8 pcm_alaw pcm_mulaw adpcm_ima_qt adpcm_ms")...)
	mov.audio = slices.DeleteFunc(mov.audio, func(c string) bool { return c == "opus" || c == "flac" || c == "vorbis" || c == "dts" })
	mov.subtitles = []string{"mov_text"}
	mkv := muxer{
		name:      "matroska",
		extras:    true,
		covers:    true,
		chapters:  true,
		subtitles: strings.Fields("subrip ass ssa webvtt dvd_subtitle hdmv_pgs_subtitle hdmv_text_subtitle dvb_subtitle text"),
	}
	ts := muxer{
		name: "mpegts", subtitles: []string{"dvb_subtitle", "dvb_teletext"},
		audio: []string{"aac", "mp3", "mp2", "mp1", "ac3", "eac3", "dts", "opus", "truehd"},
	}
	webm := muxer{name: "webm", audio: []string{"opus", "vorbis"}, subtitles: []string{"webvtt"}, chapters: true}
	return map[string]muxer{".mp4": mp4, ".m4v": mp4, ".mov": mov, ".mkv": mkv, ".ts": ts, ".mts": ts, ".m2ts": ts, ".webm": webm}
}

func muxerFor(dst string) (muxer, error) {
	ext := strings.ToLower(filepath.Ext(dst))
	m, ok := muxers()[ext]
	if !ok {
		return m, &Error{
			Kind: Unsupported,
			File: dst,
			What: fmt.Sprintf("copies of the kind %q are not made", ext),
			Do:   "name it .mp4, .mov, .mkv, .ts or .webm",
		}
	}
	return m, nil
}

// carried sorts the other tracks of the source into those dst can hold and
// words about the rest.
func (m muxer) carried(info Info) (keep []streamInfo, dropped []string) {
	for _, s := range info.streams {
		if s.index == info.Index {
			continue
		}
		if m.holds(s) {
			keep = append(keep, s)
			continue
		}
		dropped = append(dropped, describeTrack(s, m.name))
	}
	if info.Chapters > 0 && !m.chapters {
		dropped = append(dropped, "chapters: "+m.name+" does not hold them")
	}
	return keep, dropped
}

func (m muxer) holds(s streamInfo) bool {
	switch s.kind {
	case "audio":
		return s.codec != "" && (m.audio == nil || slices.Contains(m.audio, s.codec))
	case "subtitle":
		return slices.Contains(m.subtitles, s.codec)
	case "attachment":
		return m.extras
	case "video":
		return s.cover && m.covers && (s.codec == "mjpeg" || s.codec == "png")
	default:
		return false
	}
}

func describeTrack(s streamInfo, container string) string {
	what := s.kind
	switch {
	case s.kind == "audio":
		what = "sound"
	case s.kind == "subtitle":
		what = "subtitles"
	case s.kind == "video" && s.cover:
		what = "cover picture"
	case s.kind == "video":
		return fmt.Sprintf("track %d: a second video track, which would not be marked", s.index)
	}
	return fmt.Sprintf("track %d: %s (%s) cannot be kept in %s", s.index, what, s.codec, container)
}

// join makes dst of the segments and the other tracks of the source, all by
// stream copy. When the container refuses a track after all, it is tried again
// with fewer.
func (x *transcode) join() error {
	m, err := muxerFor(x.dst)
	if err != nil {
		return err
	}
	keep, dropped := m.carried(x.info)
	for _, attempt := range []func(streamInfo) bool{
		func(streamInfo) bool { return true },
		func(s streamInfo) bool { return s.kind == "audio" },
		func(streamInfo) bool { return false },
	} {
		var tracks []streamInfo
		lost := slices.Clone(dropped)
		for _, s := range keep {
			if attempt(s) {
				tracks = append(tracks, s)
			} else {
				lost = append(lost, describeTrack(s, m.name))
			}
		}
		err = x.joinWith(m, tracks)
		x.result.Dropped = lost
		if KindOf(err) != Tool || len(tracks) == 0 {
			return err
		}
	}
	return err
}

func (x *transcode) joinWith(m muxer, tracks []streamInfo) error {
	out, err := createOut(filepath.Dir(x.dst))
	if err != nil {
		return err
	}
	defer out.drop()
	pr, pw, err := os.Pipe()
	if err != nil {
		return err
	}
	widenPipe(pw)
	room := uint64(x.segments.bytes()+x.info.Size)*2 + 1<<30
	p, err := x.t.start(x.ctx, task{
		path: x.t.ffmpeg, args: x.joinArgs(m, tracks), inputs: []*os.File{x.in}, outputs: []*os.File{out.File}, stdin: pr,
		limits: limits{Memory: 6 << 30, Output: room, Files: 64},
	})
	_ = pr.Close()
	if err != nil {
		_ = pw.Close()
		return err
	}
	ferr := x.segments.writeTo(pw)
	_ = pw.Close()
	if errors.Is(ferr, errNUT) || ferr != nil && !isBrokenPipe(ferr) {
		p.kill()
		return ferr
	}
	if err := p.wait(); err != nil || ferr != nil || p.log.failedWriting() {
		return x.writerTrouble(filepath.Dir(x.dst), "the copy could not be put together", p, errors.Join(err, ferr))
	}
	if err := context.Cause(x.ctx); err != nil {
		return err
	}
	return out.keep(x.dst, x.opt.Overwrite)
}

// joinArgs copy the video from standard input and the tracks from the source.
// Both are moved so that the part begins at zero.
func (x *transcode) joinArgs(m muxer, tracks []streamInfo) []string {
	args := []string{
		"-v", "error", "-hide_banner", "-nostdin", "-y", "-copyts", "-protocol_whitelist", protocols,
		"-itsoffset", offset(-x.opt.From), "-f", "nut", "-fpsprobesize", "0", "-i", "pipe:0",
	}
	args = append(args, inputLimits()...)
	args = append(args, "-itsoffset", offset(-x.opt.From-x.info.Start))
	if x.opt.From > 0 {
		args = append(args, "-ss", offset(x.opt.From))
	}
	if x.opt.Length > 0 {
		args = append(args, "-t", offset(x.opt.Length))
	}
	args = append(args, "-i", "{in0}", "-map", "0:v:0")
	for _, s := range tracks {
		args = append(args, "-map", fmt.Sprintf("1:%d", s.index))
	}
	video := 0
	for _, s := range tracks {
		if s.kind == "video" {
			video++
			args = append(args, fmt.Sprintf("-disposition:v:%d", video), "attached_pic")
		}
	}
	args = append(args, "-c", "copy", "-map_metadata", "1",
		"-map_metadata:s:0", fmt.Sprintf("1:s:%d", x.info.Index), "-metadata:s:0", "rotate=")
	for i, s := range tracks {
		args = append(args, fmt.Sprintf("-map_metadata:s:%d", i+1), fmt.Sprintf("1:s:%d", s.index))
	}
	if m.chapters {
		args = append(args, "-map_chapters", "1")
	} else {
		args = append(args, "-map_chapters", "-1")
	}
	args = append(args, "-fflags", "+bitexact", "-max_muxing_queue_size", "65536")
	args = append(args, m.options...)
	return append(args, "-f", m.name, "{out0}")
}

// offset writes a time for ffmpeg, in seconds.
func offset(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }

// failedWriting tells whether the log speaks of a failed write, which old
// versions do not tell by their exit status.
func (l *logBuffer) failedWriting() bool {
	text := l.text()
	return strings.Contains(text, "No space left") || strings.Contains(text, "Error writing trailer") ||
		strings.Contains(text, "Input/output error")
}

func isBrokenPipe(err error) bool {
	return errors.Is(err, errBrokenPipe) || errors.Is(err, io.ErrClosedPipe)
}
