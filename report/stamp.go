// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/digitorus/timestamp"
)

// StampSuffix is added to the name of a report for the file with the time stamp of its signature: a token of RFC 3161, which
// openssl can check as well.
const StampSuffix = ".tsr"

// MaxStamp is the longest answer of a time stamp service that is read, in bytes.
const MaxStamp = 1 << 20

// Stamp is what a time stamp service vouches for: that the signature was there at a time, by the service's clock.
type Stamp struct {
	At time.Time `json:"at"`
	By string    `json:"by"` // subject of the service's certificate
}

// StampRequest is what to send to a time stamp service (RFC 3161, content type application/timestamp-query).
func StampRequest(signature []byte) ([]byte, error) {
	request, err := timestamp.CreateRequest(bytes.NewReader(signature), &timestamp.RequestOptions{Certificates: true})
	if err != nil {
		return nil, fmt.Errorf("asking for a time stamp: %w", err)
	}
	return request, nil
}

// CheckStamp checks the answer of a service against the signature that was stamped. Whether the service is to be trusted is
// for the reader to judge: its certificate is in the file.
func CheckStamp(signature, answer []byte) (Stamp, error) {
	ts, err := timestamp.ParseResponse(answer)
	if err != nil {
		return Stamp{}, fmt.Errorf("the time stamp does not hold: %w", err)
	}
	if len(ts.Certificates) == 0 { // then its own signature was not checked
		return Stamp{}, errors.New("the time stamp comes without the service's certificate")
	}
	sum := sha256.Sum256(signature)
	if !bytes.Equal(ts.HashedMessage, sum[:]) {
		return Stamp{}, errors.New("the time stamp is that of something else")
	}
	return Stamp{At: ts.Time.UTC(), By: signerOf(ts.Certificates)}, nil
}

// signerOf names the certificate that may sign time stamps, or the first.
func signerOf(list []*x509.Certificate) string {
	for _, c := range list {
		if slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageTimeStamping) {
			return c.Subject.String()
		}
	}
	return list[0].Subject.String()
}

// VerifyStamp checks the time stamp beside a report, of the signature beside it. fs.ErrNotExist where there is none.
func VerifyStamp(path string) (Stamp, error) {
	f, err := os.Open(path + StampSuffix)
	if err != nil {
		return Stamp{}, fmt.Errorf("the time stamp: %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(f, MaxStamp))
	if err := errors.Join(err, f.Close()); err != nil {
		return Stamp{}, fmt.Errorf("the time stamp: %w", err)
	}
	signature, err := os.ReadFile(path + SignatureSuffix)
	if err != nil {
		return Stamp{}, fmt.Errorf("what was stamped: %w", err)
	}
	return CheckStamp(signature, answer)
}
