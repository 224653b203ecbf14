// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"

	"spoor/storage"
)

// Host makes this home a server for others.
type Host interface {
	// Scopes lists what a client may be allowed to do.
	Scopes() []string
	// AddClient lets a program use the API, and returns its id and its secret, which is kept nowhere.
	AddClient(ctx context.Context, name string, scopes []string) (id, secret string, err error)
	// AddPipeline records where inputs come from and who is told, and returns the key that pings are signed with, "" for none.
	AddPipeline(ctx context.Context, p storage.Pipeline) (key string, err error)
	// Serve answers the API until the context ends. listening is told the address as soon as it does.
	Serve(ctx context.Context, s Serving, listening func(url string)) error
}

// Serving says how a home is served.
type Serving struct {
	Addr      string // host:port; port 0 takes a free one
	Cert, Key string // files for TLS; "" and "": plain HTTP
	PublicURL string // how clients see it, where it is behind a proxy; "": as they ask
	Local     bool   // inputs and pings may be on this machine and in private networks
}
