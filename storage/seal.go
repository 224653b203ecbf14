// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"
)

// sealMagic is how a sealed file begins (age, version 1).
const sealMagic = "age-encryption.org/v1\n"

// Sealed says whether a file is one that [Store.SealFile] has written, or age with a passphrase.
func Sealed(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, len(sealMagic))
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	return string(head[:n]) == sealMagic, nil
}

// SealFile encrypts a file with a passphrase (age, scrypt) into a new one, which is there whole or not at all. Errors: Exists;
// Invalid for no passphrase.
func (s *Store) SealFile(ctx context.Context, from, to, passphrase string) error {
	return s.classify("encrypting "+to, s.throughFile(ctx, from, to, func(w io.Writer, r io.Reader) error {
		recipient, err := age.NewScryptRecipient(passphrase)
		if err != nil {
			return errorf(Invalid, "the passphrase is empty")
		}
		recipient.SetWorkFactor(s.lock.scryptLog)
		sealed, err := age.Encrypt(w, recipient)
		if err != nil {
			return err
		}
		_, err = io.Copy(sealed, r)
		return errors.Join(err, sealed.Close())
	}))
}

// UnsealFile decrypts a sealed file into a new one. Errors: Exists; Locked for a wrong passphrase; Damaged.
func (s *Store) UnsealFile(ctx context.Context, from, to, passphrase string) error {
	return s.classify("decrypting "+from, s.throughFile(ctx, from, to, func(w io.Writer, r io.Reader) error {
		identity, err := age.NewScryptIdentity(passphrase)
		if err != nil {
			return errorf(Invalid, "the passphrase is empty")
		}
		plain, err := age.Decrypt(r, identity)
		if err != nil {
			if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
				return errorf(Locked, "the passphrase is wrong")
			}
			return errorf(Damaged, "%s is damaged, or not encrypted with a passphrase", from)
		}
		return copyOpened(w, plain, from)
	}))
}

// copyOpened tells a file that is not what was sealed from a disk that is full.
func copyOpened(w io.Writer, r io.Reader, name string) error {
	watched := &watchedReader{r: r}
	_, err := io.Copy(w, watched)
	if watched.err != nil {
		return errorf(Damaged, "%s is damaged or cut off", name)
	}
	return err
}

// watchedReader remembers what went wrong in reading.
type watchedReader struct {
	r   io.Reader
	err error
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// throughFile writes a new file from another: it gets its name when it is complete and on the disk.
func (s *Store) throughFile(ctx context.Context, from, to string, do func(io.Writer, io.Reader) error) error {
	if _, err := os.Lstat(to); err == nil {
		return errorf(Exists, "%s is there already: choose another name", to)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), vaultTempPattern)
	if err != nil {
		return err
	}
	defer func() { _, _ = out.Close(), os.Remove(out.Name()) }() // after the end there is nothing of that name
	if err := do(out, stopReader{ctx, in}); err != nil {
		return err
	}
	if err := errors.Join(ctx.Err(), out.Sync()); err != nil {
		return err
	}
	if err := os.Link(out.Name(), to); err != nil { // a name that is in use is not taken away
		return err
	}
	return syncDir(filepath.Dir(to))
}

// stopReader ends when a context does.
type stopReader struct {
	ctx context.Context //nolint:containedctx // for the length of one copy
	r   io.Reader
}

func (s stopReader) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
