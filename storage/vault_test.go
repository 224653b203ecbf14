// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage"
)

// writeFile makes a file of random bytes, always the same for a seed.
func writeFile(t *testing.T, name string, size int, seed uint64) (path string, content []byte) {
	t.Helper()
	var key [32]byte
	key[0] = byte(seed)
	content = make([]byte, size)
	_, err := rand.NewChaCha8(key).Read(content)
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path, content
}

func sum256(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// vaultFiles lists the files of the vault, whatever they are.
func vaultFiles(t *testing.T, home string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(filepath.Join(home, "vault"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	return list
}

func TestTakeInCopies(t *testing.T) {
	s := openNew(t)
	path, content := writeFile(t, "leak.mp4", 3<<20+17, 1)
	long := sha512.Sum512(content)
	var done, total int64
	v, err := s.TakeIn(t.Context(), storage.TakeIn{Path: path, Progress: func(d, all int64) { done, total = d, all }})
	require.NoError(t, err)
	require.Equal(t, sum256(content), v.SHA256)
	require.Equal(t, hex.EncodeToString(long[:]), v.SHA512)
	require.Equal(t, []int64{int64(len(content)), int64(len(content)), int64(len(content))}, []int64{v.Size, done, total})
	require.Empty(t, v.InPlace)

	kept, err := s.CheckedPath(t.Context(), v.SHA256, nil)
	require.NoError(t, err)
	require.Equal(t, s.VaultPath(v), kept)
	got, err := os.ReadFile(kept)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
	st, err := os.Stat(kept)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o400), st.Mode().Perm(), "read-only, for its owner")
	first, err := os.Stat(path)
	require.NoError(t, err)
	require.False(t, os.SameFile(st, first), "a copy, never the same file under another name")
	require.WithinDuration(t, first.ModTime(), st.ModTime(), 1000)

	// The same content again, under another name, is one file; so is it when it comes in twice at a time.
	twin := filepath.Join(t.TempDir(), "twin")
	require.NoError(t, os.WriteFile(twin, content, 0o600))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			again, err := s.TakeIn(t.Context(), storage.TakeIn{Path: twin})
			if err != nil || again.SHA256 != v.SHA256 {
				t.Errorf("%v %v", again, err)
			}
		})
	}
	group.Wait()
	require.Equal(t, []string{v.SHA256}, vaultFiles(t, s.Home()))
	list, err := s.VaultFiles(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Len(t, list, 1)
}

// failingWriter fails after so many bytes.
type failingWriter struct {
	left int
	err  error
}

func (w *failingWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, w.err
	}
	return len(b), nil
}

func TestTakeInTellsOthersWhatItHashes(t *testing.T) {
	for _, inPlace := range []bool{false, true} {
		s := openNew(t)
		path, content := writeFile(t, "access.log", 21<<20+17, 7)
		full := errors.New("no more")
		_, err := s.TakeIn(t.Context(), storage.TakeIn{Path: path, InPlace: inPlace, Also: &failingWriter{left: 5 << 20, err: full}})
		require.ErrorIs(t, err, full)
		require.Empty(t, vaultFiles(t, s.Home()), "nothing is left of a failure")
		list, err := s.VaultFiles(t.Context(), storage.Page{})
		require.NoError(t, err)
		require.Empty(t, list)

		var along bytes.Buffer
		v, err := s.TakeIn(t.Context(), storage.TakeIn{Path: path, InPlace: inPlace, Also: &along})
		require.NoError(t, err)
		require.Equal(t, sum256(content), v.SHA256)
		require.True(t, bytes.Equal(content, along.Bytes()))

		along.Reset()
		again, err := s.TakeIn(t.Context(), storage.TakeIn{Path: path, InPlace: inPlace, Also: &along})
		require.NoError(t, err)
		require.Equal(t, v.SHA256, again.SHA256)
		require.Zero(t, along.Len(), "what the vault has already is told to nobody")
	}
}

func TestVaultRefusesWhatWasTampered(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(path string) error
		code  storage.Code
		words string
	}{
		"link": {func(path string) error {
			other := path + ".other"
			if err := os.Rename(path, other); err != nil {
				return err
			}
			return os.Symlink(other, path)
		}, storage.Damaged, "replaced by a link"},
		"altered": {func(path string) error {
			return rewrite(path, func(b []byte) []byte { b[100] ^= 1; return b })
		}, storage.Damaged, "was altered"},
		"shorter": {func(path string) error {
			return rewrite(path, func(b []byte) []byte { return b[1:] })
		}, storage.Damaged, "was altered"},
		"vanished": {os.Remove, storage.NotFound, "has vanished"},
		"a folder": {func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o700)
		}, storage.Invalid, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openNew(t)
			source, content := writeFile(t, "leak.mp4", 5000, 2)
			v, err := s.TakeIn(t.Context(), storage.TakeIn{Path: source})
			require.NoError(t, err)
			require.NoError(t, c.do(s.VaultPath(v)))
			_, err = s.CheckedPath(t.Context(), v.SHA256, nil)
			requireCode(t, c.code, err, c.words, v.SHA256)

			// Taking the evidence in again mends it.
			again, err := s.TakeIn(t.Context(), storage.TakeIn{Path: source})
			require.NoError(t, err)
			path, err := s.CheckedPath(t.Context(), again.SHA256, nil)
			require.NoError(t, err)
			got, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, content, got)
			st, err := os.Lstat(path)
			require.NoError(t, err)
			require.True(t, st.Mode().IsRegular())
		})
	}
}

