// SPDX-License-Identifier: AGPL-3.0-or-later

package etsi_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"spoor/engine/access/etsi"
)

const secret = "0123456789abcdef0123456789abcdef"

// raw makes bytes of hexadecimal text with blanks.
func raw(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(t, err)
	return b
}

// bstr is a CBOR byte string of less than 256 bytes.
func bstr(b []byte) []byte {
	if len(b) < 24 {
		return append([]byte{0x40 | byte(len(b))}, b...)
	}
	return append([]byte{0x58, byte(len(b))}, b...)
}

// direct are claims with a pattern: exp, iat, wmver 1, wmvnd 7, wmpatlen 28, wmpattern 0a0b0c0d.
func direct(t testing.TB) []byte {
	t.Helper()
	return raw(t, "a6 04 1a 69a48c00 06 1a 69a48b00 19012c 01 19012d 07 19012e 18 1c 190130 44 0a0b0c0d")
}

// indirect are claims with an id: wmid "session-7", wmopid 9, wmkeyver 2, and the like.
func indirect(t testing.TB) []byte {
	t.Helper()
	return raw(t, "a6 04 1a 69a48c00 06 1a 69a48b00 19012c 01 190131 69 73657373696f6e2d37 190132 09 190133 02")
}

// signed wraps claims into COSE_Mac0 (HMAC 256/256) as a CWT.
func signed(claims []byte) string {
	protected := []byte{0xa1, 0x01, 0x05}
	toSign := append([]byte{0x84, 0x64}, "MAC0"...)
	toSign = append(append(append(toSign, bstr(protected)...), 0x40), bstr(claims)...)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(toSign)
	message := append([]byte{0xd8, 61, 0xd1, 0x84}, bstr(protected)...)
	message = append(append(append(message, 0xa0), bstr(claims)...), bstr(mac.Sum(nil))...)
	return base64.RawURLEncoding.EncodeToString(message)
}

func TestTokensAreReadAndVerified(t *testing.T) {
	key, err := etsi.ParseKey([]byte(secret + "\n"))
	require.NoError(t, err)
	other, err := etsi.ParseKey([]byte(strings.Repeat("x", 16)))
	require.NoError(t, err)

	text := signed(direct(t))
	for _, keys := range [][]etsi.Key{nil, {key}, {other, key}} {
		got, err := etsi.ParseToken(text, keys)
		require.NoError(t, err)
		require.Equal(t, keys != nil, got.Verified)
		require.Equal(t, "CWT", got.Form)
		require.Equal(t, int64(1), got.Version)
		require.Equal(t, int64(7), got.Vendor)
		require.Equal(t, etsi.Pattern{Bytes: []byte{10, 11, 12, 13}, Length: 28}, got.Pattern)
		require.Equal(t, int64(0x69a48c00), got.Expires)
		require.Equal(t, "wmpattern:0a0b0c0d", got.Name())
	}
	_, err = etsi.ParseToken(text, []etsi.Key{other})
	require.ErrorIs(t, err, etsi.ErrSignature)

	got, err := etsi.ParseToken(signed(indirect(t))+"==", []etsi.Key{key})
	require.NoError(t, err)
	require.Equal(t, "session-7", got.Name())
	require.Equal(t, int64(9), got.Operator)
	require.Equal(t, int64(2), got.KeyVer)

	// An encrypted pattern: COSE_Encrypt0 in the place of bytes.
	got, err = etsi.ParseToken(signed(raw(t, "a2 02 63 626f62 190130 d0 83 40 a0 41 00")), nil)
	require.NoError(t, err)
	require.True(t, got.Secret)
	require.Equal(t, "bob", got.Name())
}

