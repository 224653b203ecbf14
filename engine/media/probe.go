// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	probeWall   = 60 * time.Second
	probeOutput = 8 << 20 // bytes of JSON
)

// Probe reads the headers of a video or picture. It fails with an [Error] in
// words when the file is not media, has no picture track, is encrypted or is
// larger than this program accepts.
func (t *Tools) Probe(ctx context.Context, path string) (Info, error) {
	f, id, err := openInput(path)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	return t.probeFile(ctx, f, id)
}

// probeFile is Probe on an open file; answers are remembered per file state.
func (t *Tools) probeFile(ctx context.Context, f *os.File, id fileID) (Info, error) {
	t.mu.Lock()
	info, ok := t.probed[id]
	t.mu.Unlock()
	if ok {
		return info, nil
	}
	limited, cancel := context.WithTimeout(ctx, probeWall)
	defer cancel()
	out, p, err := t.output(limited, task{
		path: t.ffprobe,
		args: append(inputLimits(), "-v", "error", "-hide_banner", "-of", "json", "-show_format", "-show_streams",
			"-show_chapters", "-i", "{in0}"),
		inputs: []*os.File{f},
		limits: limits{CPU: uint64(probeWall.Seconds()), Memory: 4 << 30, Files: 64},
	}, probeOutput)
	switch {
	case ctx.Err() != nil:
		return Info{}, context.Cause(ctx)
	case limited.Err() != nil:
		return Info{}, &Error{
			Kind: TimedOut,
			File: id.path,
			What: "reading the headers took too long",
			Do:   "the file is damaged or made to overload decoders",
			Err:  limited.Err(),
		}
	case p == nil:
		return Info{}, err
	}
	info, perr := parseProbe(out)
	if err != nil || perr != nil {
		return Info{}, notMedia(f, id.path, p, errors.Join(err, perr))
	}
	info.Size = id.size
	info.Encrypted = strings.HasPrefix(info.Format, "mov") && sampleEntryEncrypted(f)
	if err := acceptable(f, id.path, &info, p.log.telling()); err != nil {
		return Info{}, err
	}
	t.remember(id, info)
	return info, nil
}

func (t *Tools) remember(id fileID, info Info) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.probed) > 256 {
		clear(t.probed)
	}
	t.probed[id] = info
}

// SameContent says that a file has the content of another one that was probed already, so that it need not be probed
// again.
func (t *Tools) SameContent(known, twin string) {
	from, ferr := os.Stat(known)
	to, terr := os.Stat(twin)
	if ferr != nil || terr != nil || from.Size() != to.Size() {
		return
	}
	t.mu.Lock()
	info, ok := t.probed[fileID{path: known, size: from.Size(), mtime: from.ModTime()}]
	t.mu.Unlock()
	if ok {
		t.remember(fileID{path: twin, size: to.Size(), mtime: to.ModTime()}, info)
	}
}

// inputLimits are the options before every input.
func inputLimits() []string {
	return []string{
		"-protocol_whitelist", protocols, "-format_whitelist", demuxers,
		"-max_pixels", strconv.Itoa(maxPixels), "-max_streams", "256",
	}
}

func notMedia(f *os.File, path string, p *process, err error) error {
	detail := p.log.telling()
	if kind := itemPicture(f); kind != "" {
		return unsupportedPicture(path, kind, detail, err)
	}
	if e := fault(detail); e.Kind != "" {
		return e.of(path, detail, err)
	}
	return &Error{
		Kind:   NotVideo,
		File:   path,
		What:   "not a video or picture that can be read",
		Do:     "check that the file is what its name says and that it is complete",
		Detail: detail,
		Err:    err,
	}
}

func unsupportedPicture(path, kind, detail string, err error) error {
	return &Error{
		Kind:   Unsupported,
		File:   path,
		What:   "the installed ffmpeg cannot read this " + kind + " picture, or it is damaged",
		Do:     "convert it to PNG or JPEG first, or install a newer ffmpeg",
		Detail: detail,
		Err:    err,
	}
}

const tooLargeAdvice = "at most 32768 samples a side and 134 million in all are accepted"

