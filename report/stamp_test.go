// SPDX-License-Identifier: AGPL-3.0-or-later

package report_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/stretchr/testify/require"

	"spoor/report"
)

// service answers requests for time stamps, as a service does.
func service(t testing.TB, withCertificate bool) func(request []byte) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Clock of the court"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return func(request []byte) []byte {
		asked, err := timestamp.ParseRequest(request)
		require.NoError(t, err)
		answer, err := (&timestamp.Timestamp{
			HashAlgorithm: asked.HashAlgorithm, HashedMessage: asked.HashedMessage, Time: day(24, 19), SerialNumber: big.NewInt(7),
			Policy: []int{1, 2, 3}, AddTSACertificate: withCertificate, Nonce: asked.Nonce,
		}).CreateResponseWithOpts(certificate, key, crypto.SHA256)
		require.NoError(t, err)
		return answer
	}
}

func TestTimeStampsOfSignaturesAreChecked(t *testing.T) {
	signature := []byte("a signature")
	request, err := report.StampRequest(signature)
	require.NoError(t, err)
	answer := service(t, true)(request)
	stamp, err := report.CheckStamp(signature, answer)
	require.NoError(t, err)
	require.Equal(t, report.Stamp{At: day(24, 19), By: "CN=Clock of the court"}, stamp)

	_, err = report.CheckStamp([]byte("another signature"), answer)
	require.ErrorContains(t, err, "something else")
	_, err = report.CheckStamp(signature, service(t, false)(request))
	require.ErrorContains(t, err, "without the service's certificate")
	for at := 40; at < len(answer); at += 1 + len(answer)/40 { // the head says granted or not in several ways
		bad := bytes.Clone(answer)
		bad[at] ^= 0x10
		if got, err := report.CheckStamp(signature, bad); err == nil {
			require.Equal(t, stamp.At, got.At, "byte %d", at)
		}
	}

	path := filepath.Join(t.TempDir(), "r.pdf")
	_, err = report.VerifyStamp(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.WriteFile(path+report.SignatureSuffix, signature, 0o600))
	require.NoError(t, os.WriteFile(path+report.StampSuffix, answer, 0o600))
	_, err = report.VerifyStamp(path)
	require.NoError(t, err)
}

func FuzzCheckStamp(f *testing.F) {
	request, err := report.StampRequest([]byte("s"))
	require.NoError(f, err)
	f.Add(service(f, true)(request))
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x02})
	f.Fuzz(func(_ *testing.T, answer []byte) { _, _ = report.CheckStamp([]byte("another"), answer) })
}
