// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import (
	"fmt"
	"net/http"
)

// Error is what the API answers when it does not do what was asked, and what a
// client gets from a server. Its words go to the other side and hold no secret.
type Error struct {
	Status  int // HTTP
	Code    string
	Message string
	Err     error // the cause, which stays on this side
}

// Error returns the message and the code, for this side.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s (HTTP status %d, code %s)", e.Message, e.Status, e.Code)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Document is the error as it is sent.
func (e *Error) Document() Document {
	return One("error", Object{{"error_code", e.Code}, {"error_message", e.Message}})
}

// The documented error codes.
const (
	CodeInvalid  = "0x0300001"
	CodeToken    = "0x0000003"
	CodeMissing  = "0x0300007"
	CodeNoJob    = "0x0050005"
	CodeConflict = "0x0300009"
	CodeInternal = "0x0000001"
)

// Invalid says what is wrong with a field or a parameter.
func Invalid(field, why string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: CodeInvalid, Message: "Invalid Input: " + field + ": " + why}
}

// BadToken refuses whoever has no valid token.
func BadToken() *Error {
	return &Error{Status: http.StatusForbidden, Code: CodeToken, Message: "Invalid access token"}
}

// MissingScope refuses a token that is valid, but not for this.
func MissingScope(needs string) *Error {
	return &Error{
		Status: http.StatusForbidden, Code: CodeToken,
		Message: "Invalid access token: it has none of the scopes that this needs: " + needs,
	}
}

// NotFound says that an object of a kind does not exist.
func NotFound(kind string) *Error {
	switch kind {
	case KindBacktrace, KindFindings:
		return &Error{Status: http.StatusNotFound, Code: CodeMissing, Message: "Backtrace does not exist"}
	case KindJob:
		return &Error{Status: http.StatusNotFound, Code: CodeNoJob, Message: "Job does not exist"}
	}
	e := StatusError(http.StatusNotFound)
	if kind != "" {
		e.Message = string(kind[0]-'a'+'A') + kind[1:] + " does not exist"
	}
	return e
}

// Held refuses to erase what is under legal hold.
func Held() *Error {
	return &Error{
		Status: http.StatusConflict, Code: CodeConflict,
		Message: "The backtrace is under legal hold and cannot be erased",
	}
}

// Internal hides a fault of the server behind the id of the request.
func Internal(requestID string, cause error) *Error {
	return &Error{
		Status: http.StatusInternalServerError, Code: CodeInternal,
		Message: "Internal Error (request " + requestID + ")", Err: cause,
	}
}

// StatusError is an error that says no more than its HTTP status.
func StatusError(status int) *Error {
	return &Error{Status: status, Code: fmt.Sprintf("0x%07d", status), Message: http.StatusText(status)}
}
