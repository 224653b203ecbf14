// SPDX-License-Identifier: AGPL-3.0-or-later

// Package stamptest is a time stamp service for tests.
package stamptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/digitorus/timestamp"
)

// Service answers as RFC 3161 says.
type Service struct {
	Broken bool // answer 503

	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

// New makes a service with a certificate of its own.
func New() (*Service, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a clock for tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	return &Service{key: key, certificate: certificate}, err
}

// Stamp answers a question.
func (s *Service) Stamp(question []byte) ([]byte, error) {
	q, err := timestamp.ParseRequest(question)
	if err != nil {
		return nil, err
	}
	t := timestamp.Timestamp{
		HashAlgorithm: q.HashAlgorithm, HashedMessage: q.HashedMessage, Time: time.Now(), Nonce: q.Nonce,
		Policy: []int{1, 2, 3}, AddTSACertificate: q.Certificates,
	}
	return t.CreateResponseWithOpts(s.certificate, s.key, crypto.SHA256)
}

func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	question, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || s.Broken {
		http.Error(w, "closed", http.StatusServiceUnavailable)
		return
	}
	answer, err := s.Stamp(question)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(answer)
}
