// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// SyncSets is how many sync sets an office has. Each of its titles uses one:
// a blind reader tries four geometries instead of one per title, and no
// signal is common to all titles.
const SyncSets = 4

// TitleKey is what the marks of a title are made with. Convert Message and Sync
// to [32]byte to use them.
type TitleKey struct {
	Message Secret // draws codewords and their carriers
	Sync    Secret // draws the sync sinusoids; the same in all titles of a sync set
	SyncSet int    // 0..SyncSets-1
}

// ID returns the public fingerprint of the key: 16 hex digits that say which key
// it is and nothing else about it.
func (k TitleKey) ID() string {
	mac := hmac.New(sha256.New, k.Message[:])
	mac.Write([]byte("spoor key id"))
	mac.Write(k.Sync[:])
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// Format writes the fingerprint, whatever the verb.
func (k TitleKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "key "+k.ID()) }

const (
	titleKeyFormat  = "spoor title key 1"
	officeKeyFormat = "spoor office key 1"
	officeKeyName   = "office"
	maxKeyFile      = 64 << 10
)

// keyFile is a key on disk: indented JSON with a checksum, so that a slip of an
// editor or a bad disk is noticed instead of giving marks that nobody can read.
type keyFile struct {
	Format   string   `json:"format"`
	Title    string   `json:"title,omitempty"`
	Message  string   `json:"message,omitempty"` // hex
	Sync     []string `json:"sync"`              // hex; one for a title, all sets for the office
	SyncSet  int      `json:"sync_set"`
	Checksum string   `json:"checksum"` // SHA-256 of this object without it
}