func TestTokensWithES256(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	require.NoError(t, err)
	key, err := etsi.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	require.NoError(t, err)

	claims, protected := indirect(t), []byte{0xa1, 0x01, 0x26}
	toSign := append([]byte{0x84, 0x6a}, "Signature1"...)
	toSign = append(append(append(toSign, bstr(protected)...), 0x40), bstr(claims)...)
	sum := sha256.Sum256(toSign)
	r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
	require.NoError(t, err)
	proof := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	message := append([]byte{0xd2, 0x84}, bstr(protected)...)
	message = append(append(append(message, 0xa0), bstr(claims)...), bstr(proof)...)
	got, err := etsi.ParseToken(base64.RawURLEncoding.EncodeToString(message), []etsi.Key{key})
	require.NoError(t, err)
	require.True(t, got.Verified)
	message[len(message)-1] ^= 1
	_, err = etsi.ParseToken(base64.RawURLEncoding.EncodeToString(message), []etsi.Key{key})
	require.ErrorIs(t, err, etsi.ErrSignature)
}

func TestTokensInTheFormOfJWT(t *testing.T) {
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"wmid": "user-1", "wmver": 1, "wmpatlen": 12, "wmpattern": base64.RawURLEncoding.EncodeToString([]byte{0xa0, 0x5f}), "exp": 1,
	}).SignedString([]byte(secret))
	require.NoError(t, err)
	key, err := etsi.ParseKey([]byte("hex:" + hex.EncodeToString([]byte(secret))))
	require.NoError(t, err)
	got, err := etsi.ParseToken(text, []etsi.Key{key})
	require.NoError(t, err, "that it has expired does not matter")
	require.Equal(t, "user-1", got.Name())
	require.Equal(t, 12, got.Pattern.Length)
	_, err = etsi.ParseToken(text[:len(text)-2], []etsi.Key{key})
	require.ErrorIs(t, err, etsi.ErrSignature)
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"wmid": "x"}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	_, err = etsi.ParseToken(none, []etsi.Key{key})
	require.Error(t, err)
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "x", "nonsense!", "a.b.c", strings.Repeat("A", 20000), base64.RawURLEncoding.EncodeToString([]byte{0x9f, 0xff}),
		base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0x81}, 100)), base64.RawURLEncoding.EncodeToString([]byte{
			0x9b, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		}),
		signed([]byte{0x01}), signed(raw(t, "a1 190131 05")),
	} {
		_, err := etsi.ParseToken(text, nil)
		require.Error(t, err, "%.40q", text)
	}
	for _, text := range []string{"", "short", "hex:zz", "base64:!", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"} {
		_, err := etsi.ParseKey([]byte(text))
		require.Error(t, err, text)
	}
}

func TestBothBitOrders(t *testing.T) {
	p := etsi.Pattern{Bytes: []byte{0x0a, 0x0b, 0x0c, 0x0d}, Length: 32}
	bit, ok := p.Bit(3, etsi.BigEndian)
	require.True(t, ok)
	require.Zero(t, bit, "the specification's own example")
	bit, _ = p.Bit(3, etsi.LittleEndian)
	require.Equal(t, 1, bit)
	require.Equal(t, "aaaababaaaaababbaaaabbaaaaaabbab", p.Variants(etsi.BigEndian))
	require.Equal(t, "ababaaaabbabaaaaaabbaaaababbaaaa", p.Variants(etsi.LittleEndian))
	bit, _ = p.Bit(4+32*5, etsi.BigEndian)
	require.Equal(t, 1, bit, "positions go round")
	// Akamai's module today: pattern[p/4] & (8 >> p%4) over hexadecimal digits is the big-endian order.
	for i, digit := range "0a0b0c0d" {
		value, err := hex.DecodeString("0" + string(digit))
		require.NoError(t, err)
		for j := range 4 {
			bit, _ := p.Bit(4*i+j, etsi.BigEndian)
			require.Equal(t, value[0]&(8>>j) != 0, bit == 1)
		}
	}
	_, ok = p.Bit(-1, etsi.BigEndian)
	require.False(t, ok)
	_, ok = etsi.Pattern{}.Bit(0, etsi.BigEndian)
	require.False(t, ok)
}

