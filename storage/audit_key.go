// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// auditKeyName is the file that heads of the log are signed with: two lines, the secret key and the public one.
const auditKeyName = "audit.key"

// auditKey reads the key of the log, making it at the first use.
func (s *Store) auditKey() (secret, public string, err error) {
	path := s.auditKeyPath()
	for range 2 {
		b, err := readSmall(path)
		if err == nil {
			secret, public, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
			return secret, public, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", "", err
		}
		secret, public, err := note.GenerateKey(rand.Reader, "spoor/"+NewID())
		if err != nil {
			return "", "", err
		}
		// Another program may be first; then its key holds.
		if err := writeNew(path, []byte(secret+"\n"+public+"\n")); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", "", err
		}
	}
	return "", "", errorf(NotFound, "the key of the audit log, %s, disappears as soon as it is made", path)
}

func (s *Store) auditKeyPath() string { return filepath.Join(s.home, keysName, auditKeyName) }

// auditSigner returns what signs heads of the log, and the public key that verifies them.
func (s *Store) auditSigner() (note.Signer, string, error) {
	secret, public, err := s.auditKey()
	if err != nil {
		return nil, "", err
	}
	signer, err := note.NewSigner(secret)
	_, perr := note.NewVerifier(public)
	if err != nil || perr != nil { // their words may quote the key
		return nil, "", errorf(Damaged, "the key of the audit log, %s, is damaged: put back a copy of it", s.auditKeyPath())
	}
	return signer, public, nil
}

// readSmall reads a file that holds a line or two.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeyFile {
		return nil, errorf(Damaged, "%s is not what was written", path)
	}
	return os.ReadFile(path)
}

// writeNew writes a file for its owner only: whole, and on the disk, or not at all. It never replaces one: fs.ErrExist.
func writeNew(path string, content []byte) error {
	temp, err := writeTemp(filepath.Dir(path), content)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp) }()
	// A link, unlike a rename, never replaces what another program has put there.
	if err := os.Link(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeTemp writes a file for its owner only, on the disk, and returns its passing name.
func writeTemp(dir string, content []byte) (string, error) {
	temp, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = temp.Write(content)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return "", errors.Join(err, os.Remove(temp.Name()))
	}
	return temp.Name(), nil
}
