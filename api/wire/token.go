// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import "slices"

// The scopes of a token.
const (
	ScopeMe       = "me"
	ScopeAll      = "mediahub"
	ScopeRead     = "mediahub_read"
	ScopeWrite    = "mediahub_write"
	ScopeSubmit   = "mediahub_submit_jobs"
	ScopeDownload = "mediahub_download_files"
	ScopeTrace    = "autograph"
)

// Scopes lists all scopes.
func Scopes() []string {
	return []string{ScopeMe, ScopeAll, ScopeRead, ScopeWrite, ScopeSubmit, ScopeDownload, ScopeTrace}
}

// SplitScopes takes scopes apart that are separated by commas or spaces; twice the same is once. The error
// names the one that does not exist.
func SplitScopes(text string) ([]string, error) {
	out := []string{}
	for _, name := range fields(text) {
		if !slices.Contains(Scopes(), name) {
			return nil, Invalid("scope", "there is no scope "+quoteShort(name))
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// Token is the answer of the token endpoint.
type Token struct {
	Access    string
	Type      string
	ExpiresIn int64 // seconds
}

// Document is the token as it is sent: its keys stand at the top.
func (t Token) Document() Document {
	return Document{Name: "token", Bare: true, Body: Object{
		{"access_token", t.Access}, {"token_type", t.Type}, {"expires_in", t.ExpiresIn},
	}}
}

// ReadToken takes a token from what a server sent; expires_in may be a text.
func ReadToken(t *Tree) (Token, error) {
	r := taker{lenient: true}
	token := Token{
		Access:    r.text(t.Get("access_token"), "access_token"),
		Type:      r.text(t.Get("token_type"), "token_type"),
		ExpiresIn: r.integer(t.Get("expires_in"), "expires_in"),
	}
	if token.Access == "" {
		r.fail("access_token", "it is missing")
	}
	return token, r.err
}

// ReadError takes an error from what a server sent; empty texts where it is none.
func ReadError(t *Tree) (code, message string) {
	r := taker{lenient: true}
	t = t.Get("error")
	return r.text(t.Get("error_code"), "error_code"), r.text(t.Get("error_message"), "error_message")
}