func TestSidecars(t *testing.T) {
	discrete, err := etsi.ParseSidecar(raw(t, "a2 01 01 02 82 a3 05 66 7365675f3030 06 00 07 f5 a2 06 20 08 f5"))
	require.NoError(t, err)
	require.Equal(t, []etsi.Segment{{SegmentRegex: "seg_00", FirstPart: true}, {Position: -1, LastPart: true}}, discrete.Segments)

	ranges, err := etsi.ParseSidecar(raw(t, "a3 01 01 02 83 a2 04 00 06 20 a2 04 18 64 06 00 a2 04 18 c8 06 01 03 19 012c"))
	require.NoError(t, err)
	for offset, want := range map[int64]int64{0: -1, 99: -1, 100: 0, 199: 0, 200: 1, 299: 1, 300: -1} {
		require.Equal(t, want, ranges.PositionAt(offset), offset)
	}
	for name, text := range map[string]string{
		"no segments": "a1 01 01", "version": "a2 01 02 02 80", "position": "a2 01 01 02 81 a1 06 21", "no position": "a2 01 01 02 81 a0",
		"not ascending": "a3 01 01 02 82 a2 04 05 06 00 a2 04 05 06 01 03 18 64", "beyond": "a3 01 01 02 81 a2 04 18 65 06 00 03 18 64",
		"text": "63 616263",
	} {
		_, err := etsi.ParseSidecar(raw(t, text))
		require.Error(t, err, name)
	}
}

// box writes an MP4 box.
func box(kind string, content []byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(content))), kind...), content...)
}

func TestPaceInfoInSegments(t *testing.T) {
	segment := slicesOf(box("styp", []byte("msdh")), box("wmpi", []byte{1, 1, 0x80, 0x21, 0xe0}), box("moof", nil), box("mdat",
		make([]byte, 100)),
		box("wmpi", []byte{1, 0, 0xff, 0xff, 0x80}), box("wmpi", bytes.Repeat([]byte{0xff}, 5)), box("wmpi", []byte{1}))
	got, err := etsi.ReadPaceInfo(bytes.NewReader(segment), int64(len(segment)))
	require.NoError(t, err)
	require.Equal(t, []etsi.PaceInfo{
		{Offset: 12, Version: 1, Variant: 1, Position: 33, FirstPart: true, LastPart: true},
		{Offset: 12 + 13 + 8 + 108, Version: 1, Variant: 0, Position: -1},
	}, got, "what a packager overwrote says nothing")
	_, err = etsi.ReadPaceInfo(bytes.NewReader(segment[:20]), 20)
	require.Error(t, err)
	_, err = etsi.ReadPaceInfo(strings.NewReader("no mp4 file at all"), 18)
	require.Error(t, err)
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func FuzzToken(f *testing.F) {
	f.Add(signed(direct(f)))
	f.Add(signed(indirect(f)))
	f.Add("eyJhbGciOiJIUzI1NiJ9.eyJ3bWlkIjoieCJ9.AAAA")
	key, err := etsi.ParseKey([]byte(secret))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := etsi.ParseToken(text, nil); err == nil {
			_ = got.Name()
			require.LessOrEqual(t, len(got.Pattern.Variants(etsi.BigEndian)), 8*len(got.Pattern.Bytes))
		}
		_, _ = etsi.ParseToken(text, []etsi.Key{key})
	})
}

func FuzzSidecar(f *testing.F) {
	f.Add(raw(f, "a3 01 01 02 83 a2 04 00 06 20 a2 04 18 64 06 00 a2 04 18 c8 06 01 03 19 012c"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if s, err := etsi.ParseSidecar(data); err == nil {
			_ = s.PositionAt(7)
		}
		_, _ = etsi.ReadPaceInfo(bytes.NewReader(data), int64(len(data)))
	})
}
