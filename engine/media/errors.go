// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of trouble an [Error] is, for programs; the words of the
// error are for people.
type Kind string

// The kinds of trouble.
const (
	Missing     Kind = "missing"     // the file is not there
	Denied      Kind = "denied"      // the file may not be read or written
	NotRegular  Kind = "not-regular" // a folder, pipe or device
	Empty       Kind = "empty"       // zero bytes
	NotVideo    Kind = "not-video"   // neither video nor picture, or a format that is refused
	NoVideo     Kind = "no-video"    // a media file without a picture track
	Encrypted   Kind = "encrypted"   // protected by a DRM scheme
	Damaged     Kind = "damaged"     // nothing could be decoded
	TooLarge    Kind = "too-large"   // more picture elements than the limit
	Unsupported Kind = "unsupported" // the installed ffmpeg cannot do it
	TimedOut    Kind = "timed-out"   // a time limit was reached
	DiskFull    Kind = "disk-full"   // no room left for the output
	Exists      Kind = "exists"      // the output is there already
	Busy        Kind = "busy"        // another run works on the same output
	Tool        Kind = "tool"        // ffmpeg is missing, too old or broke down
)

// Error is what goes wrong with one file, in words for people: which file,
// what is wrong, and what to do about it.
type Error struct {
	Kind   Kind
	File   string // the file as the caller named it
	What   string // what is wrong, lower case
	Do     string // what can be done, lower case; may be empty
	Detail string // the most telling line of ffmpeg's log; may be empty
	Err    error  // the cause, may be nil
}

// Error puts file, fault and remedy in one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		fmt.Fprintf(&b, "%q: ", e.File)
	}
	b.WriteString(e.What)
	if e.Do != "" {
		b.WriteString("; " + e.Do)
	}
	if e.Detail != "" {
		b.WriteString(" (ffmpeg: " + e.Detail + ")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first [Error] in err's chain, or "".
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}
