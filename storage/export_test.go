// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

// WithQuickPassphrase makes guessing a passphrase cheap, and so tests quick.
func WithQuickPassphrase() Option { return func(s *Store) { s.lock.scryptLog = 10 } }
