// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// vaultTemp is a file on its way into the vault. Where the system can, it has no name until it is whole, so that
// nothing is left of it when this program is killed; elsewhere it is a hidden file, and what a killed program
// left is swept away with the next one.
type vaultTemp struct {
	file    *os.File
	named   bool
	written int64 // bytes
	begun   int64 // bytes of them that the system was asked to write to the disk
}

// writeBehind is after how many bytes the disk is given something to do, so that making a large copy durable does not
// only begin when it is complete.
const writeBehind = 8 << 20

// Write appends to the file.
func (t *vaultTemp) Write(b []byte) (int, error) {
	n, err := t.file.Write(b)
	t.written += int64(n)
	if behind := t.written - t.begun; behind >= writeBehind {
		beginWriting(t.file, t.begun, behind)
		t.begun = t.written
	}
	return n, err
}

const vaultTempPattern = ".spoor-*.part"

// staleAfter is the age from which a hidden file that nobody has written to cannot belong to a running program.
const staleAfter = 24 * time.Hour

func newVaultTemp(dir string) (*vaultTemp, error) {
	if f, err := createNameless(dir); err == nil {
		return &vaultTemp{file: f}, nil
	} else if !errors.Is(err, errNameless) {
		return nil, err
	}
	sweepVault(dir)
	f, err := os.CreateTemp(dir, vaultTempPattern)
	if err != nil {
		return nil, err
	}
	return &vaultTemp{file: f, named: true}, nil
}

var errNameless = errors.New("nameless files are not supported here")

// sweepVault removes what killed programs left, as far as it can.
func sweepVault(dir string) {
	stale, _ := filepath.Glob(filepath.Join(dir, vaultTempPattern)) // the pattern is right
	for _, path := range stale {
		if st, err := os.Lstat(path); err == nil && time.Since(st.ModTime()) > staleAfter {
			_ = os.Remove(path)
		}
	}
}

// seal makes the content durable and read-only, with the time of the file that it is a copy of.
func (t *vaultTemp) seal(modTime time.Time) error {
	if err := t.file.Chmod(0o400); err != nil {
		return err
	}
	if err := setFileTime(t.file, modTime); err != nil {
		return err
	}
	return t.file.Sync()
}

// keep gives the file its name, in one step for everyone who looks. A whole file of that name may be there, of a
// program that was killed before it could record it or that took the same content in at the same time: it stays, unless
// it is to be replaced.
func (t *vaultTemp) keep(path string, size int64, replace bool) error {
	err := t.name(path)
	if errors.Is(err, fs.ErrExist) {
		st, serr := os.Lstat(path)
		if serr == nil && st.Mode().IsRegular() && st.Size() == size && !replace {
			return nil
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		err = t.name(path)
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func (t *vaultTemp) name(path string) error {
	if !t.named {
		return linkNameless(t.file, path)
	}
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	if err := os.Rename(t.file.Name(), path); err != nil {
		return err
	}
	t.named = false
	return nil
}

// drop closes the file; unless it was kept, it is gone.
func (t *vaultTemp) drop() {
	_ = t.file.Close()
	if t.named {
		_ = os.Remove(t.file.Name())
	}
}

// makeVaultFolder makes one of the folders that the files are spread over.
func makeVaultFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	return syncFolder(filepath.Dir(dir))
}
