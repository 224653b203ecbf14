// SPDX-License-Identifier: AGPL-3.0-or-later

package etsi

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// Key verifies tokens: a secret for HMAC 256/256, or a public key for ES256, the two that recipients must support (5.4).
type Key struct {
	secret []byte
	public *ecdsa.PublicKey
}

// ParseKey reads a key: a PEM public key on the curve P-256, or a secret as it is, or after hex: or base64: (16 bytes at
// least).
func ParseKey(text []byte) (Key, error) {
	text = bytes.TrimSpace(text)
	if block, _ := pem.Decode(text); block != nil {
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return Key{}, errors.New("the key is PEM, but no public key")
		}
		key, ok := public.(*ecdsa.PublicKey)
		if !ok || key.Curve != elliptic.P256() {
			return Key{}, errors.New("the public key is not one of the curve P-256, as ES256 needs")
		}
		return Key{public: key}, nil
	}
	secret := text
	for prefix, decode := range map[string]func(string) ([]byte, error){
		"hex:":    hex.DecodeString,
		"base64:": base64.StdEncoding.DecodeString,
	} {
		if rest, ok := bytes.CutPrefix(text, []byte(prefix)); ok {
			raw, err := decode(string(bytes.TrimSpace(rest)))
			if err != nil {
				return Key{}, errors.New("the secret is not what its prefix " + prefix + " says")
			}
			secret = raw
		}
	}
	if len(secret) < 16 {
		return Key{}, errors.New("the secret is shorter than 16 bytes")
	}
	return Key{secret: secret}, nil
}

// forJWT hands the key out for the algorithm that it is for.
func (k Key) forJWT(t *jwt.Token) (any, error) {
	switch {
	case t.Method.Alg() == "HS256" && len(k.secret) > 0:
		return k.secret, nil
	case t.Method.Alg() == "ES256" && k.public != nil:
		return k.public, nil
	}
	return nil, ErrSignature
}
