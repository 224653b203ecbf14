// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"os"
	"path/filepath"

	"spoor/storage"
)

// ExportSealedCase is [Engine.ExportCase] into a file that is encrypted with a passphrase (age). The archive is made in the
// home first, and removed there.
func (e *Engine) ExportSealedCase(ctx context.Context, idOrName, path, passphrase string, report func(Progress)) (Case, string, error) {
	dir, err := e.store.WorkDir("export-" + storage.NewID())
	if err != nil {
		return Case{}, "", err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what stays is the home's, as the vault is
	plain := filepath.Join(dir, "case")
	c, _, err := e.ExportCase(ctx, idOrName, plain, report)
	if err != nil {
		return Case{}, "", err
	}
	if err := e.store.SealFile(ctx, plain, path, passphrase); err != nil {
		return Case{}, "", err
	}
	facts, err := hashFile(ctx, path, "hashing the case file", report)
	return c, facts.SHA256, err
}

// OpenCaseFile makes a case file readable that may be encrypted: it returns where it can be read from until done is called.
// passphrase is asked only where it is encrypted.
func (e *Engine) OpenCaseFile(ctx context.Context, path string, passphrase func() (string, error)) (plain string, done func(), err error) {
	sealed, err := storage.Sealed(path)
	if err != nil {
		return "", nil, openError(path, err)
	}
	if !sealed {
		return path, func() {}, nil
	}
	word, err := passphrase()
	if err != nil {
		return "", nil, err
	}
	dir, err := e.store.WorkDir("import-" + storage.NewID())
	if err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(dir) }
	plain = filepath.Join(dir, filepath.Base(path))
	if err := e.store.UnsealFile(ctx, path, plain, word); err != nil {
		done()
		return "", nil, err
	}
	return plain, done, nil
}
