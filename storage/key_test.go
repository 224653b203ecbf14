// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
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

func TestTitleKey(t *testing.T) {
	s := openNew(t)
	title := addTitle(t, s, "t")
	key, err := s.TitleKey(title.ID)
	require.NoError(t, err)
	require.NotEqual(t, storage.Secret{}, key.Message)
	require.Equal(t, title.KeyID, key.ID())
	sets, err := s.SyncKeys()
	require.NoError(t, err)
	require.Equal(t, sets[key.SyncSet], key.Sync)

	other, err := s.TitleKey(addTitle(t, s, "u").ID)
	require.NoError(t, err)
	require.NotEqual(t, key.Message, other.Message)
	require.NotEqual(t, key.ID(), other.ID())

	// The set hangs on the title's id alone.
	again, err := s.NewTitleKey(title.ID)
	require.NoError(t, err)
	require.Equal(t, key.SyncSet, again.SyncSet)
	used := map[int]bool{}
	for range 200 {
		k, err := s.NewTitleKey(storage.NewID())
		require.NoError(t, err)
		used[k.SyncSet] = true
	}
	require.Len(t, used, storage.SyncSets)

	_, err = s.TitleKey(storage.NewID())
	requireCode(t, storage.NotFound, err, "missing")
	for _, bad := range []string{"", "../office", "office"} {
		_, err = s.TitleKey(bad)
		requireCode(t, storage.Invalid, err)
		_, err = s.NewTitleKey(bad)
		requireCode(t, storage.Invalid, err)
	}
}

func TestKeysAreTheOwnersOnly(t *testing.T) {
	s := openNew(t)
	title := addTitle(t, s, "t")
	require.NoError(t, filepath.WalkDir(s.Home(), func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s is %s", path, info.Mode())
		return nil
	}))

	var log bytes.Buffer
	s = openAt(t, s.Home(), storage.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	path := filepath.Join(s.Home(), "keys", title.ID+".key")
	_, err := s.TitleKey(title.ID)
	require.NoError(t, err)
	require.Empty(t, log.String())
	require.NoError(t, os.Chmod(path, 0o640))
	_, err = s.TitleKey(title.ID)
	require.NoError(t, err)
	require.Contains(t, log.String(), "can be read by others")
	require.Contains(t, log.String(), path)
}

func TestSecretsAreNeverSeen(t *testing.T) {
	s := openNew(t)
	title := addTitle(t, s, "t")
	key, err := s.TitleKey(title.ID)
	require.NoError(t, err)
	asJSON, err := json.Marshal(key)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", key, "secret", key.Message)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", key, "secret", key.Message)
	everything := string(asJSON) + log.String() + fmt.Sprint(key, &key, key.Message, []storage.Secret{key.Sync}) +
		fmt.Sprintf("%v %+v %#v %s %q %x %X %d", key, key, key, key, key, key, key, key) +
		key.Message.String() + key.Message.GoString()
	for _, secret := range []storage.Secret{key.Message, key.Sync} {
		require.NotContains(t, strings.ToLower(everything), hex.EncodeToString(secret[:3]))
		require.NotContains(t, everything, fmt.Sprintf("%d %d %d", secret[0], secret[1], secret[2]))
	}
	require.Contains(t, everything, "[secret]")
	require.False(t, bytes.Contains([]byte(key.ID()), key.Message[:4]))

	// Neither does the database know it.
	require.NoError(t, s.Close())
	for _, name := range []string{"spoor.db", "spoor.db-wal"} {
		file, err := os.ReadFile(filepath.Join(s.Home(), name))
		if err != nil {
			continue
		}
		require.False(t, bytes.Contains(file, key.Message[:]))
		require.False(t, bytes.Contains(file, []byte(hex.EncodeToString(key.Message[:]))))
	}
}

func TestKeyDamageIsNoticed(t *testing.T) {
	s := openNew(t)
	title, other := addTitle(t, s, "t"), addTitle(t, s, "u")
	path := filepath.Join(s.Home(), "keys", title.ID+".key")
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	elses, err := os.ReadFile(filepath.Join(s.Home(), "keys", other.ID+".key"))
	require.NoError(t, err)
	office, err := os.ReadFile(filepath.Join(s.Home(), "keys", "office.key"))
	require.NoError(t, err)
	secret := good[bytes.Index(good, []byte(`"message": "`))+12:][:64]

	files := map[string][]byte{
		"empty": nil, "half": good[:len(good)/2], "rubbish": []byte("\x00\xff"), "another title's": elses, "the office's": office,
		"twice": append(bytes.Clone(good), good...), "null": []byte("null"), "an array": []byte("[]"),
		"unknown field": bytes.Replace(good, []byte("{"), []byte(`{"more":1,`), 1),
		"huge":          bytes.Repeat([]byte(" "), 1<<20),
	}
	for i := range good { // any bit of the text that means something
		if good[i] > ' ' {
			bad := bytes.Clone(good)
			bad[i] ^= 1
			files[fmt.Sprint("bit at ", i)] = bad
		}
	}
	for name, file := range files {
		require.NoError(t, os.WriteFile(path, file, 0o600))
		_, err := s.TitleKey(title.ID)
		requireCode(t, storage.Damaged, err, title.ID)
		require.NotContains(t, err.Error(), string(secret), name)
	}
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700))
	_, err = s.TitleKey(title.ID)
	requireCode(t, storage.Damaged, err)

	require.NoError(t, os.WriteFile(filepath.Join(s.Home(), "keys", "office.key"), good, 0o600))
	_, err = s.SyncKeys()
	requireCode(t, storage.Damaged, err)
	_, err = s.NewTitleKey(storage.NewID())
	requireCode(t, storage.Damaged, err, "office.key")
}

func TestOfficeKeyIsMadeOnce(t *testing.T) {
	a := openNew(t)
	b := openAt(t, a.Home())
	var group sync.WaitGroup
	sets := make([][storage.SyncSets]storage.Secret, 16)
	errs := make([]error, len(sets))
	for i := range sets {
		store := []*storage.Store{a, b}[i%2]
		group.Go(func() { sets[i], errs[i] = store.SyncKeys() })
	}
	group.Wait()
	for i := range sets {
		require.NoError(t, errs[i])
		require.Equal(t, sets[0], sets[i], "all got the same sets")
	}
}

func FuzzKeyFile(f *testing.F) {
	s := openNew(f)
	title := addTitle(f, s, "t")
	path := filepath.Join(s.Home(), "keys", title.ID+".key")
	good, err := os.ReadFile(path)
	require.NoError(f, err)
	key, err := s.TitleKey(title.ID)
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"format":"spoor title key 1","sync":["00"],"sync_set":-1,"checksum":""}`))
	f.Add([]byte(`{"sync":null}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		require.NoError(t, os.WriteFile(path, file, 0o600))
		got, err := s.TitleKey(title.ID)
		if err != nil {
			require.Equal(t, storage.Damaged, storage.CodeOf(err))
			return
		}
		require.Equal(t, key, got, "only the key itself passes for it")
	})
}