// acceptable refuses what no decoder should be started on.
func acceptable(f *os.File, path string, i *Info, detail string) error {
	e := &Error{File: path, Detail: detail}
	empty := i.Width <= 0 || i.Height <= 0 || i.PixFmt == ""
	switch kind := itemPicture(f); {
	case kind != "" && (empty || i.Index < 0):
		return unsupportedPicture(path, kind, detail, nil)
	case i.Index < 0 && i.Audio > 0:
		e.Kind, e.What, e.Do = NoVideo, "there is sound in this file but no picture", "give a file with a video track"
	case i.Index < 0:
		e.Kind, e.What, e.Do = NoVideo, "there is no video track in this file", "give a video or picture"
	case i.Encrypted:
		e.Kind, e.What, e.Do = Encrypted, "the video track is encrypted (DRM)", "give a decrypted copy"
	case empty && fault(detail).Kind != "":
		return fault(detail).of(path, detail, nil)
	case empty:
		e.Kind, e.What = Damaged, "the headers do not give a picture size, or nothing in the file can be decoded"
		e.Do = "copy it again from its source"
	case i.Width > maxSide || i.Height > maxSide || i.Width*i.Height > maxPixels:
		what := fmt.Sprintf("the picture is %dx%d, larger than this program accepts", i.Width, i.Height)
		e.Kind, e.What, e.Do = TooLarge, what, tooLargeAdvice
	default:
		return nil
	}
	return e
}

// probeJSON is the part of ffprobe's answer that is used.
type probeJSON struct {
	Streams  []probeStream     `json:"streams"`
	Chapters []json.RawMessage `json:"chapters"`
	Format   struct {
		Name     string `json:"format_name"`
		Start    string `json:"start_time"`
		Duration string `json:"duration"`
		BitRate  string `json:"bit_rate"`
	} `json:"format"`
}

