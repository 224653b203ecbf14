// SPDX-License-Identifier: AGPL-3.0-or-later

package etsi

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// Token is a watermarking token: a CWT (RFC 8392) after 5.4, or a JWT with claims of the same names, as Akamai's older form
// is.
type Token struct {
	Form     string  // "CWT" or "JWT"
	Version  int64   // wmver
	Vendor   int64   // wmvnd
	ID       string  // wmid, indirect: the vendor derives the pattern from it; "" none
	Operator int64   // wmopid
	KeyVer   int64   // wmkeyver
	Subject  string  // sub
	Pattern  Pattern // wmpattern, direct; empty where there is none, or it is encrypted
	Secret   bool    // wmpattern is encrypted
	Issued   int64   // iat, seconds since 1970
	Expires  int64   // exp
	Verified bool    // the signature was checked with a key that is known
}

// Claims of a token (5.4) and of every CWT.
const (
	claimSubject  = 2
	claimExpires  = 4
	claimIssued   = 6
	claimVersion  = 300
	claimVendor   = 301
	claimLength   = 302
	claimPattern  = 304
	claimID       = 305
	claimOperator = 306
	claimKeyVer   = 307
)

const maxToken = 16 << 10 // characters

// ErrSignature is a token that no key fits that was given.
var ErrSignature = errors.New("the signature of the watermarking token is wrong, or of another key")

// Name is what tells sessions apart: the id, else the pattern in hex, else the subject; "" where there is none of these.
func (t Token) Name() string {
	switch {
	case t.ID != "":
		return t.ID
	case t.Pattern.Length > 0:
		return "wmpattern:" + hex.EncodeToString(t.Pattern.Bytes)
	}
	return t.Subject
}

// ParseToken reads a token. With keys, one of them must fit its signature; without, the token is only decoded. Whether it
// has expired does not matter here: logs are of the past.
func ParseToken(text string, keys []Key) (Token, error) {
	switch {
	case len(text) > maxToken:
		return Token{}, fmt.Errorf("the watermarking token is longer than %d characters", maxToken)
	case strings.Count(text, ".") == 2:
		return parseJWT(text, keys)
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return Token{}, fmt.Errorf("the watermarking token is not base64url: %w", err)
	}
	return parseCWT(data, keys)
}

// cose is COSE_Sign1 or COSE_Mac0 (RFC 9052): both have the same shape.
type cose struct {
	algorithm int64
	protected []byte
	payload   []byte
	proof     []byte
}

const (
	tagMac0  = 17
	tagSign1 = 18
	tagCWT   = 61
	algHS256 = 5
	algES256 = -7
)

func parseCWT(data []byte, keys []Key) (Token, error) {
	c, err := readCOSE(data)
	if err != nil {
		return Token{}, fmt.Errorf("the watermarking token is no COSE message: %w", err)
	}
	t, err := readClaims(c.payload)
	if err != nil || len(keys) == 0 {
		return t, err
	}
	if t.Verified = slices.ContainsFunc(keys, c.fits); !t.Verified {
		return Token{}, ErrSignature
	}
	return t, nil
}

func readCOSE(data []byte) (c cose, err error) {
	v, err := readCBOR(data)
	if err != nil {
		return c, err
	}
	for range 2 { // an outer CWT tag, and one of the kind of proof; both may be left out
		if tag, ok := v.(cborTag); ok {
			if tag.number != tagCWT && tag.number != tagMac0 && tag.number != tagSign1 {
				return c, fmt.Errorf("it has the CBOR tag %d: MAC0 and SIGN1 are known", tag.number)
			}
			v = tag.value
		}
	}
	list, ok := v.(cborList)
	if !ok || len(list) != 4 {
		return c, errCBOR
	}
	for _, part := range []struct {
		from any
		to   *[]byte
	}{{list[0], &c.protected}, {list[2], &c.payload}, {list[3], &c.proof}} {
		if *part.to, ok = part.from.([]byte); !ok {
			return c, errCBOR
		}
	}
	if len(c.protected) > 0 {
		header, err := readCBOR(c.protected)
		if err != nil {
			return c, err
		}
		fields, _ := header.(cborMap)
		if err := get(fields, 1, &c.algorithm); err != nil {
			return c, err
		}
	}
	return c, nil
}

