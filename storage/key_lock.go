// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// Keys at rest. Each key file is encrypted to an age identity of the home, whose public half is in keys/lock.json: a new key can
// be written by anybody who may write there, and read only by who has the secret half. That is in the keyring of the
// system, or in lock.json too, encrypted with a passphrase. A home without lock.json has its keys in the open, in
// files that only their owner can read.

// Protection says how the keys of a home are kept.
type Protection string

// The protections.
const (
	Unprotected  Protection = "none"       // files that only their owner can read
	ByPassphrase Protection = "passphrase" // encrypted
	ByKeyring    Protection = "keyring"    // encrypted; the system keeps the secret
)

const (
	lockName         = "lock.json"
	lockFormat       = "spoor key lock 1"
	sealedKeyFormat  = "spoor sealed key 1"
	defaultScryptLog = 18 // about a second a guess
)

// Keyring keeps a secret by a name, as operating systems do for their users.
type Keyring interface {
	Get(name string) (string, error)
	Set(name, secret string) error
}

// WithKeyring protects the keys of a new home by a keyring.
func WithKeyring(k Keyring) Option { return func(s *Store) { s.lock.keyring = k } }

// WithPassphrase says where a passphrase comes from: a variable of the environment, or a question at a terminal. It is
// asked only when a key is needed, and says "" where there is none.
func WithPassphrase(ask func() (string, error)) Option { return func(s *Store) { s.lock.ask = ask } }

// keyLock is what a store knows of how its keys are protected.
type keyLock struct {
	keyring   Keyring
	ask       func() (string, error)
	scryptLog int

	once     sync.Mutex
	identity *age.X25519Identity // nil until a key was needed
}

// lockFile is keys/lock.json.
type lockFile struct {
	Format    string     `json:"format"`
	By        Protection `json:"by"`
	Recipient string     `json:"recipient"`          // age public key
	Identity  string     `json:"identity,omitempty"` // encrypted with the passphrase, armored
}

func (s *Store) lockPath() string { return filepath.Join(s.home, keysName, lockName) }

// readLock returns nil where the keys are in the open.
func (s *Store) readLock() (*lockFile, error) {
	b, err := readSmall(s.lockPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no lock is no error
	}
	if err != nil {
		return nil, err
	}
	var f lockFile
	if err := json.Unmarshal(b, &f); err != nil || f.Format != lockFormat {
		return nil, errorf(Damaged, "%s is damaged: put back a copy of it", s.lockPath())
	}
	return &f, nil
}

// KeyProtection says how the keys of this home are kept.
func (s *Store) KeyProtection() (Protection, error) {
	f, err := s.readLock()
	if err != nil || f == nil {
		return Unprotected, s.classify("reading how keys are kept", err)
	}
	return f.By, nil
}

// seal encrypts the content of a key file, where keys are encrypted.
func (s *Store) seal(title string, content []byte) ([]byte, error) {
	lock, err := s.readLock()
	if err != nil || lock == nil {
		return content, err
	}
	return sealTo(lock, title, content)
}

// sealedKey is a key file that is encrypted.
type sealedKey struct {
	Format string `json:"format"`
	Title  string `json:"title,omitempty"`
	Age    string `json:"age"` // the key file, encrypted, armored
}

func sealTo(lock *lockFile, title string, content []byte) ([]byte, error) {
	recipient, err := age.ParseX25519Recipient(lock.Recipient)
	if err != nil {
		return nil, errorf(Damaged, "how the keys are encrypted is damaged: put back a copy of %s", lockName)
	}
	text, err := encryptTo(recipient, content)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(sealedKey{sealedKeyFormat, title, text}, "", "  ")
}

func encryptTo(recipient age.Recipient, content []byte) (string, error) {
	var out bytes.Buffer
	a := armor.NewWriter(&out)
	w, err := age.Encrypt(a, recipient)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(content); err != nil {
		return "", err
	}
	if err := errors.Join(w.Close(), a.Close()); err != nil {
		return "", err
	}
	return out.String(), nil
}

// unseal decrypts a key file that is encrypted; one in the open passes. Error: Locked.
func (s *Store) unseal(path string, b []byte) ([]byte, error) {
	var f sealedKey
	if err := json.Unmarshal(b, &f); err != nil || f.Format != sealedKeyFormat {
		return b, nil //nolint:nilerr // a key in the open
	}
	identity, err := s.unlock()
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(f.Age)), identity)
	if err != nil {
		return nil, errorf(Damaged, "the key file %s is damaged, or encrypted for another home: put back a copy of it", path)
	}
	content, err := io.ReadAll(io.LimitReader(r, maxKeyFile))
	if err != nil {
		return nil, errorf(Damaged, "the key file %s is damaged: put back a copy of it", path)
	}
	return content, nil
}

// unlock returns the secret half, asking for it at the first use.
func (s *Store) unlock() (*age.X25519Identity, error) {
	s.lock.once.Lock()
	defer s.lock.once.Unlock()
	if s.lock.identity != nil {
		return s.lock.identity, nil
	}
	f, err := s.readLock()
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, errorf(Damaged, "the keys are encrypted and %s is missing: put back a copy of it", s.lockPath())
	}
	var text string
	if f.By == ByKeyring {
		if s.lock.keyring == nil {
			return nil, errorf(Locked, "the keys are encrypted with a secret in the keyring of the system, "+
				"which cannot be reached from here")
		}
		if text, err = s.lock.keyring.Get(f.Recipient); err != nil {
			return nil, &Error{Code: Locked, Message: "the keyring of the system does not give the secret of the keys", Err: err}
		}
	} else if text, err = s.openByPassphrase(f); err != nil {
		return nil, err
	}
	identity, err := age.ParseX25519Identity(strings.TrimSpace(text))
	if err != nil || identity.Recipient().String() != f.Recipient {
		return nil, errorf(Damaged, "the secret of the keys is not that of this home")
	}
	s.lock.identity = identity
	return identity, nil
}

