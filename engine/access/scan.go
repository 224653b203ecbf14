// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	blockSize  = 1 << 20
	maxLine    = blockSize // a longer line is rejected; memory stays flat
	flushBytes = 4 << 30   // of the log, between two flushes
	flushEvery = 10 * time.Second
	flushCost  = 128 << 20 // of memory that a tally takes, about
)

// Place is where a scan stands: it can go on from there.
type Place struct {
	Offset int64    `json:"offset"` // bytes of the log, uncompressed
	Line   int64    `json:"line"`   // lines before it
	Fields []string `json:"fields"` // of the last #Fields line; nil before one
}

// ScanOptions adjust [Scan].
type ScanOptions struct {
	From     Place                           // where to begin; the reader stands there
	Workers  int                             // goroutines that cut lines; below 1: as many as there are processors
	Flush    func(t *Tally, now Place) error // takes what was added up since the last call: everything before now
	Progress func(offset int64)              // called from one goroutine, often
	Every    int64                           // bytes between two flushes, at most; below 1: 4 GiB. Ten seconds are the other limit
}

// Scan reads lines from r and adds them up, with flat memory at any length of the log or of a line. It hands over what
// it has at times and at the end; when the context ends it hands over what is done and returns its cause. Errors are
// those of the reader, of Flush and of the context.
func Scan(ctx context.Context, r io.Reader, f Format, rules *Rules, o ScanOptions) error {
	if o.Workers < 1 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Every < 1 {
		o.Every = flushBytes
	}
	s := &scan{format: f, options: o, lines: lineReader{r: r, header: f.header, place: o.From}, work: make(chan *block)}
	var wait sync.WaitGroup
	for range o.Workers {
		c := newCounter(rules)
		s.counters = append(s.counters, c)
		wait.Go(func() {
			for b := range s.work {
				s.count(c, b)
			}
		})
	}
	err := s.read(ctx)
	close(s.work)
	wait.Wait()
	return err
}

type scan struct {
	format   Format
	options  ScanOptions
	lines    lineReader
	work     chan *block
	counters []*counter
	busy     sync.WaitGroup
	cost     atomic.Int64
	free     sync.Pool
	flushed  int64
	since    time.Time // of the last flush
}

// read hands out blocks, and flushes in between.
func (s *scan) read(ctx context.Context) error {
	s.free.New = func() any { return &block{buffer: make([]byte, blockSize)} }
	s.flushed, s.since = s.options.From.Offset, time.Now()
	for {
		b, _ := s.free.Get().(*block)
		err := s.lines.next(b)
		if len(b.text) > 0 || b.long > 0 {
			s.busy.Add(1)
			s.work <- b
		}
		now := s.lines.place
		if s.options.Progress != nil {
			s.options.Progress(now.Offset)
		}
		ended := errors.Is(err, io.EOF)
		switch {
		case ended || err != nil || ctx.Err() != nil:
			return errors.Join(s.flush(now), s.why(ctx, err))
		case now.Offset-s.flushed >= s.options.Every, s.cost.Load() > flushCost, time.Since(s.since) > flushEvery:
			if err := s.flush(now); err != nil {
				return err
			}
		}
	}
}

func (s *scan) why(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.EOF):
		return nil
	default:
		return fmt.Errorf("at byte %d of the log: %w", s.lines.place.Offset, err)
	}
}

// flush waits until all blocks are counted, and hands over the sum.
func (s *scan) flush(now Place) error {
	s.busy.Wait()
	sum := NewTally()
	for _, c := range s.counters {
		sum.Merge(c.take())
	}
	s.cost.Store(0)
	s.flushed, s.since = now.Offset, time.Now()
	if s.options.Flush == nil {
		return nil
	}
	return s.options.Flush(sum, now)
}

// count adds up the lines of a block.
func (s *scan) count(c *counter, b *block) {
	before := c.tally.cost
	defer func() {
		s.cost.Add(int64(c.tally.cost - before))
		s.free.Put(b)
		s.busy.Done()
	}()
	c.parser = b.parserFor(c, s.format)
	number := b.line
	if b.long > 0 {
		c.tally.Counts.Lines++
		c.reject(TooLong, b.text, number+1)
		return
	}
	for text := b.text; len(text) > 0; {
		line := text
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = nil
		}
		number++
		if s.format.header && len(line) > 0 && line[0] == '#' {
			c.tally.Counts.Lines++
			c.tally.Counts.Comments++
			continue
		}
		c.line(line, number)
	}
}

