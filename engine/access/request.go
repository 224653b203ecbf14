// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "net/netip"

// Request is what one line of a log says. The byte slices are views into the line or into a buffer of the parser: they
// are valid until the next line is parsed.
type Request struct {
	Time      int64 // milliseconds since 1970 UTC
	Client    netip.Addr
	Port      uint16 // of the client; 0 where it is not known
	Forwarded []byte // X-Forwarded-For
	Method    []byte
	Host      []byte
	Path      []byte // as it was requested, percent-encoded
	Query     []byte // without the question mark
	Agent     []byte
	Language  []byte // Accept-Language
	ID        []byte // of the request, where the format has one
	CMCD      []byte // headers of CTA-5004, comma-separated; those in the query are found there
	Status    int    // 0: the client left before an answer
	Body      int64  // bytes of the body that were sent; -1 where it is not known
	Length    int64  // Content-Length of the answer; -1 where it is not known
	From, To  int64  // first and last byte of a range that was asked for; -1 where it is not known
	Whole     int64  // size of the whole file, where the format tells; -1
	Kilobits  int32  // encoded bit rate in kbit/s, from CMCD; 0
	Duration  int32  // of the object in milliseconds, from CMCD; 0
	Object    byte   // CMCD object type: m, a, v, b (muxed, av), i, c, t (timed text), k, o; 0
	Stream    byte   // CMCD streaming format: d, h, s, o; 0
	Session   []byte // CMCD session id
	Content   []byte // CMCD content id
}

// reset forgets the line before.
func (r *Request) reset() {
	*r = Request{Body: -1, Length: -1, From: -1, To: -1, Whole: -1}
}

// Reason says in words why a line was not used. It is an error that costs nothing to return.
type Reason string //nolint:errname // it is counted and shown as a reason, and an error by the way

// Error returns the words.
func (r Reason) Error() string { return string(r) }

// Why lines are rejected.
//
//nolint:errname // reasons
const (
	BadShape   Reason = "not a line of this format"
	BadAddress Reason = "the client's address is not an IP address"
	BadTime    Reason = "the time cannot be read"
	OddTime    Reason = "the time lies outside the years 1990 to 2100"
	BadStatus  Reason = "the status is not a number from 0 to 999"
	BadNumber  Reason = "a number cannot be read"
	Empty      Reason = "the line is empty"
	TooLong    Reason = "the line is longer than 1 MiB"
	NoFields   Reason = "no #Fields line came before it"
	BadJSON    Reason = "not a JSON object"
	Incomplete Reason = "address, time or path is missing"
)

// Why requests are not matched.
//
//nolint:errname // reasons
const (
	NoTag     Reason = "no tag in the request"
	BadTag    Reason = "the tag is no text, or too long"
	BadToken  Reason = "the watermarking token cannot be read or its signature is wrong"
	NoSession Reason = "a session that no request with a tag belongs to"
)
