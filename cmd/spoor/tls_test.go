// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// certificate writes a certificate of one's own for 127.0.0.1, and its key.
func certificate(t *testing.T, dir string) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "team"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(dir, "team.pem"), filepath.Join(dir, "team.key")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	require.NoError(t, os.WriteFile(cert, text, 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	roots = x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	return cert, key, roots
}

// TestServingWithACertificateOfOnesOwn speaks TLS to the server, by itself and through a client that does not know the certificate.
func TestServingWithACertificateOfOnesOwn(t *testing.T) {
	dir := t.TempDir()
	home := filepath.Join(dir, "home")
	cert, key, roots := certificate(t, dir)
	host := serve(t, home, "--cert", cert, "--key", key)
	require.True(t, strings.HasPrefix(host, "https://127.0.0.1:"), host)
	get := func(address string, config *tls.Config) (*http.Response, error) {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		require.NoError(t, err)
		got, err := client.Do(request)
		if err == nil {
			require.NoError(t, got.Body.Close())
		}
		client.CloseIdleConnections()
		return got, err
	}
	known := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	got, err := get(host+"/healthz", known)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, 2, got.ProtoMajor, "HTTP/2 where both know it")
	require.GreaterOrEqual(t, got.TLS.Version, uint16(tls.VersionTLS13))
	_, err = get(host+"/healthz", &tls.Config{MinVersion: tls.VersionTLS12})
	require.ErrorContains(t, err, "certificate", "who does not know it stops there")
	_, err = get(host+"/healthz", &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	require.ErrorContains(t, err, "protocol version")
	got, err = get("http"+strings.TrimPrefix(host, "https")+"/healthz", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, got.StatusCode, "nothing is said in the clear")

	application := spoor(t, home, "client", "add", "script")
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte(application["client_secret"].(string)), 0o600))
	desk := filepath.Join(dir, "desk")
	spoor(t, desk, "remote", "add", host, "--client-id", application["client_id"].(string), "--secret-file", secret)
	require.Contains(t, fails(t, desk, "remote", "test"), "certificate")
}
