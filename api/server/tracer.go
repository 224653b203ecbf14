// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"context"

	"spoor/api/wire"
)

// Job is a backtrace that is to be worked out.
type Job struct {
	Path     string    // of the input
	Title    string    // id; "": whichever it is
	Progress func(int) // takes the percentage that is done; may be called often, and from one goroutine at a time
}

// Outcome is what came out of a job that could be worked out.
type Outcome struct {
	EngineID  string // of the engine's own record
	Title     string // id; "" where none was recognised
	Extracted []wire.Extracted
	Findings  wire.Findings
	Warning   string // what stood in the way, though there is a result
}

// A Tracer works jobs out. Asked for the same again it goes on where it was
// stopped. An error whose words are meant for the client is a [*JobError]; a
// context that ends is returned as it is.
type Tracer interface {
	Trace(ctx context.Context, job Job) (Outcome, error)
}

// JobError says why a job cannot be worked out.
type JobError struct {
	EngineID string
	Code     string // one of the codes below
	Message  string
}

// Error returns the message.
func (e *JobError) Error() string { return e.Message }

// The codes inside a backtrace that failed.
const (
	CodeInput = "0x0300100" // the input cannot be read
	CodeSetup = "0x0300101" // there is nothing to compare it with
	CodeFault = "0x0300102" // a fault of the server
)