func (s *Store) openByPassphrase(f *lockFile) (string, error) {
	passphrase, err := s.passphrase()
	if err != nil {
		return "", err
	}
	if passphrase == "" {
		return "", errorf(Locked, "the keys are encrypted: give the passphrase, in SPOOR_PASSPHRASE or at a terminal")
	}
	content, err := decryptWith(passphrase, strings.NewReader(f.Identity), maxKeyFile)
	return string(content), err
}

func (s *Store) passphrase() (string, error) {
	if s.lock.ask == nil {
		return "", nil
	}
	return s.lock.ask()
}

// decryptWith decrypts what a passphrase was used for. Error: Locked.
func decryptWith(passphrase string, from io.Reader, longest int64) ([]byte, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, errorf(Invalid, "the passphrase is empty")
	}
	r, err := age.Decrypt(armor.NewReader(from), identity)
	if err != nil {
		if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
			return nil, errorf(Locked, "the passphrase is wrong")
		}
		return nil, errorf(Damaged, "what is encrypted is damaged")
	}
	content, err := io.ReadAll(io.LimitReader(r, longest+1))
	switch {
	case err != nil:
		return nil, errorf(Damaged, "what is encrypted is damaged")
	case int64(len(content)) > longest:
		return nil, errorf(Invalid, "what is encrypted is longer than %d bytes", longest)
	}
	return content, nil
}

// encryptWith encrypts with a passphrase, in lines of text.
func (s *Store) encryptWith(passphrase string, content []byte) (string, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return "", errorf(Invalid, "the passphrase is empty")
	}
	recipient.SetWorkFactor(s.lock.scryptLog)
	return encryptTo(recipient, content)
}

// protectNew decides how the keys of a new home are kept, before the first is written: by the keyring, where there is one, by
// the passphrase, where one was given, else in the open, with a warning.
func (s *Store) protectNew() error {
	for _, there := range []string{lockName, officeKeyName + ".key"} {
		if _, err := os.Stat(filepath.Join(s.home, keysName, there)); err == nil {
			return nil // it was decided
		}
	}
	if s.lock.keyring != nil {
		if err := s.lockBy(ByKeyring, "", writeNew); err == nil {
			s.log.Warn("keys are encrypted with a secret in the keyring of this system: without it they are lost; keep an export" +
				" (spoor key export)")
			return nil
		}
	}
	passphrase, err := s.passphrase()
	if err != nil {
		return err
	}
	if passphrase != "" {
		return s.lockBy(ByPassphrase, passphrase, writeNew)
	}
	s.log.Warn("the keys of titles are not encrypted: whoever can read " + filepath.Join(s.home, keysName) +
		" can make copies in anybody's name; spoor key protect encrypts them with a passphrase")
	return nil
}

// lockBy writes lock.json with a new identity, or with the one that is in use. Another program may be first; then its
// lock holds.
func (s *Store) lockBy(by Protection, passphrase string, write func(path string, content []byte) error) (err error) {
	s.lock.once.Lock()
	defer s.lock.once.Unlock()
	identity := s.lock.identity
	if identity == nil {
		if identity, err = age.GenerateX25519Identity(); err != nil {
			return err
		}
	}
	f := lockFile{Format: lockFormat, By: by, Recipient: identity.Recipient().String()}
	if by == ByKeyring {
		err = s.lock.keyring.Set(f.Recipient, identity.String())
	} else {
		f.Identity, err = s.encryptWith(passphrase, []byte(identity.String()))
	}
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	err = write(s.lockPath(), append(b, '\n'))
	if err == nil {
		s.lock.identity = identity
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// ProtectKeys encrypts the keys of this home with a passphrase: those in the open for the first time; those that are encrypted
// already need the old passphrase, or keyring, once more. Killed in the midst, it can be done again.
func (s *Store) ProtectKeys(passphrase string) error {
	err := s.protectKeys(passphrase)
	return s.classify("encrypting the keys", err)
}

func (s *Store) protectKeys(passphrase string) error {
	old, err := s.readLock()
	if err != nil {
		return err
	}
	if old != nil {
		if _, err := s.unlock(); err != nil {
			return err
		}
	}
	if err := s.lockBy(ByPassphrase, passphrase, writeOver); err != nil {
		return err
	}
	lock, err := s.readLock()
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(s.home, keysName, "*.key"))
	if err != nil {
		return err
	}
	for _, path := range files {
		b, err := readSmall(path)
		if err != nil {
			return err
		}
		f, ok := parseKeyFile(b)
		if !ok { // encrypted already, or the audit log's
			continue
		}
		sealed, err := sealTo(lock, f.Title, b)
		if err != nil {
			return err
		}
		if err := writeOver(path, append(sealed, '\n')); err != nil {
			return err
		}
	}
	if _, err := s.readReportKey(filepath.Join(s.home, keysName, reportKeyName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writeOver writes a file for its owner only, in the place of what is there, whole or not at all.
func writeOver(path string, content []byte) error {
	temp, err := writeTemp(filepath.Dir(path), content)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp) }()
	return errors.Join(os.Rename(temp, path), syncDir(filepath.Dir(path)))
}
