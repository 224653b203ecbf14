// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseClock reads a place in a file: seconds, m:ss or h:mm:ss, each with a fraction if wanted.
func ParseClock(text string) (time.Duration, error) {
	var total float64
	parts := strings.Split(strings.TrimSpace(text), ":")
	for i, part := range parts {
		x, err := strconv.ParseFloat(part, 64)
		if err != nil || !(x >= 0 && x < 1e7) || len(parts) > 3 || (i > 0 && x >= 60) {
			return 0, fmt.Errorf("%q is no place in a video: give seconds, or h:mm:ss.s", text)
		}
		total = total*60 + x
	}
	return time.Duration(total*1e3+0.5) * time.Millisecond, nil
}

// ParseMoment reads a time in UTC: a day, or with hours and minutes, or with seconds.
func ParseMoment(text string) (time.Time, error) {
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly,
	} {
		if t, err := time.Parse(layout, strings.TrimSuffix(strings.TrimSpace(text), " UTC")); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: give it in UTC, as 2026-05-03 14:05", text)
}