func (f keyFile) sum() string {
	f.Checksum = ""
	b, err := json.Marshal(f)
	if err != nil {
		return "" // strings and a number always encode
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// NewTitleKey makes the key for a title that is about to be added: a fresh
// message key, and the sync set that its id selects.
func (s *Store) NewTitleKey(titleID string) (TitleKey, error) {
	if !IsID(titleID) {
		return TitleKey{}, errorf(Invalid, "%q is not an id", titleID)
	}
	sets, err := s.SyncKeys()
	if err != nil {
		return TitleKey{}, err
	}
	sum := sha256.Sum256([]byte(titleID))
	k := TitleKey{SyncSet: int(sum[0]) % SyncSets}
	k.Sync = sets[k.SyncSet]
	_, _ = rand.Read(k.Message[:]) // documented never to fail
	return k, nil
}

// SyncKeys returns the sync sets of this office, making them at the first use.
func (s *Store) SyncKeys() ([SyncSets]Secret, error) {
	path := s.keyPath(officeKeyName)
	for range 2 {
		f, err := s.readKeyFile(path)
		if err == nil {
			return officeKey(path, f)
		}
		if CodeOf(err) != NotFound {
			return [SyncSets]Secret{}, err
		}
		made := keyFile{Format: officeKeyFormat}
		for range SyncSets {
			var key Secret
			_, _ = rand.Read(key[:])
			made.Sync = append(made.Sync, hex.EncodeToString(key[:]))
		}
		// Another program may be first; then its file holds.
		if err := s.writeKeyFile(path, made, false); err != nil && CodeOf(err) != Exists {
			return [SyncSets]Secret{}, err
		}
	}
	return [SyncSets]Secret{}, errorf(NotFound, "the key file %s disappears as soon as it is made", path)
}

func officeKey(path string, f keyFile) (sets [SyncSets]Secret, err error) {
	if f.Format != officeKeyFormat || len(f.Sync) != SyncSets {
		return sets, errorf(Damaged, "%s is not the office's key file", path)
	}
	for i, text := range f.Sync {
		if !decodeSecret(&sets[i], text) {
			return sets, errorf(Damaged, "the key file %s holds a key of the wrong form", path)
		}
	}
	return sets, nil
}

// TitleKey returns the key of a title. Errors: NotFound where its file is
// missing; Damaged where it is not as it was written.
func (s *Store) TitleKey(titleID string) (TitleKey, error) {
	if !IsID(titleID) {
		return TitleKey{}, errorf(Invalid, "%q is not an id", titleID)
	}
	path := s.keyPath(titleID)
	f, err := s.readKeyFile(path)
	if err != nil {
		return TitleKey{}, err
	}
	k := TitleKey{SyncSet: f.SyncSet}
	switch {
	case f.Format != titleKeyFormat:
		return TitleKey{}, errorf(Damaged, "%s is not a title's key file", path)
	case f.Title != titleID:
		return TitleKey{}, errorf(Damaged, "the key file %s belongs to the title %q", path, f.Title)
	case len(f.Sync) != 1 || f.SyncSet < 0 || f.SyncSet >= SyncSets,
		!decodeSecret(&k.Message, f.Message), !decodeSecret(&k.Sync, f.Sync[0]):
		return TitleKey{}, errorf(Damaged, "the key file %s holds a key of the wrong form", path)
	}
	return k, nil
}

func decodeSecret(s *Secret, text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && copy(s[:], b) == len(s) && len(b) == len(s)
}

func (s *Store) keyPath(name string) string {
	return filepath.Join(s.home, keysName, name+".key")
}

func (s *Store) writeTitleKey(titleID string, k TitleKey) error {
	if k.SyncSet < 0 || k.SyncSet >= SyncSets || k.Message == (Secret{}) || k.Sync == (Secret{}) {
		return errorf(Invalid, "the key of the title %s is empty", titleID)
	}
	return s.writeKeyFile(s.keyPath(titleID), keyFile{
		Format: titleKeyFormat, Title: titleID, Message: hex.EncodeToString(k.Message[:]),
		Sync: []string{hex.EncodeToString(k.Sync[:])}, SyncSet: k.SyncSet,
	}, true)
}

func (s *Store) removeTitleKey(titleID string) error {
	err := os.Remove(s.keyPath(titleID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return s.classify("removing the key of the title "+titleID, err)
}

// readKeyFile reads and checks a key file. Its errors name the file and never
// quote it.
func (s *Store) readKeyFile(path string) (keyFile, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return keyFile{}, errorf(NotFound, "the key file %s is missing", path)
	}
	if err != nil {
		return keyFile{}, s.classify("reading a key", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeyFile {
		return keyFile{}, errorf(Damaged, "%s is not a key file", path)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		s.log.Warn("a key file can be read by others: take it away from them with chmod 600",
			"file", path, "mode", info.Mode().Perm().String())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return keyFile{}, s.classify("reading a key", err)
	}
	if b, err = s.unseal(path, b); err != nil {
		return keyFile{}, err
	}
	f, ok := parseKeyFile(b)
	if !ok {
		return keyFile{}, errorf(Damaged, "the key file %s is damaged: put back a copy of it", path)
	}
	return f, nil
}

// parseKeyFile reads a key file and says whether it is whole. Why it is not would
// quote a secret.
func parseKeyFile(b []byte) (keyFile, bool) {
	var f keyFile
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil || decoder.More() {
		return keyFile{}, false
	}
	return f, hmac.Equal([]byte(f.sum()), []byte(f.Checksum))
}

// writeKeyFile writes a key file that only its owner can read: whole, and on the disk, or
// not at all. An existing file is an error of code Exists unless it is this
// very key and repeat is set (a title being added again after a crash).
func (s *Store) writeKeyFile(path string, f keyFile, repeat bool) error {
	f.Checksum = f.sum()
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return errorf(Internal, "writing the key file %s failed", path)
	}
	if err := s.protectNew(); err != nil {
		return s.classify("protecting a key", err)
	}
	if b, err = s.seal(f.Title, b); err != nil {
		return s.classify("encrypting a key", err)
	}
	if err := writeNew(path, append(b, '\n')); errors.Is(err, fs.ErrExist) {
		if old, err := s.readKeyFile(path); repeat && err == nil && old.Checksum == f.Checksum {
			return nil
		}
		return errorf(Exists, "there is a key file %s already", path)
	} else if err != nil {
		return s.classify("writing a key", err)
	}
	return nil
}

// syncDir makes the names in a folder durable. Windows does so by itself.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
