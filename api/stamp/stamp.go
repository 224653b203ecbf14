// SPDX-License-Identifier: AGPL-3.0-or-later

// Package stamp asks a time stamp service (RFC 3161, over HTTP) to say that it has seen the head of the audit log.
package stamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"

	"github.com/digitorus/timestamp"
)

const maxAnswer = 1 << 20

// Ask sends the SHA-256 of something to a service, and nothing else of it, and returns the token that it answers with, in DER. The
// token is checked: it is of this very thing and of this question, and its signature holds.
func Ask(ctx context.Context, client *http.Client, service string, of []byte) ([]byte, error) {
	if u, err := url.Parse(service); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a time stamp service", service)
	}
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	question, err := timestamp.CreateRequest(bytes.NewReader(of), &timestamp.RequestOptions{
		Hash: crypto.SHA256, Certificates: true, Nonce: nonce,
	})
	if err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	answer, err := post(ctx, client, service, question)
	if err != nil {
		return nil, err
	}
	ts, err := timestamp.ParseResponse(answer)
	if err != nil {
		return nil, fmt.Errorf("the time stamp service %s gives no valid time stamp: %w", service, err)
	}
	asked, err := timestamp.ParseRequest(question)
	if err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	if !bytes.Equal(ts.HashedMessage, asked.HashedMessage) || ts.Nonce == nil || ts.Nonce.Cmp(nonce) != 0 || len(ts.Certificates) == 0 {
		return nil, fmt.Errorf("the time stamp service %s answers another question", service)
	}
	return ts.RawToken, nil
}

func post(ctx context.Context, client *http.Client, service string, question []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, service, bytes.NewReader(question))
	if err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	r.Header.Set("Content-Type", "application/timestamp-query")
	response, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the time stamp service does not answer: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("the time stamp service does not answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the time stamp service %s answers %s", service, response.Status)
	}
	return answer, nil
}
