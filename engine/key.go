// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"io"

	"spoor/storage"
)

// WithPassphrase says where the passphrase of the keys comes from, see [storage.WithPassphrase].
func WithPassphrase(ask func() (string, error)) Option { return func(e *Engine) { e.ask = ask } }

// WithKeyring protects the keys of a new home by a keyring, see [storage.SystemKeyring].
func WithKeyring(k storage.Keyring) Option { return func(e *Engine) { e.keyring = k } }

// KeyProtection says how the keys of titles are kept.
func (e *Engine) KeyProtection() (storage.Protection, error) { return e.store.KeyProtection() }

// ProtectKeys encrypts the keys of titles with a passphrase.
func (e *Engine) ProtectKeys(passphrase string) error { return e.store.ProtectKeys(passphrase) }

// ExportKeys writes titles (without any: all) with their keys for another office, encrypted with a passphrase, and returns how many.
func (e *Engine) ExportKeys(ctx context.Context, to io.Writer, passphrase string, titles []string) (int, error) {
	return e.store.ExportKeys(ctx, to, passphrase, titles)
}

// ImportKeys takes over titles with their keys, and returns those that are new.
func (e *Engine) ImportKeys(ctx context.Context, from io.Reader, passphrase string) ([]storage.Title, error) {
	return e.store.ImportKeys(ctx, from, passphrase)
}
