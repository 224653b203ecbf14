// SPDX-License-Identifier: AGPL-3.0-or-later

package code

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
)

// The cache file
//
//	header: magic (16 bytes), salt (16 bytes)
//	record: first index (8), number of words (8), nonce (12), words sealed (128 each), tag (16)
//	record ...
//
// Numbers are little-endian. Codewords are as secret as the key that they are
// made with, and a forged one would accuse somebody else, so records are sealed with
// AES-256-GCM under a key derived from the title's key and the file's salt,
// with the numbers as associated data: this is the checksum, the binding to the key
// and the cloak in one, at the speed of memory. A file that grows is
// written at its end only; what a crash tears there fails to open and is
// computed again.
//
// The file is read, not mapped: reading 128 MB takes less than opening the
// seals, and a mapped file that somebody cuts short would kill the process.
const (
	cacheMagic    = "spoor registry 1"
	cacheSalt     = 16
	cacheHeader   = len(cacheMagic) + cacheSalt
	recordHeader  = 16
	recordWords   = 8192
	recordOver    = recordHeader + gcmOver
	gcmOver       = 12 + 16
	cacheFileMode = 0o600
)

// cacheFile is what a registry knows of the file it was loaded from or saved to.
type cacheFile struct {
	path  string
	salt  [cacheSalt]byte
	size  int64 // bytes that hold good records
	words int   // words in them
}

// LoadRegistry reads the words kept in a cache file. It never fails: a file that
// is missing, unreadable, damaged or made with another key gives what is good of it, down
// to nothing. The caller appends the tags from Len() on, and saves.
func LoadRegistry(path string, k Key) *Registry {
	r := NewRegistry(k)
	f, err := os.Open(path)
	if err != nil {
		return r
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return r
	}
	var header [cacheHeader]byte
	if _, err := f.ReadAt(header[:], 0); err != nil || string(header[:len(cacheMagic)]) != cacheMagic {
		return r
	}
	r.file = cacheFile{path: path, salt: [cacheSalt]byte(header[len(cacheMagic):]), size: int64(cacheHeader)}
	records := listRecords(f, info.Size())
	r.readRecords(f, records)
	return r
}

// A record is a run of words in the file.
type record struct {
	at    int64
	first int
	count int
}

func (c record) end() int64 { return c.at + int64(recordOver) + int64(c.count)*wordBytes }

// header is what stands before the seal, and is sealed as associated data.
func (c record) header() []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, recordHeader), uint64(c.first))
	return binary.LittleEndian.AppendUint64(b, uint64(c.count))
}

// listRecords follows the records as far as they join up and lie inside the
// file, without opening any.
func listRecords(f io.ReaderAt, size int64) []record {
	var out []record
	at, words := int64(cacheHeader), 0
	for {
		var b [recordHeader]byte
		if _, err := f.ReadAt(b[:], at); err != nil {
			return out
		}
		first, count := binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
		if first != uint64(words) || count < 1 || count > recordWords {
			return out
		}
		c := record{at: at, first: words, count: int(count)}
		if c.end() > size {
			return out
		}
		out = append(out, c)
		at, words = c.end(), words+c.count
	}
}

// readRecords opens records on all cores and keeps those before the first bad one.
func (r *Registry) readRecords(f io.ReaderAt, records []record) {
	if len(records) == 0 {
		return
	}
	last := records[len(records)-1]
	r.words = make([]Word, last.first+last.count)
	good := make([]bool, len(records))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(records)) {
		group.Go(func() {
			seal, err := r.seal()
			if err != nil {
				return
			}
			buffer := make([]byte, gcmOver+recordWords*wordBytes)
			for i := int(next.Add(1)) - 1; i < len(records); i = int(next.Add(1)) - 1 {
				good[i] = r.readRecord(f, seal, records[i], buffer) == nil
			}
		})
	}
	group.Wait()
	words := 0
	for i := 0; i < len(records) && good[i]; i++ {
		words = records[i].first + records[i].count
		r.file.size, r.file.words = records[i].end(), words
	}
	r.words = r.words[:words]
}

func (r *Registry) readRecord(f io.ReaderAt, seal cipher.AEAD, c record, buffer []byte) error {
	sealed := buffer[:gcmOver+c.count*wordBytes]
	if _, err := f.ReadAt(sealed, c.at+recordHeader); err != nil {
		return err
	}
	plain, err := seal.Open(sealed[:0], nil, sealed, c.header())
	if err != nil {
		return err
	}
	for i := range c.count {
		getWord(&r.words[c.first+i], plain[i*wordBytes:])
	}
	return nil
}

// seal returns the cipher for this registry's key and file.
func (r *Registry) seal() (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, r.key[:])
	mac.Write([]byte("registry cache"))
	mac.Write(r.file.salt[:])
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Save keeps the words in a cache file that only its owner can read. Where the file
// already holds the first of them (it was loaded from there, or saved), only the new ones
// are written, at its end; otherwise the file is made anew and put in place at
// once. Two programs may save at the same time: at worst the end of the file is
// spoiled, and computed again by who loads it.
func (r *Registry) Save(path string) error {
	if r.file.path == path && r.extends(path) {
		return r.appendCache(path)
	}
	return r.writeCache(path)
}

// extends says whether the file still is what this registry knows of it.
func (r *Registry) extends(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() != r.file.size || info.Mode().Perm() != cacheFileMode {
		return false
	}
	var salt [cacheSalt]byte
	_, err = f.ReadAt(salt[:], int64(len(cacheMagic)))
	return err == nil && salt == r.file.salt
}

func (r *Registry) appendCache(path string) error {
	if r.file.words == len(r.words) {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("saving the registry cache: %w", err)
	}
	if err := errors.Join(r.writeRecords(f), f.Close()); err != nil {
		return fmt.Errorf("saving the registry cache: %w", err)
	}
	return nil
}

func (r *Registry) writeCache(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("saving the registry cache: %w", err)
	}
	r.file = cacheFile{size: int64(cacheHeader)}
	_, err = rand.Read(r.file.salt[:])
	if err == nil {
		_, err = f.WriteAt(append([]byte(cacheMagic), r.file.salt[:]...), 0)
	}
	if err == nil {
		err = r.writeRecords(f)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		r.file = cacheFile{}
		if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("saving the registry cache: %w", err)
	}
	r.file.path = path
	return nil
}

// writeRecords writes the words that the file does not have yet at its end.
func (r *Registry) writeRecords(f io.WriterAt) error {
	seal, err := r.seal()
	if err != nil {
		return err
	}
	plain := make([]byte, 0, recordWords*wordBytes)
	sealed := make([]byte, 0, recordOver+recordWords*wordBytes)
	for r.file.words < len(r.words) {
		c := record{at: r.file.size, first: r.file.words, count: min(recordWords, len(r.words)-r.file.words)}
		plain = plain[:0]
		for i := range c.count {
			plain = putWord(plain, &r.words[c.first+i])
		}
		header := c.header()
		sealed = seal.Seal(append(sealed[:0], header...), nil, plain, header) //nolint:gosec // this cipher draws its nonces itself
		if _, err := f.WriteAt(sealed, c.at); err != nil {
			return err
		}
		r.file.size, r.file.words = c.end(), c.first+c.count
	}
	return nil
}
