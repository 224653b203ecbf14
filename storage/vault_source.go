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

// read hashes the whole file, and writes it to others as well. A file that changes meanwhile is refused: nobody could
// say what was hashed.
func (s *source) read(ctx context.Context, progress func(done, total int64), to ...io.Writer) (sums, error) {
	h := newHasher()
	if err := s.spread(ctx, progress, append(to, h.short, h.long)...); err != nil {
		return sums{}, err
	}
	return h.sums(), nil
}

// sum256 takes the SHA-256 of the whole file, which is what it is known by.
func (s *source) sum256(ctx context.Context, progress func(done, total int64)) (string, error) {
	h := sha256.New()
	if err := s.spread(ctx, progress, h); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (s *source) spread(ctx context.Context, progress func(done, total int64), to ...io.Writer) error {
	if _, err := s.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var read int64
	err := spread(ctx, s, s.size, func(n int64) error {
		if read = n; progress != nil {
			progress(n, s.size)
		}
		return nil
	}, to...)
	if err != nil {
		return err
	}
	st, err := s.Stat()
	if err != nil {
		return err
	}
	if read != s.size || st.Size() != s.size || !st.ModTime().Equal(s.modTime) {
		return errorf(Conflict, "%s changed while it was read: try again when it is complete", s.path)
	}
	return nil
}

// hasher takes both hashes that a content has on record.
type hasher struct{ short, long hash.Hash }

func newHasher() hasher { return hasher{sha256.New(), sha512.New()} }

func (h hasher) sums() sums {
	return sums{SHA256: hex.EncodeToString(h.short.Sum(nil)), SHA512: hex.EncodeToString(h.long.Sum(nil))}
}
