// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import (
	"bytes"

	"spoor/engine/access/etsi"
)

// tokenTag is what a token came to.
type tokenTag struct {
	tag      []byte // nil: it cannot be used
	verified bool
}

const maxTokens = 1 << 14 // of which the meaning is remembered

// pathToken is how a path part begins that is a watermarking token.
const pathToken = "/wmt:"

// cutPathToken takes the part that is a token out of a path.
func cutPathToken(path []byte) (rest, token []byte) {
	before, token, found := bytes.Cut(path, []byte(pathToken))
	if !found {
		return path, nil
	}
	if end := bytes.IndexByte(token, '/'); end >= 0 {
		return append(bytes.Clone(before), token[end:]...), token[:end]
	}
	return before, token
}

// isTokenArgument says whether an argument of a query is a watermarking token.
func isTokenArgument(name []byte) bool { return string(name) == "wmt" || string(name) == "cwt" }

// token reads the tag of a token; nil where it cannot be read or no key fits, which f.failing then says. The same token
// comes with every request of a session.
func (f *finder) token(text []byte) []byte {
	t, ok := f.tokens[string(text)]
	if !ok {
		t = f.readToken(string(text))
		if f.tokens == nil || len(f.tokens) >= maxTokens {
			f.tokens = make(map[string]tokenTag)
		}
		f.tokens[string(text)] = t
	}
	if t.tag == nil {
		f.failing = BadToken
		return nil
	}
	f.unverified = !t.verified
	return t.tag
}

func (f *finder) readToken(text string) tokenTag {
	token, err := etsi.ParseToken(text, f.rules.Tokens)
	if err != nil || token.Name() == "" {
		return tokenTag{}
	}
	return tokenTag{[]byte(token.Name()), token.Verified}
}
