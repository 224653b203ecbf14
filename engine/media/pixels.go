// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"fmt"
	"strings"
)

// layout is the sample format frames have on their way through a transcode.
type layout struct {
	name     string // ffmpeg's
	depth    int    // bits of a sample; 8, or more in 16 bit little endian
	shiftW   int    // chroma subsampling, as powers of two; -1: no chroma
	shiftH   int
	full     bool // full range
	filter   string
	tagRange string
	matrix   string
}

// size returns the bytes of a frame and of its luma plane.
func (l layout) size(w, h int) (frame, luma int) {
	bytes := 1
	if l.depth > 8 {
		bytes = 2
	}
	luma = w * h * bytes
	if l.shiftW < 0 {
		return luma, luma
	}
	cw, ch := (w+1<<l.shiftW-1)>>l.shiftW, (h+1<<l.shiftH-1)>>l.shiftH
	return luma + 2*cw*ch*bytes, luma
}

// layoutFor chooses the format nearest to the source: depth 8 or 10, chroma
// kept, range kept. Other depths become 10; packed, alpha and RGB formats
// become planar YUV that holds all of them.
func layoutFor(info Info) layout {
	l := layout{depth: 8, full: info.FullRange(), matrix: info.Matrix}
	if info.BitDepth > 8 {
		l.depth = 10
	}
	chroma := chromaOf(info.PixFmt)
	switch chroma {
	case "":
		l.name, l.shiftW = "gray", -1
	case "420":
		l.shiftW, l.shiftH = 1, 1
	case "422":
		l.shiftW = 1
	}
	rgb := chroma == "rgb"
	if rgb {
		chroma, l.full = "444", false
		if l.matrix == "" || l.matrix == "gbr" {
			l.matrix = "bt709"
		}
	}
	if chroma != "" {
		l.name = "yuv" + chroma + "p"
		if l.full && l.depth == 8 {
			l.name = "yuvj" + chroma + "p"
		}
	}
	if l.depth > 8 {
		l.name += "10le"
	}
	l.tagRange = "tv"
	if l.full {
		l.tagRange = "pc"
	}
	switch {
	case rgb:
		l.filter = fmt.Sprintf(":out_range=tv:out_color_matrix=%s", knownMatrix(l.matrix))
	case l.name != info.PixFmt && l.shiftW >= 0:
		l.filter = fmt.Sprintf(":in_range=%s:out_range=%s", l.tagRange, l.tagRange)
	}
	return l
}

// chromaOf classes a sample format: "" gray, "420", "422", "444" or "rgb".
func chromaOf(f string) string {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(f, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("rgb", "bgr", "gbr", "pal8", "xyz", "bayer", "rgb", "0bgr"):
		return "rgb"
	case has("gray", "mono", "ya8", "ya16"):
		return ""
	case has("444", "440", "p410", "p412", "p416", "ayuv", "vuy", "xv30", "xv36", "nv24", "nv42"):
		return "444"
	case has("422", "411", "uyvy", "yuyv", "yvyu", "y210", "y212", "p210", "p212", "p216", "nv16", "nv20"):
		return "422"
	default:
		return "420"
	}
}

// knownMatrix limits a colour matrix to those the scaler knows by name.
func knownMatrix(m string) string {
	switch m {
	case "bt709", "fcc", "smpte170m", "smpte240m":
		return m
	case "bt2020nc", "bt2020c":
		return "bt2020"
	case "bt470bg":
		return "bt601"
	}
	return "bt709"
}