type probeStream struct {
	Index       int    `json:"index"`
	Codec       string `json:"codec_name"`
	Profile     string `json:"profile"`
	Kind        string `json:"codec_type"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	SAR         string `json:"sample_aspect_ratio"`
	PixFmt      string `json:"pix_fmt"`
	Range       string `json:"color_range"`
	Matrix      string `json:"color_space"`
	Transfer    string `json:"color_transfer"`
	Primaries   string `json:"color_primaries"`
	ChromaSite  string `json:"chroma_location"`
	FieldOrder  string `json:"field_order"`
	RawRate     string `json:"r_frame_rate"`
	Rate        string `json:"avg_frame_rate"`
	TimeBase    string `json:"time_base"`
	Duration    string `json:"duration"`
	BitRate     string `json:"bit_rate"`
	Frames      string `json:"nb_frames"`
	Disposition struct {
		Cover      int `json:"attached_pic"`
		Thumbnails int `json:"timed_thumbnails"`
	} `json:"disposition"`
	SideData []struct {
		Rotation json.Number `json:"rotation"`
	} `json:"side_data_list"`
}

// parseProbe reads ffprobe's JSON. A file without a video track has Index -1.
func parseProbe(text []byte) (Info, error) {
	var j probeJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return Info{}, err
	}
	if j.Format.Name == "" {
		return Info{}, io.ErrUnexpectedEOF
	}
	i := Info{Format: j.Format.Name, Index: -1, Chapters: len(j.Chapters), Start: seconds(j.Format.Start)}
	var video *probeStream
	for k := range j.Streams {
		s := &j.Streams[k]
		cover := s.Disposition.Cover != 0 || s.Disposition.Thumbnails != 0
		i.streams = append(i.streams, streamInfo{index: s.Index, kind: s.Kind, codec: s.Codec, cover: cover})
		switch s.Kind {
		case "audio":
			i.Audio++
		case "subtitle":
			i.Subtitles++
		case "attachment":
			i.Attachments++
		case "video":
			if !cover && (video == nil || video.Width == 0) && s.Index >= 0 {
				video = s
			}
		}
	}
	if video != nil {
		i.setVideo(video)
		i.setTimes(video, j.Format.Duration, j.Format.BitRate)
	}
	return i, nil
}

func (i *Info) setVideo(s *probeStream) {
	i.Index, i.Codec, i.Profile, i.PixFmt = s.Index, s.Codec, known(s.Profile), known(s.PixFmt)
	i.Width, i.Height, i.SAR = s.Width, s.Height, parseRational(s.SAR, ":")
	if i.SAR.Num <= 0 || i.SAR.Den <= 0 {
		i.SAR = Rational{}
	}
	i.codedW, i.codedH = s.Width, s.Height
	i.Transfer, i.Primaries, i.Matrix = known(s.Transfer), known(s.Primaries), known(s.Matrix)
	i.Range, i.ChromaSite = known(s.Range), known(s.ChromaSite)
	i.HDR = i.Transfer == "smpte2084" || i.Transfer == "arib-std-b67"
	i.BitDepth = bitDepth(s.PixFmt)
	switch s.FieldOrder {
	case "tt", "bt":
		i.Interlaced, i.TopFirst = true, true
	case "bb", "tb":
		i.Interlaced = true
	}
	for _, d := range s.SideData {
		r, err := d.Rotation.Float64()
		if err != nil || math.IsNaN(r) || math.Abs(r) > 3600 {
			continue
		}
		i.Rotation = (int(math.Round(-r/90))%4 + 4) % 4 * 90 // ffmpeg counts anticlockwise
	}
	if i.Rotation%180 == 90 {
		i.Width, i.Height = i.Height, i.Width
		i.SAR.Num, i.SAR.Den = i.SAR.Den, i.SAR.Num
	}
	b := parseRational(s.TimeBase, "/")
	i.timeBase = rational{b.Num, b.Den}
}

func (i *Info) setTimes(s *probeStream, fileDuration, fileRate string) {
	i.FrameRate = parseRational(s.Rate, "/")
	raw := parseRational(s.RawRate, "/")
	if i.FrameRate.Float() <= 0 {
		i.FrameRate = raw
	}
	if f := i.FrameRate.Float(); f <= 0 || f > 100_000 {
		i.FrameRate = Rational{}
	}
	// An interlaced track may count fields in one of the two rates.
	ratio := raw.Float() / i.FrameRate.Float()
	i.VariableRate = ratio > 0 && math.Abs(ratio-1) > 0.01 && math.Abs(ratio-2) > 0.01
	i.Duration = seconds(s.Duration)
	if i.Duration <= 0 {
		i.Duration = seconds(fileDuration)
	}
	i.Duration = max(i.Duration, 0)
	i.BitRate, _ = strconv.ParseInt(s.BitRate, 10, 64)
	if i.BitRate <= 0 {
		i.BitRate, _ = strconv.ParseInt(fileRate, 10, 64)
	}
	i.Frames, _ = strconv.ParseInt(s.Frames, 10, 64)
	if i.Frames <= 0 {
		i.Frames = int64(math.Round(i.Duration.Seconds() * i.FrameRate.Float()))
	}
	i.Frames, i.BitRate = max(i.Frames, 0), max(i.BitRate, 0)
	pipe := strings.HasSuffix(i.Format, "_pipe") || i.Format == "image2"
	i.Still = pipe || i.Frames == 1 || strings.Contains(i.Format, "avif")
}

func known(s string) string {
	if s == "unknown" || s == "unspecified" || s == "reserved" {
		return ""
	}
	return s
}

// bitDepth reads the depth of a luma sample out of ffmpeg's name for a format.
func bitDepth(pixFmt string) int {
	name := strings.TrimSuffix(strings.TrimSuffix(pixFmt, "le"), "be")
	for _, special := range []struct {
		name string
		bits int
	}{
		{"p010", 10},
		{"p210", 10},
		{"p410", 10},
		{"p012", 12},
		{"p212", 12},
		{"p412", 12},
		{"p016", 16},
		{"p216", 16},
		{"p416", 16},
		{"rgb48", 16},
		{"bgr48", 16},
		{"rgba64", 16},
		{"bgra64", 16},
		{"ya16", 16},
		{"y210", 10},
		{"x2rgb10", 10},
		{"x2bgr10", 10},
		{"xyz12", 12},
		{"grayf32", 16},
		{"gbrpf32", 16},
		{"gbrapf32", 16},
	} {
		if name == special.name {
			return special.bits
		}
	}
	for _, bits := range []int{9, 10, 12, 14, 16} {
		if strings.HasSuffix(name, "p"+strconv.Itoa(bits)) || name == "gray"+strconv.Itoa(bits) {
			return bits
		}
	}
	if pixFmt == "" {
		return 0
	}
	return 8
}

// seconds reads a decimal number of seconds; what cannot be, or is over a
// hundred years, is 0.
func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 100*365*24*3600 {
		return 0
	}
	return time.Duration(math.Round(f*1e6)) * time.Microsecond // ffprobe gives microseconds
}

// parseRational reads "num/den" or a whole number; anything else is zero.
func parseRational(s, sep string) Rational {
	num, den, ok := strings.Cut(s, sep)
	if !ok {
		den = "1"
	}
	n, err1 := strconv.ParseInt(num, 10, 32)
	d, err2 := strconv.ParseInt(den, 10, 32)
	if err1 != nil || err2 != nil || n < 0 || d <= 0 {
		return Rational{}
	}
	return Rational{n, d}
}
