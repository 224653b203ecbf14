// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"regexp"
	"strings"
)

var (
	logPrefix  = regexp.MustCompile(`^(\[[^\]]*\] )+`)
	logList    = regexp.MustCompile(`(not on whitelist).*`)
	logPicture = regexp.MustCompile(`Picture size (\d+x\d+)`)
	logAddress = regexp.MustCompile(` @ 0x[0-9a-f]+`)
	logChild   = regexp.MustCompile(`(file:)?/proc/self/fd/\d+`)
)

// telling returns the line of the log that says most, cleaned of addresses
// and inner paths, or "".
func (l *logBuffer) telling() string {
	best, rank := "", -1
	for line := range strings.Lines(l.text()) {
		line = cleanLine(line)
		if line == "" {
			continue
		}
		if r := rankLine(line); r > rank {
			best, rank = line, r
		}
	}
	return best
}

// rankLine tells how much a line of ffmpeg's log says about a cause.
func rankLine(line string) int {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(line, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("Conversion failed", "Last message repeated", "Error while decoding stream", "Output file is empty",
		"Error splitting", "received no packets", "Invalid data found"):
		return 0
	case has("No space left", "File too large", "Cannot allocate memory", "Permission denied"):
		return 4
	case has("moov atom not found", "Picture size", "whitelist", "does not contain any stream", "Decoder not found",
		"Unknown encoder", "Unrecognized option", "codec not currently supported"):
		return 3
	case has("the file: "):
		return 1
	default:
		return 2
	}
}

// fault puts a cause that the log names into words; the kind is "" for any other.
func fault(detail string) Error {
	switch {
	case strings.Contains(detail, "moov atom not found"):
		return Error{
			Kind: Damaged,
			What: "the index (moov) of this file is missing, so it was cut short or never finished",
			Do:   "copy it again from its source",
		}
	case strings.Contains(detail, "whitelist"):
		return Error{
			Kind: NotVideo,
			What: "a playlist, script or other format that may open further files or addresses, which is refused",
			Do:   "give the video itself",
		}
	case strings.Contains(detail, "Picture size"):
		what := "the picture is larger than this program accepts"
		if m := logPicture.FindStringSubmatch(detail); m != nil {
			what = "a picture of " + m[1] + " is larger than this program accepts"
		}
		return Error{Kind: TooLarge, What: what, Do: tooLargeAdvice}
	case strings.Contains(detail, "Decoder") && strings.Contains(detail, "not found"), strings.Contains(detail, "Could not find codec"):
		return Error{Kind: Unsupported, What: "the installed ffmpeg has no decoder for this video", Do: "install a complete ffmpeg"}
	case strings.Contains(detail, "Cannot allocate memory"):
		return Error{
			Kind: TooLarge,
			What: "decoding this file needs more memory than is allowed",
			Do:   "the file may be made to overload decoders",
		}
	}
	return Error{}
}

// of fills in the rest of an error made by fault.
func (e Error) of(path, detail string, err error) *Error {
	e.File, e.Detail, e.Err = path, detail, err
	return &e
}

func cleanLine(line string) string {
	line = strings.TrimSpace(line)
	line = logAddress.ReplaceAllString(line, "")
	line = logPrefix.ReplaceAllString(line, "")
	line = logList.ReplaceAllString(line, "$1")
	line = logChild.ReplaceAllString(line, "the file")
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return '?'
		}
		return r
	}, line)
	if r := []rune(line); len(r) > 200 {
		line = string(r[:200]) + "..."
	}
	return line
}
