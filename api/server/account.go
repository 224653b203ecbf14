// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"path/filepath"

	"spoor/storage"
)

// NewClient makes an application that may use the API, and its secret, which is kept nowhere. It acts for the user of a name; "" is
// the first user, who is made, with the name of this computer's user, where there is none.
func NewClient(ctx context.Context, store *storage.Store, name, owner string, scopes []string) (storage.Application, string, error) {
	u, err := ownerOf(ctx, store, owner)
	if err != nil {
		return storage.Application{}, "", err
	}
	secret, hash := NewSecret()
	app := storage.Application{Name: name, UserID: u.ID, SecretHash: hash, Scopes: scopes}
	return app, secret, store.AddApplication(ctx, &app)
}

func ownerOf(ctx context.Context, store *storage.Store, name string) (storage.User, error) {
	if name != "" {
		return store.EnsureUser(ctx, name)
	}
	first, err := store.FirstUser(ctx)
	if storage.CodeOf(err) != storage.NotFound {
		return first, err
	}
	name = "owner"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return store.EnsureUser(ctx, name)
}

// InputOf makes what somebody typed the input of a pipeline: an http(s) address as it is, a folder as an absolute path.
func InputOf(text string) (string, error) {
	if IsAddress(text) {
		return text, nil
	}
	dir, err := filepath.Abs(text)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", fmt.Errorf("the input cannot be used: %w", err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("the input %q is no folder and no http(s) address", text)
	}
	return dir, nil
}

// IsAddress tells whether a text is an http(s) address.
func IsAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
