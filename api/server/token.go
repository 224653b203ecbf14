// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"spoor/api/wire"
	"spoor/storage"
)

const (
	defaultLife = 7200           // seconds that a token lives
	longestLife = 30 * 24 * 3600 // seconds
	maxForm     = 64 << 10
)

// NewSecret makes the secret of an application, 264 random bits, and what is
// stored of it. It has letters and digits only, so that no way of encoding changes it.
func NewSecret() (secret, hash string) {
	secret = randomText(33)
	return secret, hashSecret(secret)
}

// randomText is base64 of n random bytes, drawn until it has letters and digits only.
func randomText(n int) string {
	b := make([]byte, n)
	for {
		_, _ = rand.Read(b) // documented never to fail
		if text := base64.StdEncoding.EncodeToString(b); !strings.ContainsAny(text, "+/=") {
			return text
		}
	}
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// token is POST /v1/oauth2/token.
func (c *call) token() error {
	form, err := c.form()
	if err != nil {
		return err
	}
	switch form.Get("grant_type") {
	case "client_credential", "client_credentials":
	default:
		return wire.Invalid("grant_type", "it must be client_credentials")
	}
	life := int64(defaultLife)
	if text := form.Get("expires_in"); text != "" {
		if life, err = strconv.ParseInt(text, 10, 64); err != nil || life < 1 || life > longestLife {
			return wire.Invalid("expires_in", fmt.Sprintf("it must be a number of seconds from 1 to %d", longestLife))
		}
	}
	scopes, err := wire.SplitScopes(form.Get("scope"))
	if err != nil {
		return err
	}
	app, err := c.application(form.Get("client_id"), form.Get("client_secret"))
	if err != nil {
		return err
	}
	if len(scopes) == 0 {
		scopes = app.Scopes
	}
	for _, scope := range scopes {
		if !slices.Contains(app.Scopes, scope) {
			return wire.MissingScope(scope)
		}
	}
	access := randomText(48)
	err = c.store.AddToken(c.ctx(), storage.Token{
		Hash: hashSecret(access), ApplicationID: app.ID, Scopes: scopes, ExpiresAt: time.Now().Add(time.Duration(life) * time.Second),
	})
	if storage.CodeOf(err) == storage.NotFound {
		return wire.BadToken()
	}
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return c.answer(http.StatusOK, wire.Token{Access: access, Type: "Bearer", ExpiresIn: life}.Document())
}

// form reads a form-encoded body.
func (c *call) form() (url.Values, error) {
	media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if c.r.Header.Get("Content-Type") != "" && (err != nil || media != "application/x-www-form-urlencoded") {
		return nil, wire.StatusError(http.StatusUnsupportedMediaType)
	}
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Now().Add(bodyTimeout)) // where there is no deadline there is a limit
	body, err := io.ReadAll(bodyReader{http.MaxBytesReader(c.w, c.r.Body, maxForm)})
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, wire.Invalid("body", "it is not form-encoded")
	}
	return form, nil
}

// application is the one that the credentials belong to.
func (c *call) application(id, secret string) (storage.Application, error) {
	app, err := c.store.Application(c.ctx(), id)
	if err != nil && storage.CodeOf(err) != storage.NotFound {
		return app, err
	}
	known := err == nil && app.RevokedAt == nil
	right := subtle.ConstantTimeCompare([]byte(hashSecret(secret)), []byte(app.SecretHash)) == 1
	if !known || !right {
		return app, c.refused()
	}
	return app, nil
}

// refused is the answer to wrong credentials, and to too many of them.
func (c *call) refused() error {
	if !c.limits.failures.allow(remote(c.r)) {
		return wire.StatusError(http.StatusTooManyRequests)
	}
	return wire.BadToken()
}

// authorize finds out whose token it is, and whether it has one of the scopes.
func (c *call) authorize(scopes []string) error {
	scheme, access, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	access = strings.TrimSpace(access)
	if !strings.EqualFold(scheme, "Bearer") || access == "" {
		return wire.BadToken()
	}
	hash := hashSecret(access)
	token, err := c.store.Token(c.ctx(), hash)
	if storage.CodeOf(err) == storage.NotFound {
		return c.refused()
	}
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(token.Hash), []byte(hash)) != 1 || !time.Now().Before(token.ExpiresAt) {
		return wire.BadToken()
	}
	if c.app, err = c.store.Application(c.ctx(), token.ApplicationID); err != nil {
		return err
	}
	if c.app.RevokedAt != nil {
		return wire.BadToken()
	}
	if seen, ok := c.w.(*watched); ok {
		seen.application = c.app.ID
	}
	if !c.limits.applications.allow(c.app.ID) {
		return wire.StatusError(http.StatusTooManyRequests)
	}
	c.scopes = token.Scopes
	if !slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(token.Scopes, s) }) {
		return wire.MissingScope(strings.Join(scopes, ", "))
	}
	return nil
}
