// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
)

// hosting stands for the server, which the tests of the window do without.
type hosting struct{ engine *engine.Engine }

var _ desk.Host = hosting{}

func (hosting) Scopes() []string { return []string{"me", "mediahub", "mediahub_read"} }

func (h hosting) AddClient(ctx context.Context, name string, scopes []string) (id, secret string, err error) {
	u, err := h.engine.Store().EnsureUser(ctx, "owner")
	if err != nil {
		return "", "", err
	}
	app := storage.Application{Name: name, UserID: u.ID, SecretHash: hash("a"), Scopes: scopes}
	return app.ID, "the secret of " + name, h.engine.Store().AddApplication(ctx, &app)
}

func (h hosting) AddPipeline(ctx context.Context, p storage.Pipeline) (string, error) {
	return "", h.engine.Store().AddPipeline(ctx, &p)
}

func (hosting) Serve(ctx context.Context, s desk.Serving, listening func(string)) error {
	listening("http://" + s.Addr)
	<-ctx.Done()
	return nil
}

func TestTheHomeIsServedToClients(t *testing.T) {
	o := newOffice(t, nil)
	o.choose("Go to", "Settings")
	o.press("Add a client…")
	o.fill("Name", "desktop-anna")
	o.press("Add")
	o.read("the secret of desktop-anna")
	o.read("desktop-anna · me, mediahub")
	o.press("Serve this home…")
	o.fill("Address", "127.0.0.1:9999")
	o.press("Serve")
	o.read("at http://127.0.0.1:9999")
	o.press("Stop serving")
	o.read("nobody: this home is not served")
	o.press("Revoke…")
	o.press("Revoke")
	o.until(func() bool { return !o.reads("desktop-anna · me, mediahub") })
	list, _, err := o.engine.Store().Applications(t.Context(), "", storage.Slice{})
	require.NoError(t, err)
	require.NotNil(t, list[0].RevokedAt)
}
