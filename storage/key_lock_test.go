// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

func withPassphrase(text string) storage.Option {
	return storage.WithPassphrase(func() (string, error) { return text, nil })
}

// requireNoKeyInTheOpen looks through the whole home for the key of a title.
func requireNoKeyInTheOpen(t *testing.T, home string, key storage.TitleKey) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, secret := range []storage.Secret{key.Message, key.Sync} {
			require.False(t, bytes.Contains(b, secret[:]), path)
			require.False(t, bytes.Contains(bytes.ToLower(b), []byte(hex.EncodeToString(secret[:8]))), path)
		}
		return nil
	}))
}

func TestKeysUnderAPassphrase(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	s := openAt(t, home, storage.WithQuickPassphrase(), withPassphrase("correct horse"))
	title := addTitle(t, s, "t")
	key, err := s.TitleKey(title.ID)
	require.NoError(t, err)
	p, err := s.KeyProtection()
	require.NoError(t, err)
	require.Equal(t, storage.ByPassphrase, p)
	requireNoKeyInTheOpen(t, home, key)

	again, err := openAt(t, home, withPassphrase("correct horse")).TitleKey(title.ID)
	require.NoError(t, err)
	require.Equal(t, key, again)
	_, err = openAt(t, home, withPassphrase("wrong")).TitleKey(title.ID)
	requireCode(t, storage.Locked, err, "passphrase is wrong")
	require.NotContains(t, err.Error(), "correct horse")
	none := openAt(t, home)
	_, err = none.TitleKey(title.ID)
	requireCode(t, storage.Locked, err, "SPOOR_PASSPHRASE")
	_, err = none.SyncKeys()
	requireCode(t, storage.Locked, err)
	v, err := none.Verify(t.Context(), storage.VerifyOptions{})
	require.NoError(t, err)
	require.Empty(t, v.Faults)
	require.Contains(t, strings.Join(v.Notes, ""), "not checked")
	require.Zero(t, v.Keys)

	require.NoError(t, s.ProtectKeys("another"))
	again, err = openAt(t, home, withPassphrase("another")).TitleKey(title.ID)
	require.NoError(t, err)
	require.Equal(t, key, again)
	_, err = openAt(t, home, withPassphrase("correct horse")).TitleKey(title.ID)
	requireCode(t, storage.Locked, err)
	requireCode(t, storage.Locked, openAt(t, home).ProtectKeys("x"))
}

func TestKeysInTheOpenAreProtectedLater(t *testing.T) {
	var log bytes.Buffer
	s := openAt(t, filepath.Join(t.TempDir(), "home"), storage.WithQuickPassphrase(), storage.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	title := addTitle(t, s, "t")
	require.Equal(t, 1, strings.Count(log.String(), "not encrypted"), log.String())
	addTitle(t, s, "u")
	require.Equal(t, 1, strings.Count(log.String(), "not encrypted"), "it is said once")
	key, err := s.TitleKey(title.ID)
	require.NoError(t, err)
	p, err := s.KeyProtection()
	require.NoError(t, err)
	require.Equal(t, storage.Unprotected, p)
	requireCode(t, storage.Invalid, s.ProtectKeys(""))
	for range 2 {
		require.NoError(t, s.ProtectKeys("pass"))
		requireNoKeyInTheOpen(t, s.Home(), key)
		again, err := openAt(t, s.Home(), withPassphrase("pass")).TitleKey(title.ID)
		require.NoError(t, err)
		require.Equal(t, key, again)
	}
	requireSound(t, s)
	require.NoError(t, os.Remove(filepath.Join(s.Home(), "keys", "lock.json")))
	_, err = openAt(t, s.Home(), withPassphrase("pass")).TitleKey(title.ID)
	requireCode(t, storage.Damaged, err, "lock.json is missing")
	require.NoError(t, os.WriteFile(filepath.Join(s.Home(), "keys", "lock.json"), []byte("{}"), 0o600))
	_, err = openAt(t, s.Home(), withPassphrase("pass")).TitleKey(title.ID)
	requireCode(t, storage.Damaged, err)
}

// memoryRing is a keyring for tests.
type memoryRing struct {
	mutex   sync.Mutex
	secrets map[string]string
	broken  bool
}

func (m *memoryRing) Get(name string) (string, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if s, ok := m.secrets[name]; ok && !m.broken {
		return s, nil
	}
	return "", errors.New("no such secret")
}

func (m *memoryRing) Set(name, secret string) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.broken {
		return errors.New("there is no keyring")
	}
	m.secrets[name] = secret
	return nil
}

