// SPDX-License-Identifier: AGPL-3.0-or-later

package sync

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"spoor/api/client"
	"spoor/api/wire"
	"spoor/storage"
)

// Pushed says what [Push] did.
type Pushed struct {
	Sent      int `json:"sent"`      // that the server did not have as they are
	Conflicts int `json:"conflicts"` // that both sides have changed; all that there are now
	Refused   int `json:"refused"`   // that the server does not take
}

// Push sends the finished results of this home that a server does not have yet as they are. The files they are about stay here.
// progress may be nil.
func Push(ctx context.Context, r *Remote, progress func(done int64)) (Pushed, error) {
	var p Pushed
	done := int64(0)
	for page := (storage.Page{Limit: pageSize}); ; {
		list, err := r.Store.Backtraces(ctx, page)
		if err != nil {
			return p, err
		}
		for i := range list {
			if list[i].Status.Final() {
				if err := r.push(ctx, &list[i], &p); err != nil {
					return p, err
				}
			}
			if done++; progress != nil {
				progress(done)
			}
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].ID
	}
	conflicts, err := r.Store.OutboxByState(ctx, r.ID, storage.OutboxConflict)
	p.Conflicts = len(conflicts)
	return p, err
}

// push sends one result, if the server does not have it as it is.
func (r *Remote) push(ctx context.Context, b *storage.Backtrace, p *Pushed) error {
	object, err := r.localObject(ctx, b)
	if err != nil {
		return err
	}
	hash, err := hashOf(&object)
	if err != nil {
		return err
	}
	entry, err := r.Store.Outbox(ctx, r.ID, b.ID)
	if err != nil && storage.CodeOf(err) != storage.NotFound {
		return err
	}
	if err == nil && (entry.Pushed == hash || entry.State == storage.OutboxConflict || entry.State == storage.OutboxErased) {
		return nil
	}
	entry.RemoteID, entry.BacktraceID = r.ID, b.ID
	entry, err = r.put(ctx, object, hash, entry)
	if err != nil {
		return err
	}
	switch entry.State {
	case storage.OutboxSent:
		p.Sent++
	case storage.OutboxRefused:
		p.Refused++
	case storage.OutboxConflict, storage.OutboxErased: // counted where they are settled
	}
	return nil
}

// put sends one result and stores what came of it. An error means that nothing is known: it will be sent again.
func (r *Remote) put(ctx context.Context, object wire.Backtrace, hash string, entry storage.OutboxEntry) (storage.OutboxEntry, error) {
	theirs, err := r.Client.Put(ctx, object, entry.Version)
	entry.Theirs, entry.Error = nil, ""
	status := client.StatusOf(err)
	switch {
	case err == nil:
		entry.State, entry.Pushed, entry.Version = storage.OutboxSent, hash, theirs.Version
	case errors.Is(err, client.ErrConflict):
		entry.State, entry.Version = storage.OutboxConflict, theirs.Version
		if entry.Theirs, err = plain(theirs.Object(noLink)); err != nil {
			return entry, err
		}
	case status == http.StatusNotFound && entry.Version > 0:
		entry.State = storage.OutboxErased
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusNotFound:
		entry.State, entry.Pushed, entry.Error = storage.OutboxRefused, hash, err.Error()
	default:
		return entry, err
	}
	return entry, r.Store.SetOutbox(ctx, entry)
}

// Resolve decides a conflict: with ours the server gets what is here in place of what it has, else what it has is left there. What is
// here is never changed.
func Resolve(ctx context.Context, r *Remote, id string, ours bool) (storage.OutboxEntry, error) {
	entry, err := r.Store.Outbox(ctx, r.ID, id)
	if err != nil {
		return entry, err
	}
	if entry.State != storage.OutboxConflict {
		return entry, fmt.Errorf("the backtrace %s is not in conflict with %s", id, r.Name)
	}
	b, err := r.Store.Backtrace(ctx, id)
	if err != nil {
		return entry, err
	}
	object, err := r.localObject(ctx, &b)
	if err != nil {
		return entry, err
	}
	hash, err := hashOf(&object)
	if err != nil {
		return entry, err
	}
	if ours {
		return r.put(ctx, object, hash, entry)
	}
	entry.State, entry.Pushed, entry.Theirs = storage.OutboxSent, hash, nil
	return entry, r.Store.SetOutbox(ctx, entry)
}

func hashOf(b *wire.Backtrace) (string, error) {
	text, err := plain(b.Object(noLink))
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

func plain(o wire.Object) ([]byte, error) {
	var out bytes.Buffer
	err := wire.Format{}.Write(&out, wire.Document{Bare: true, Body: o})
	return bytes.TrimSpace(out.Bytes()), err
}

func noLink(string, string) string { return "" }
