// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aead.dev/minisign"
)

// SignatureSuffix is added to the name of a report for the file with its signature, which minisign can check as well.
const SignatureSuffix = ".sig"

// maxSignature is the longest signature file that is read.
const maxSignature = 64 << 10

// Signer signs reports with the key of an office.
type Signer struct {
	key minisign.PrivateKey
}

// NewSigner makes a key.
func NewSigner() (*Signer, error) {
	_, key, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key for reports: %w", err)
	}
	return &Signer{key}, nil
}

// ParseSigner reads a key as Text writes it.
func ParseSigner(content []byte) (*Signer, error) {
	s := &Signer{}
	if err := s.key.UnmarshalText(content); err != nil { // its words may quote the key
		return nil, errors.New("the key for reports is damaged: put back a copy of it")
	}
	return s, nil
}

// Text is the key, to be kept where nobody else reads it.
func (s *Signer) Text() ([]byte, error) {
	text, err := s.key.MarshalText()
	if err != nil {
		return nil, fmt.Errorf("writing the key for reports: %w", err)
	}
	return text, nil
}

// Format writes the public key, whatever the verb.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Public()) }

// Public is the public key, which checks what this one signs: give it to those who get reports.
func (s *Signer) Public() string {
	public, ok := s.key.Public().(minisign.PublicKey)
	if !ok {
		return ""
	}
	text, err := public.MarshalText()
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// Statement is what a signature says beside that the file is whole. It is signed as well.
type Statement struct {
	File    string    `json:"file"`
	Signer  string    `json:"signer"`
	At      time.Time `json:"at"`
	Key     string    `json:"key"` // public
	Program string    `json:"program"`
}

// Sign returns the signature of all that content holds.
func (s *Signer) Sign(content io.Reader, about Statement) ([]byte, error) {
	reader := minisign.NewReader(content)
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	about.Key, about.At = s.Public(), about.At.UTC().Truncate(time.Second)
	about.File, about.Signer, about.Program = plain(about.File, 200), plain(about.Signer, 200), plain(about.Program, 100)
	text, err := json.Marshal(about)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return reader.SignWithComments(s.key, string(text), "signature of a Spoor report"), nil
}

// SignFile signs a file, into a file beside it.
func (s *Signer) SignFile(path string, about Statement) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("signing: %w", err)
	}
	defer f.Close()
	about.File = filepath.Base(path)
	signature, err := s.Sign(bufio.NewReaderSize(f, 1<<20), about)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+SignatureSuffix, signature, 0o644); err != nil { //nolint:gosec // for everybody
		return fmt.Errorf("writing the signature: %w", err)
	}
	return nil
}

// ErrSignature is what a signature that does not hold gives.
var ErrSignature = errors.New("the signature does not hold: the file or its signature was changed")

// Verify checks content against a signature, and returns what the signer said. Whether the key is that of whom it says
// is for the caller to judge: anybody can make a key.
func Verify(content io.Reader, signature []byte) (Statement, error) {
	var said Statement
	var parsed minisign.Signature
	if err := parsed.UnmarshalText(signature); err != nil {
		return said, fmt.Errorf("that is no signature of a report: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(parsed.TrustedComment)))
	if err := decoder.Decode(&said); err != nil || said.Key == "" {
		return said, errors.New("that is no signature of a report: it does not name its key")
	}
	var key minisign.PublicKey
	if err := key.UnmarshalText([]byte(said.Key)); err != nil {
		return said, errors.New("that is no signature of a report: its key cannot be read")
	}
	reader := minisign.NewReader(content)
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return said, fmt.Errorf("reading what was signed: %w", err)
	}
	if !reader.Verify(key, signature) {
		return said, ErrSignature
	}
	return said, nil
}

// VerifyFile checks a file against the signature beside it. fs.ErrNotExist where there is none.
func VerifyFile(path string) (Statement, error) {
	f, err := os.Open(path + SignatureSuffix)
	if err != nil {
		return Statement{}, fmt.Errorf("the signature: %w", err)
	}
	signature, err := io.ReadAll(io.LimitReader(f, maxSignature))
	if err := errors.Join(err, f.Close()); err != nil {
		return Statement{}, fmt.Errorf("the signature: %w", err)
	}
	content, err := os.Open(path)
	if err != nil {
		return Statement{}, fmt.Errorf("what was signed: %w", err)
	}
	defer content.Close()
	return Verify(bufio.NewReaderSize(content, 1<<20), signature)
}
