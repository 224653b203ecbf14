// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an [Error] is. Whoever shows errors to people or to
// other programs maps codes to exit codes or HTTP statuses in one place.
type Code string

// The kinds of failure.
const (
	NotFound  Code = "not_found" // no such thing
	Ambiguous Code = "ambiguous" // a name that several things have
	Exists    Code = "exists"    // it is there already
	Invalid   Code = "invalid"   // input that can never be right
	Conflict  Code = "conflict"  // somebody else changed it meanwhile, or its state forbids it
	Denied    Code = "denied"    // the file system refuses
	Full      Code = "full"      // no space left
	Busy      Code = "busy"      // another program holds the database too long
	Locked    Code = "locked"    // encrypted, and no passphrase was given or a wrong one
	Damaged   Code = "damaged"   // a file is not what was written
	Newer     Code = "newer"     // made by a newer version of the program
	TooLarge  Code = "too_large" // more than one row may have
	Internal  Code = "internal"  // anything else: a fault of the program
)

// Error is what every failure of this package is, but for those of a context that ended.
// Its words are for people and contain no secret.
type Error struct {
	Code    Code
	Message string
	Err     error // the cause, nil where there is none
}

// Error returns the message, and the cause after a colon.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of an error, however deeply wrapped; "" for nil and
// Internal for errors that are not of this package.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

func errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