// fits checks the proof with a key.
func (c *cose) fits(k Key) bool {
	context := "MAC0"
	if c.algorithm == algES256 {
		context = "Signature1"
	}
	signed := appendCBOR([]byte{0x84}, 3, []byte(context)) // a list of four
	signed = appendCBOR(signed, 2, c.protected)
	signed = appendCBOR(signed, 2, nil)
	signed = appendCBOR(signed, 2, c.payload)
	switch {
	case c.algorithm == algHS256 && len(k.secret) > 0:
		mac := hmac.New(sha256.New, k.secret)
		mac.Write(signed)
		return hmac.Equal(mac.Sum(nil), c.proof)
	case c.algorithm == algES256 && k.public != nil && len(c.proof) == 64:
		sum := sha256.Sum256(signed)
		return ecdsa.Verify(k.public, sum[:], new(big.Int).SetBytes(c.proof[:32]), new(big.Int).SetBytes(c.proof[32:]))
	}
	return false
}

// readClaims reads the payload of a CWT.
func readClaims(payload []byte) (Token, error) {
	v, err := readCBOR(payload)
	if err != nil {
		return Token{}, fmt.Errorf("the claims of the watermarking token cannot be read: %w", err)
	}
	claims, ok := v.(cborMap)
	if !ok {
		return Token{}, errors.New("the claims of the watermarking token are no map")
	}
	t := Token{Form: "CWT"}
	var length int64
	err = errors.Join(get(claims, claimSubject, &t.Subject), get(claims, claimExpires, &t.Expires), get(claims, claimIssued, &t.Issued),
		get(claims, claimVersion, &t.Version), get(claims, claimVendor, &t.Vendor), get(claims, claimLength, &length),
		get(claims, claimID, &t.ID), get(claims, claimOperator, &t.Operator), get(claims, claimKeyVer, &t.KeyVer))
	if err != nil {
		return Token{}, fmt.Errorf("a claim of the watermarking token cannot be read: %w", err)
	}
	if pattern, ok := claims[claimPattern]; ok {
		if t.Pattern.Bytes, ok = pattern.([]byte); !ok {
			t.Secret = true // COSE_Encrypt0 or COSE_Encrypt
		}
	}
	t.setLength(length)
	return t, nil
}

// setLength believes a length only as far as there are bits.
func (t *Token) setLength(length int64) {
	t.Pattern.Length = 8 * len(t.Pattern.Bytes)
	if length > 0 && length < int64(t.Pattern.Length) {
		t.Pattern.Length = int(length)
	}
}

func parseJWT(text string, keys []Key) (Token, error) {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256", "ES256"}), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	claims := jwt.MapClaims{}
	verified := false
	if len(keys) == 0 {
		if _, _, err := parser.ParseUnverified(text, claims); err != nil {
			return Token{}, fmt.Errorf("the watermarking token is no JWT: %w", err)
		}
	}
	for _, k := range keys {
		claims = jwt.MapClaims{}
		if _, err := parser.ParseWithClaims(text, claims, k.forJWT); err == nil {
			verified = true
			break
		}
	}
	if len(keys) > 0 && !verified {
		return Token{}, ErrSignature
	}
	return jwtClaims(claims, verified)
}

func jwtClaims(claims jwt.MapClaims, verified bool) (Token, error) {
	t := Token{Form: "JWT", Verified: verified}
	number := func(name string) int64 {
		n, ok := claims[name].(json.Number)
		if !ok {
			return 0
		}
		v, err := n.Int64()
		if err != nil {
			return 0
		}
		return v
	}
	words := func(name string) string {
		switch v := claims[name].(type) {
		case string:
			return v
		case json.Number:
			return v.String()
		}
		return ""
	}
	t.ID, t.Subject = words("wmid"), words("sub")
	t.Version, t.Vendor, t.Operator, t.KeyVer = number("wmver"), number("wmvnd"), number("wmopid"), number("wmkeyver")
	t.Issued, t.Expires = number("iat"), number("exp")
	if pattern := words("wmpattern"); pattern != "" {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(pattern, "="))
		if err != nil {
			return Token{}, fmt.Errorf("the pattern of the watermarking token is not base64url: %w", err)
		}
		t.Pattern.Bytes = bytes.Clone(raw)
	}
	t.setLength(number("wmpatlen"))
	return t, nil
}
