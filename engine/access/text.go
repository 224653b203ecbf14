// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// unhex is the value of a hexadecimal digit, above 15 where it is none.
func unhex(c byte) byte {
	switch {
	case c-'0' <= 9:
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}

// appendDecoded appends text with %XX decoded, and + as a blank where plus is set. What is no code is kept as it is.
func appendDecoded(to, text []byte, plus bool) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '%' && i+2 < len(text) && unhex(text[i+1]) < 16 && unhex(text[i+2]) < 16:
			to = append(to, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
		case c == '+' && plus:
			to = append(to, ' ')
		default:
			to = append(to, c)
		}
	}
	return to
}

// appendUnescaped appends text with the escapes of nginx and Apache taken away: \xXX, \", \ and the like.
func appendUnescaped(to, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' || i+1 >= len(text) {
			to = append(to, c)
			continue
		}
		i++
		switch c = text[i]; {
		case c == 'x' && i+2 < len(text) && unhex(text[i+1]) < 16 && unhex(text[i+2]) < 16:
			to = append(to, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
		case c == 'n':
			to = append(to, '\n')
		case c == 't':
			to = append(to, '\t')
		case c == 'r':
			to = append(to, '\r')
		case c == 'b':
			to = append(to, '\b')
		case c == 'v':
			to = append(to, '\v')
		case c == '"' || c == '\\':
			to = append(to, c)
		default:
			to = append(to, '\\', c)
		}
	}
	return to
}

// none says whether a field is empty, as logs write it.
func none(b []byte) bool { return len(b) == 0 || (len(b) == 1 && b[0] == '-') }

// orNone is a field, nil where it is empty.
func orNone(b []byte) []byte {
	if none(b) {
		return nil
	}
	return b
}

const (
	maxText = 1024 // bytes of a text of a client that are kept
	maxTag  = 256  // bytes of a tag
)

// plain makes foreign text safe to keep and to show: bytes that are no text, control characters and marks that turn
// the direction of text are written as \xXX or \uXXXX. Its result is at most 1024 bytes long and valid UTF-8.
func plain(b []byte) string {
	clean := len(b) <= maxText
	for i := 0; clean && i < len(b); i++ {
		clean = b[i] >= ' ' && b[i] < 0x7f
	}
	if clean {
		return string(b)
	}
	const digits = "0123456789abcdef"
	var s strings.Builder
	for i := 0; i < len(b) && s.Len() < maxText-12; {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case (r == utf8.RuneError && n == 1) || (r < 0x80 && unicode.IsControl(r)):
			s.WriteString(`\x`)
			s.WriteByte(digits[b[i]>>4])
			s.WriteByte(digits[b[i]&15])
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			s.WriteString(`\u`)
			for shift := 20; shift >= 0; shift -= 4 {
				if shift > 12 && r>>shift == 0 {
					continue // six digits only where four do not do
				}
				s.WriteByte(digits[r>>shift&15])
			}
		default:
			s.Write(b[i : i+n])
		}
		i += n
	}
	return s.String()
}

// validTag says whether bytes can be a tag: text on one line.
func validTag(b []byte) bool {
	if len(b) == 0 || len(b) > maxTag || !utf8.Valid(b) {
		return false
	}
	for _, r := range string(b) {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}