func TestKeysUnderAKeyring(t *testing.T) {
	ring := &memoryRing{secrets: map[string]string{}}
	home := filepath.Join(t.TempDir(), "home")
	s := openAt(t, home, storage.WithKeyring(ring))
	title := addTitle(t, s, "t")
	key, err := s.TitleKey(title.ID)
	require.NoError(t, err)
	requireNoKeyInTheOpen(t, home, key)
	again, err := openAt(t, home, storage.WithKeyring(ring)).TitleKey(title.ID)
	require.NoError(t, err)
	require.Equal(t, key, again)
	_, err = openAt(t, home).TitleKey(title.ID)
	requireCode(t, storage.Locked, err, "keyring")
	ring.broken = true
	_, err = openAt(t, home, storage.WithKeyring(ring)).TitleKey(title.ID)
	requireCode(t, storage.Locked, err, "keyring")

	// Where the keyring is of no use, it is as if there were none.
	other := openAt(t, filepath.Join(t.TempDir(), "home"), storage.WithKeyring(ring))
	addTitle(t, other, "t")
	p, err := other.KeyProtection()
	require.NoError(t, err)
	require.Equal(t, storage.Unprotected, p)
}

// Many programs that make the first key at once agree on one lock.
func TestFirstKeyOfManyPrograms(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	stores := make([]*storage.Store, 6)
	for i := range stores {
		stores[i] = openAt(t, home, storage.WithQuickPassphrase(), withPassphrase("pass"))
	}
	titles := make([]storage.Title, len(stores))
	var group sync.WaitGroup
	for i, s := range stores {
		group.Go(func() { titles[i] = addTitle(t, s, "t") })
	}
	group.Wait()
	fresh := openAt(t, home, withPassphrase("pass"))
	for _, title := range titles {
		key, err := fresh.TitleKey(title.ID)
		require.NoError(t, err)
		require.Equal(t, title.KeyID, key.ID())
	}
}

func TestKeysTravel(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "a"), storage.WithQuickPassphrase())
	title, other := addTitle(t, s, "t"), addTitle(t, s, "u")
	key, err := s.TitleKey(title.ID)
	require.NoError(t, err)
	var file bytes.Buffer
	n, err := s.ExportKeys(t.Context(), &file, "pass", nil)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.NotContains(t, file.String(), hex.EncodeToString(key.Message[:4]))
	require.NotContains(t, file.String(), "film")
	_, err = s.ExportKeys(t.Context(), &bytes.Buffer{}, "", nil)
	requireCode(t, storage.Invalid, err, "empty")
	_, err = s.ExportKeys(t.Context(), &bytes.Buffer{}, "pass", []string{"nothing"})
	requireCode(t, storage.NotFound, err)

	there := openAt(t, filepath.Join(t.TempDir(), "b"))
	_, err = there.ImportKeys(t.Context(), strings.NewReader(file.String()), "wrong")
	requireCode(t, storage.Locked, err, "wrong")
	for _, bad := range []string{"", "x", file.String()[:file.Len()/2], strings.Replace(file.String(), "\n", "\nA", 5)} {
		_, err = there.ImportKeys(t.Context(), strings.NewReader(bad), "pass")
		requireCode(t, storage.Damaged, err)
	}
	added, err := there.ImportKeys(t.Context(), bytes.NewReader(file.Bytes()), "pass")
	require.NoError(t, err)
	require.Len(t, added, 2)
	got, err := there.TitleKey(title.ID)
	require.NoError(t, err)
	require.Equal(t, key, got)
	added, err = there.ImportKeys(t.Context(), bytes.NewReader(file.Bytes()), "pass")
	require.NoError(t, err)
	require.Empty(t, added, "importing again changes nothing")
	require.NoError(t, os.Remove(filepath.Join(there.Home(), "keys", other.ID+".key")))
	_, err = there.ImportKeys(t.Context(), bytes.NewReader(file.Bytes()), "pass")
	require.NoError(t, err)
	_, err = there.TitleKey(other.ID)
	require.NoError(t, err, "a key that was lost is back")
	requireSound(t, there)
}
