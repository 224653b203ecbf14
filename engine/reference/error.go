// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

import (
	"errors"
	"fmt"
)

// Kind says what is wrong with a reference, for programs; the words of the
// error are for people.
type Kind string

// The kinds of trouble.
const (
	Missing Kind = "missing" // there is no such file
	Alien   Kind = "alien"   // the file is no reference
	Newer   Kind = "newer"   // made by a newer version of this program
	Damaged Kind = "damaged" // not as it was written
	Foreign Kind = "foreign" // of another title
	Denied  Kind = "denied"  // the file cannot be read or written
)

// Error is what is wrong with one reference, in words: which, what, and what
// to do about it.
type Error struct {
	Kind Kind
	File string // as the caller named it
	What string
	Do   string // may be empty
	Err  error  // the cause, may be nil
}

// Error puts file, fault and remedy in one line.
func (e *Error) Error() string {
	text := e.What
	if e.File != "" {
		text = fmt.Sprintf("%q: %s", e.File, e.What)
	}
	if e.Do != "" {
		text += "; " + e.Do
	}
	return text
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
