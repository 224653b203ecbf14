// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "bytes"

// TokenKey is a key that watermarking tokens are signed with.
type TokenKey struct {
	ID     string // "" fits every token
	Secret []byte // for HMAC-SHA-256
}

type tokenTag struct {
	tag []byte
	why Reason
}

// pathToken is how a path part begins that is a watermarking token.
const pathToken = "/wmt:"

// cutPathToken takes the part that is a token out of a path.
func cutPathToken(path []byte) (rest, token []byte) {
	at := bytes.Index(path, []byte(pathToken))
	if at < 0 {
		return path, nil
	}
	token = path[at+len(pathToken):]
	if end := bytes.IndexByte(token, '/'); end >= 0 {
		rest = append(bytes.Clone(path[:at]), token[end:]...)
		return rest, token[:end]
	}
	return path[:at], token
}

// isTokenArgument says whether an argument of a query is a watermarking token.
func isTokenArgument(name []byte) bool { return string(name) == "wmt" || string(name) == "cwt" }

// token reads a token, or says in f.failing why it cannot be read.
func (f *finder) token(text []byte) []byte {
	f.failing = BadToken
	return nil
}

// ParseTokenKey reads a key from the text of a file.
func ParseTokenKey(text []byte) (TokenKey, error) {
	return TokenKey{Secret: bytes.TrimSpace(text)}, nil
}
