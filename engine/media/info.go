// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Rational is an exact fraction, such as a frame rate. The zero value means unknown.
type Rational struct {
	Num int64
	Den int64
}

// Float returns the value, 0 if unknown.
func (r Rational) Float() float64 {
	if r.Den == 0 {
		return 0
	}
	return float64(r.Num) / float64(r.Den)
}

// String is "30000/1001", or "25" where the denominator is 1, or "" if unknown.
func (r Rational) String() string {
	switch r.Den {
	case 0:
		return ""
	case 1:
		return fmt.Sprint(r.Num)
	default:
		return fmt.Sprintf("%d/%d", r.Num, r.Den)
	}
}

// MarshalJSON writes the text of [Rational.String].
func (r Rational) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// UnmarshalJSON reads the text of [Rational.String].
func (r *Rational) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*r = parseRational(s, "/")
	return nil
}

// Info is what the headers of a file say about its main video track (or its
// picture). Headers can lie: nothing here is trusted for limits.
type Info struct {
	Format       string        `json:"format"`        // container, as ffmpeg names it
	Codec        string        `json:"codec"`         // e.g. "h264", "png"
	Profile      string        `json:"profile"`       // of the codec, may be empty
	PixFmt       string        `json:"pix_fmt"`       // sample format as ffmpeg names it
	Width        int           `json:"width"`         // luma samples as displayed, the rotation flag applied
	Height       int           `json:"height"`        // luma samples as displayed
	Rotation     int           `json:"rotation"`      // degrees clockwise that the flag asks for: 0, 90, 180, 270
	SAR          Rational      `json:"sar"`           // sample aspect ratio as displayed; unknown is zero
	FrameRate    Rational      `json:"frame_rate"`    // average frames a second; unknown is zero
	VariableRate bool          `json:"variable_rate"` // the frame rate is known to vary
	Duration     time.Duration `json:"duration"`      // as claimed; 0 if unknown
	Start        time.Duration `json:"start"`         // time stamp at which the file begins; taken off all times given out
	Frames       int64         `json:"frames"`        // as claimed, or estimated from duration and rate; 0 if unknown
	BitDepth     int           `json:"bit_depth"`     // of a luma sample
	BitRate      int64         `json:"bit_rate"`      // bits a second as claimed; 0 if unknown

	Interlaced     bool   `json:"interlaced"`
	TopFirst       bool   `json:"top_first"` // of an interlaced track: the top field is shown first
	Transfer       string `json:"transfer"`  // colour tags as ffmpeg names them; "" if unknown
	Primaries      string `json:"primaries"`
	Matrix         string `json:"matrix"`
	Range          string `json:"range"` // "tv", "pc" or ""
	ChromaSite     string `json:"chroma_site"`
	HDR            bool   `json:"hdr"`   // PQ or HLG transfer
	Still          bool   `json:"still"` // a picture, or one frame
	Audio          int    `json:"audio"` // number of tracks
	Subtitles      int    `json:"subtitles"`
	Attachments    int    `json:"attachments"`
	Chapters       int    `json:"chapters"`
	Size           int64  `json:"size"`  // bytes
	Index          int    `json:"index"` // of the video track among all tracks
	Encrypted      bool   `json:"encrypted"`
	streams        []streamInfo
	codedW, codedH int
	timeBase       rational
}

// streamInfo is one track of any kind.
type streamInfo struct {
	index int
	kind  string // video, audio, subtitle, attachment, data
	codec string
	cover bool // a picture that goes with sound
}

// FullRange tells whether black is 0 in the file's samples, and not 16 (of 255).
func (i *Info) FullRange() bool { return i.Range == "pc" || strings.HasPrefix(i.PixFmt, "yuvj") }
