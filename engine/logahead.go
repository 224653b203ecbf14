// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"io"

	"spoor/engine/access"
)

// How far a log is read ahead of its intake: nothing of that is kept when the import is stopped, and all of it lies in
// memory. What comes after is read from the vault, and kept at times.
const (
	aheadBytes = 8 << 30  // of the log, uncompressed: less than a minute
	aheadSize  = 64 << 20 // of memory
)

var errFarAhead = errors.New("read far enough ahead")

// logAhead reads a log in the pass in which it is hashed and copied into the vault, so that it need not be read twice:
// what is counted is what was hashed. It is written the log's bytes. Only when the intake has succeeded, and the log
// turns out to be a new one, does what it added up count.
type logAhead struct {
	ctx    context.Context //nolint:containedctx // it lives for one intake
	format access.Format
	rules  *access.Rules

	to    *io.PipeWriter // nil as long as nothing was written
	ended chan struct{}

	// Once it has ended:
	sum   *access.Tally
	place access.Place // up to which
	fault error        // why it came no farther; nil at the end of the log
}

// Write takes the next bytes of the log, and is never in the way: what it does not need is dropped.
func (a *logAhead) Write(b []byte) (int, error) {
	if a.to == nil {
		a.begin()
	}
	_, _ = a.to.Write(b)
	return len(b), nil
}

func (a *logAhead) begin() {
	from, to := io.Pipe()
	a.to, a.ended, a.sum = to, make(chan struct{}), access.NewTally()
	go func() {
		defer close(a.ended)
		a.fault = a.read(from)
		_ = from.Close() // whoever writes goes on without us
	}()
}

func (a *logAhead) read(r io.Reader) error {
	stream, _, _, err := access.Open(r)
	if err != nil {
		return err
	}
	defer stream.Close()
	return access.Scan(a.ctx, stream, a.format, a.rules, access.ScanOptions{
		Flush: func(t *access.Tally, now access.Place) error {
			a.sum.Merge(t)
			if a.place = now; now.Offset >= aheadBytes || a.sum.Size() > aheadSize {
				return errFarAhead
			}
			return nil
		},
	})
}

// end waits for the reading to end, after the last byte or after the failure of the intake.
func (a *logAhead) end(failure error) {
	if a.to != nil {
		_ = a.to.CloseWithError(failure) // nil: the end of the log
		<-a.ended
	}
}

// used tells whether there was anything to read.
func (a *logAhead) used() bool { return a.to != nil }
