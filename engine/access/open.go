// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// How far a compressed log may blow up: logs shrink to a tenth or a fiftieth. What goes beyond both is refused as a
// decompression bomb.
const (
	MaxRatio  = 250
	FreeBytes = 256 << 20 // up to so many uncompressed bytes the ratio does not matter
	maxWindow = 128 << 20 // memory that a zstd stream may ask for
)

// ErrBomb is a compressed log that blows up as no log does.
var ErrBomb = errors.New("it blows up more than 250-fold when uncompressed, as no log does")

// Compression names how a stream is compressed, by its first bytes: gzip, zstd, bzip2, or none.
func Compression(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	case bytes.HasPrefix(head, []byte("BZh")) && len(head) > 3 && head[3] >= '1' && head[3] <= '9':
		return "bzip2"
	}
	return "none"
}

// Open uncompresses a log, however it is compressed, and says how it was. packed tells how many bytes of r were taken.
// The caller closes the stream, and r.
func Open(r io.Reader) (stream io.ReadCloser, compression string, packed func() int64, err error) {
	in := &counted{r: r}
	b := bufio.NewReaderSize(in, 256<<10)
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", nil, err
	}
	compression = Compression(head)
	packed = func() int64 { return in.n.Load() }
	switch compression {
	case "gzip":
		g, err := gzip.NewReader(b)
		if err != nil {
			return nil, "", nil, fmt.Errorf("the gzip file is damaged: %w", err)
		}
		return &bounded{r: g, close: g.Close, packed: packed}, compression, packed, nil
	case "zstd":
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, "", nil, fmt.Errorf("the zstd file is damaged: %w", err)
		}
		return &bounded{r: z, close: func() error { z.Close(); return nil }, packed: packed}, compression, packed, nil
	case "bzip2":
		return &bounded{r: bzip2.NewReader(b), close: func() error { return nil }, packed: packed}, compression, packed, nil
	}
	return io.NopCloser(b), compression, packed, nil
}

// bounded stops a decompression bomb.
type bounded struct {
	r      io.Reader
	close  func() error
	packed func() int64
	n      int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	if b.n > FreeBytes && b.n/MaxRatio > b.packed() {
		return n, ErrBomb
	}
	return n, err
}

// Close ends the uncompressing.
func (b *bounded) Close() error { return b.close() }

// counted counts what is read.
type counted struct {
	r io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
