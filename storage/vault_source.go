// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"
)

// source is a file that is read from its beginning to its end, once or twice.
type source struct {
	*os.File
	path     string // as the caller named it
	absolute string
	size     int64
	modTime  time.Time
}

func openSource(path string) (*source, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0) // a FIFO must not block us
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errorf(Invalid, "%s is not a regular file", path)
	}
	absolute, aerr := filepath.Abs(path)
	if err := errors.Join(err, aerr); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &source{File: f, path: path, absolute: absolute, size: st.Size(), modTime: st.ModTime().UTC()}, nil
}

// sums are the hashes of one content, in lower-case hex.
type sums struct{ SHA256, SHA512 string }

func (s *source) vaultFile(h sums) VaultFile {
	return VaultFile{SHA256: h.SHA256, SHA512: h.SHA512, Size: s.size, ModTime: s.modTime, CreatedAt: now()}
}

// read hashes the whole file, and writes it to a copy where there is one. A file that changes meanwhile is refused:
// nobody could say what was hashed.
func (s *source) read(ctx context.Context, to io.Writer, progress func(done, total int64)) (sums, error) {
	return s.hash(ctx, newHasher(), to, progress)
}

// sum256 takes the SHA-256 of the whole file, which is what it is known by.
func (s *source) sum256(ctx context.Context, progress func(done, total int64)) (string, error) {
	got, err := s.hash(ctx, &hasher{short: sha256.New()}, nil, progress)
	return got.SHA256, err
}

func (s *source) hash(ctx context.Context, h *hasher, to io.Writer, progress func(done, total int64)) (sums, error) {
	defer h.stop()
	if _, err := s.Seek(0, io.SeekStart); err != nil {
		return sums{}, err
	}
	buf := make([]byte, 1<<20)
	var n int64
	for {
		if err := context.Cause(ctx); err != nil {
			return sums{}, err
		}
		k, err := s.Read(buf)
		if k > 0 {
			if werr := h.both(buf[:k], to); werr != nil {
				return sums{}, werr
			}
			if n += int64(k); progress != nil {
				progress(n, s.size)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return sums{}, err
		}
	}
	st, err := s.Stat()
	if err != nil {
		return sums{}, err
	}
	if n != s.size || st.Size() != s.size || !st.ModTime().Equal(s.modTime) {
		return sums{}, errorf(Conflict, "%s changed while it was read: try again when it is complete", s.path)
	}
	return h.sums(), nil
}

// hasher takes two hashes at once, on two cores, or the short one alone.
type hasher struct {
	short, long hash.Hash // long is nil where it is not wanted
	block       chan []byte
	done        chan struct{}
}

func newHasher() *hasher {
	h := &hasher{short: sha256.New(), long: sha512.New(), block: make(chan []byte), done: make(chan struct{})}
	go func() {
		for b := range h.block {
			h.long.Write(b)
			h.done <- struct{}{}
		}
	}()
	return h
}

// both takes in a block and writes it to a copy, if there is one.
func (h *hasher) both(b []byte, to io.Writer) error {
	if h.long != nil {
		h.block <- b
	}
	h.short.Write(b)
	var err error
	if to != nil {
		_, err = to.Write(b)
	}
	if h.long != nil {
		<-h.done
	}
	return err
}

func (h *hasher) stop() {
	if h.long != nil {
		close(h.block)
	}
}

func (h *hasher) sums() sums {
	out := sums{SHA256: hex.EncodeToString(h.short.Sum(nil))}
	if h.long != nil {
		out.SHA512 = hex.EncodeToString(h.long.Sum(nil))
	}
	return out
}
