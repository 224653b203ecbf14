// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"regexp"
	"strings"
)

var (
	logPrefix  = regexp.MustCompile(`^\[[^\]]*\] `)
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
		if r := rankLine(line); r > rank || r == rank && r < 2 && rank >= 0 && r == 0 {
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
	case has("No space left", "File too large", "Cannot allocate memory", "Permission denied"):
		return 4
	case has("moov atom not found", "Picture size", "whitelist", "Invalid data found", "does not contain any stream", "Decoder not found", "Unknown encoder", "Unrecognized option", "codec not currently supported"):
		return 3
	case has("Conversion failed", "Last message repeated", "Error while decoding stream", "Output file is empty", "Error splitting", "received no packets"):
		return 0
	default:
		return 2
	}
}

func cleanLine(line string) string {
	line = strings.TrimSpace(line)
	line = logAddress.ReplaceAllString(line, "")
	line = logPrefix.ReplaceAllString(line, "")
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
