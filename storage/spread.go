// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// A stream is handed to those who take it in blocks, of which so many are under way at most: whoever is ahead need not
// wait for the others at each of them.
const (
	spreadBlock = 1 << 20 // bytes
	spreadAhead = 8
)

// spread reads a stream to its end and writes it to several writers at once, each in a goroutine of its own: the
// slowest of them sets the pace, and not their sum. size is how many bytes there will be, about. report is told after
// each block how many were read; its error ends the work, and so does one of the reader, of a writer or of the context.
// When it returns, no writer is in use any more.
func spread(ctx context.Context, r io.Reader, size int64, report func(n int64) error, to ...io.Writer) error {
	s := &spreader{
		block: int(min(spreadBlock, max(size, 0)+1)), // one more: it is read until there is nothing
		free:  make(chan *sharedBlock, spreadAhead), failed: make(chan struct{}),
	}
	for range spreadAhead {
		s.free <- &sharedBlock{}
	}
	for _, w := range to {
		queue := make(chan *sharedBlock, spreadAhead)
		s.queues = append(s.queues, queue)
		s.work.Go(func() { s.write(w, queue) })
	}
	err := s.read(ctx, r, report)
	for _, queue := range s.queues {
		close(queue)
	}
	s.work.Wait()
	return errors.Join(err, s.err)
}

// sharedBlock is a piece of the stream, which every writer reads.
type sharedBlock struct {
	buffer []byte
	text   []byte       // of it
	users  atomic.Int32 // writers that are not done with it
}

type spreader struct {
	block  int // bytes
	free   chan *sharedBlock
	queues []chan *sharedBlock // one for each writer
	work   sync.WaitGroup
	once   sync.Once
	failed chan struct{} // closed with the first failure of a writer
	err    error         // that failure
}

// read hands the stream out, until its end or a failure.
func (s *spreader) read(ctx context.Context, r io.Reader, report func(n int64) error) error {
	var n int64
	for {
		var b *sharedBlock
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.failed:
			return nil
		case b = <-s.free:
		}
		if b.buffer == nil {
			b.buffer = make([]byte, s.block)
		}
		k, err := r.Read(b.buffer)
		s.hand(b, k)
		if n += int64(k); k > 0 {
			if err := report(n); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// hand gives the first bytes of a block to all writers.
func (s *spreader) hand(b *sharedBlock, bytes int) {
	b.text = b.buffer[:bytes]
	b.users.Store(int32(len(s.queues)))
	for _, queue := range s.queues {
		queue <- b
	}
}

// write serves one writer. After a failure it goes on taking blocks, so that nobody waits.
func (s *spreader) write(w io.Writer, queue chan *sharedBlock) {
	for b := range queue {
		if _, err := w.Write(b.text); err != nil {
			s.once.Do(func() {
				s.err = err
				close(s.failed)
			})
		}
		if b.users.Add(-1) == 0 {
			s.free <- b
		}
	}
}
