// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The key that reports are signed with, and its public half, which is in the open: whoever gets reports has it too.
const (
	reportKeyName    = "report.key"
	reportPublicName = "report.pub"
)

// ReportKey returns the key with which reports are signed, and its public half. It is made by create at the first use and kept
// as the keys of titles are: encrypted where they are. public tells the public half of a key. Errors: Locked, Damaged.
func (s *Store) ReportKey(create func() ([]byte, error), public func(key []byte) (string, error)) ([]byte, error) {
	path := filepath.Join(s.home, keysName, reportKeyName)
	for range 2 {
		key, err := s.readReportKey(path)
		if err == nil {
			return key, s.classify("keeping the key of reports", s.notePublic(key, public))
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, s.classify("reading the key of reports", err)
		}
		made, err := create()
		if err != nil {
			return nil, err
		}
		sealed, err := s.seal("", made)
		if err != nil {
			return nil, s.classify("keeping the key of reports", err)
		}
		// Another program may be first; then its key holds.
		if err := writeNew(path, sealed); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, s.classify("keeping the key of reports", err)
		}
	}
	return nil, errorf(NotFound, "the key of reports, %s, disappears as soon as it is made", path)
}

func (s *Store) readReportKey(path string) ([]byte, error) {
	b, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	key, err := s.unseal(path, b)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(key, b) { // in the open: of an older version, or from before the keys were encrypted
		return key, s.sealReportKey(path, key)
	}
	return key, nil
}

// sealReportKey encrypts a key that is in the open, where keys are encrypted.
func (s *Store) sealReportKey(path string, key []byte) error {
	sealed, err := s.seal("", key)
	if err != nil || bytes.Equal(sealed, key) {
		return err
	}
	return writeOver(path, sealed)
}

// notePublic writes the public half beside the key, where it is not there yet.
func (s *Store) notePublic(key []byte, public func([]byte) (string, error)) error {
	text, err := public(key)
	if err != nil || text == s.ReportPublicKey() {
		return err
	}
	return writeOver(filepath.Join(s.home, keysName, reportPublicName), []byte(text+"\n"))
}

// ReportPublicKey is the public half of the key of reports; "" where nothing was signed yet.
func (s *Store) ReportPublicKey() string { return ReportPublicKeyOf(s.home) }

// ReportPublicKeyOf is the same of a home that is not opened.
func ReportPublicKeyOf(home string) string {
	b, err := os.ReadFile(filepath.Join(home, keysName, reportPublicName))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
