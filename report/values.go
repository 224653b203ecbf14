// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// whole writes a number in groups of three digits.
func (w *words) whole(n int64) string {
	separator := ","
	if w.lang == "de" {
		separator = "."
	}
	s := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}

// decimal writes a number with so many digits after the point.
func (w *words) decimal(x float64, digits int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return w.Unknown
	}
	s := strconv.FormatFloat(x, 'f', digits, 64)
	if w.lang == "de" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// percent writes a share, 0..1.
func (w *words) percent(share float64) string { return w.decimal(100*share, 0) + " %" }

// moment writes a time in UTC.
func (w *words) moment(t time.Time) string {
	if t.IsZero() {
		return w.Unknown
	}
	if w.lang == "de" {
		return t.UTC().Format("02.01.2006 15:04:05") + " UTC"
	}
	return t.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

func (w *words) momentOrNone(t time.Time) string {
	if t.IsZero() {
		return w.NoneGiven
	}
	return w.moment(t)
}

// utc is a moment in a column whose head says that it is UTC.
func (w *words) utc(t time.Time) string { return strings.TrimSuffix(w.momentOrNone(t), " UTC") }

func (w *words) day(t time.Time) string {
	if w.lang == "de" {
		return t.UTC().Format("02.01.2006")
	}
	return t.UTC().Format("2006-01-02")
}

// bytes writes a size.
func (w *words) bytes(n int64) string {
	text := w.whole(n) + " bytes"
	if w.lang == "de" {
		text = w.whole(n) + " Byte"
	}
	if n >= 1_000_000 {
		text += " (" + w.decimal(float64(n)/1e6, 1) + " MB)"
	}
	return text
}

// clock is a place in a video, such as 0:01:02.5.
func clock(d time.Duration) string {
	tenths := (d.Milliseconds() + 50) / 100
	s := tenths / 10
	return fmt.Sprintf("%d:%02d:%02d.%d", s/3600, s/60%60, s%60, tenths%10)
}

// clockShort is a round place in a video, such as 1:02.
func clockShort(d time.Duration) string {
	s := int64(d / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// digest is the SHA-256 of bytes, in hex.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