func rewrite(path string, change func([]byte) []byte) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	return os.WriteFile(path, change(b), 0o600)
}

func TestTakeInReferencesInPlace(t *testing.T) {
	s := openNew(t)
	path, content := writeFile(t, "large.mkv", 100_000, 3)
	v, err := s.TakeIn(t.Context(), storage.TakeIn{Path: path, InPlace: true})
	require.NoError(t, err)
	require.Equal(t, path, v.InPlace)
	require.Empty(t, vaultFiles(t, s.Home()))
	got, err := s.CheckedPath(t.Context(), v.SHA256, nil)
	require.NoError(t, err)
	require.Equal(t, path, got)

	require.NoError(t, os.WriteFile(path, append([]byte{content[0] ^ 1}, content[1:]...), 0o600))
	_, err = s.CheckedPath(t.Context(), v.SHA256, nil)
	requireCode(t, storage.Damaged, err, path, "was altered")
	require.NoError(t, os.Remove(path))
	_, err = s.CheckedPath(t.Context(), v.SHA256, nil)
	requireCode(t, storage.NotFound, err, path, "has vanished", v.SHA256)

	// Copied in later, it no longer depends on the file outside.
	require.NoError(t, os.WriteFile(path, content, 0o600))
	_, err = s.TakeIn(t.Context(), storage.TakeIn{Path: path, InPlace: true})
	require.NoError(t, err)
	twin := filepath.Join(t.TempDir(), "twin")
	require.NoError(t, os.Rename(path, twin))
	v, err = s.TakeIn(t.Context(), storage.TakeIn{Path: twin})
	require.NoError(t, err)
	require.Empty(t, v.InPlace)
	_, err = s.CheckedPath(t.Context(), v.SHA256, nil)
	require.NoError(t, err)
}

func TestTakeInRefuses(t *testing.T) {
	s := openNew(t)
	dir := t.TempDir()
	_, err := s.TakeIn(t.Context(), storage.TakeIn{Path: filepath.Join(dir, "nothing")})
	requireCode(t, storage.NotFound, err, "nothing")
	_, err = s.TakeIn(t.Context(), storage.TakeIn{Path: dir})
	requireCode(t, storage.Invalid, err, "not a regular file")
	_, err = s.CheckedPath(t.Context(), strings.Repeat("0", 64), nil)
	requireCode(t, storage.NotFound, err)

	growing, content := writeFile(t, "growing.mp4", 3<<20, 4)
	grown := false
	_, err = s.TakeIn(t.Context(), storage.TakeIn{Path: growing, Progress: func(int64, int64) {
		if !grown {
			grown = true
			require.NoError(t, os.WriteFile(growing, append(content, 1), 0o600))
		}
	}})
	requireCode(t, storage.Conflict, err, "changed while it was read")

	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.TakeIn(stopped, storage.TakeIn{Path: growing})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, vaultFiles(t, s.Home()))
}

const childSource = "SPOOR_TEST_SOURCE"

func TestChildTakesIn(t *testing.T) {
	s := openAt(t, homeOfChild(t))
	_, err := s.TakeIn(t.Context(), storage.TakeIn{Path: os.Getenv(childSource), Progress: func(done, _ int64) {
		fmt.Println("at", done)
	}})
	require.NoError(t, err)
	fmt.Println("in")
}

// kill -9 at any moment of a copy leaves either nothing or all of it, and taking it in again
// completes it.
func TestKilledWhileTakingIn(t *testing.T) {
	const size = 24 << 20
	source, content := writeFile(t, "leak.mkv", size, 5)
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range 8 {
		home := filepath.Join(t.TempDir(), "home")
		s, err := storage.Open(t.Context(), home)
		require.NoError(t, err)
		require.NoError(t, s.Close())
		cmd := child(t, "TestChildTakesIn", home)
		cmd.Env = append(cmd.Env, childSource+"="+source)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		stop := 1 + rnd.IntN(size>>20)
		if round == 0 {
			stop = size >> 20 // all is read; what is left is the name and the record
		}
		for read := 0; read < stop && lines.Scan(); read++ {
		}
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // in the first round it may be quicker than the kill

		s = openAt(t, home)
		require.NoError(t, s.Check(t.Context()))
		left, recorded := vaultFiles(t, home), 0
		for _, name := range left {
			require.Equal(t, sum256(content), name, "no half file")
			got, err := os.ReadFile(filepath.Join(home, "vault", name[:2], name))
			require.NoError(t, err)
			require.Equal(t, name, sum256(got))
		}
		if _, err := s.CheckedPath(t.Context(), sum256(content), nil); err == nil {
			recorded = 1
		}
		require.LessOrEqual(t, recorded, len(left), "what is on record is there")
		v, err := s.TakeIn(t.Context(), storage.TakeIn{Path: source})
		require.NoError(t, err)
		_, err = s.CheckedPath(t.Context(), v.SHA256, nil)
		require.NoError(t, err)
		require.Equal(t, []string{v.SHA256}, vaultFiles(t, home))
	}
}