// parserFor makes a parser for a block whose fields are others than those of the block before.
func (b *block) parserFor(c *counter, f Format) parser {
	if c.parser == nil || !sameFields(c.fields, b.fields) {
		c.fields = b.fields
		return f.parser(b.fields)
	}
	return c.parser
}

func sameFields(a, b []string) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// block is a piece of a log that ends with a line.
type block struct {
	buffer []byte
	text   []byte   // its lines
	line   int64    // how many lines are before it
	fields []string // that its lines have
	long   int64    // not 0: it is the beginning of one line of so many bytes
}

// lineReader cuts a stream into blocks of whole lines.
type lineReader struct {
	r      io.Reader
	header bool
	place  Place // after the last block
	rest   []byte
	ended  error
}

var fieldsMark = []byte("#Fields:") //nolint:gochecknoglobals // a constant that Go has no way to write

// next fills a block. Its error is io.EOF with the last block, or after it.
func (l *lineReader) next(b *block) error {
	b.text, b.line, b.long, b.fields = nil, l.place.Line, 0, l.place.Fields
	n := copy(b.buffer, l.rest)
	l.rest = l.rest[:0]
	if l.ended == nil && n < len(b.buffer) {
		n += l.fill(b.buffer[n:])
	}
	text := b.buffer[:n]
	if l.place.Offset == 0 {
		if rest, ok := bytes.CutPrefix(text, []byte("\ufeff")); ok {
			text = rest
			l.place.Offset = 3
		}
	}
	end := bytes.LastIndexByte(text, '\n') + 1
	switch {
	case l.ended != nil && !errors.Is(l.ended, io.EOF):
		// What could be read before the failure is used up to the last whole line.
	case end == 0 && l.ended == nil:
		return l.skip(b, text)
	case l.ended != nil:
		end = len(text)
	}
	if l.header {
		end = l.split(text, end)
	}
	b.fields = l.place.Fields
	l.rest = append(l.rest, text[end:]...)
	b.text = text[:end]
	l.place.Offset += int64(end)
	l.place.Line += int64(bytes.Count(b.text, []byte{'\n'}))
	if end > 0 && b.text[end-1] != '\n' {
		l.place.Line++
	}
	if len(l.rest) > 0 && errors.Is(l.ended, io.EOF) {
		return nil
	}
	return l.ended
}

// fill reads until a buffer is full or the stream ends. Unlike io.ReadFull it keeps an end apart from a stream that
// is cut off.
func (l *lineReader) fill(buffer []byte) (n int) {
	for n < len(buffer) && l.ended == nil {
		var more int
		more, l.ended = l.r.Read(buffer[n:])
		n += more
	}
	return n
}

// split ends a block before a line that names the fields anew, and takes the names where the block begins with one.
func (l *lineReader) split(text []byte, end int) int {
	if bytes.HasPrefix(text[:end], fieldsMark) {
		line, _, _ := bytes.Cut(text[:end], []byte{'\n'})
		l.place.Fields = strings.Fields(string(line[len(fieldsMark):]))
	}
	if at := bytes.Index(text[:end], []byte("\n#Fields:")); at >= 0 {
		return at + 1
	}
	return end
}

// skip reads over a line that is longer than a block.
func (l *lineReader) skip(b *block, text []byte) error {
	b.text = text[:sampleText]
	b.long = int64(len(text))
	scratch := make([]byte, 64<<10)
	for {
		n, err := l.r.Read(scratch)
		if end := bytes.IndexByte(scratch[:n], '\n'); end >= 0 {
			b.long += int64(end) + 1
			l.rest = append(l.rest, scratch[end+1:n]...)
			l.ended = err
			break
		}
		b.long += int64(n)
		if err != nil {
			l.ended = err
			break
		}
	}
	l.place.Offset += b.long
	l.place.Line++
	if errors.Is(l.ended, io.EOF) && len(l.rest) > 0 {
		return nil
	}
	return l.ended
}
