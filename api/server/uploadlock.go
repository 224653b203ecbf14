// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"context"
	"errors"

	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"

	"spoor/storage"
)

// uploadLocker lets one request at a time at an upload, also where several servers have the same folder of uploads. Within
// one server who comes later has the request before it end, which may hang in a connection that is gone; between
// servers it waits.
type uploadLocker struct {
	store *storage.Store
	here  *memorylocker.MemoryLocker
}

func newUploadLocker(store *storage.Store) *uploadLocker {
	return &uploadLocker{store: store, here: memorylocker.New()}
}

// NewLock makes the lock of an upload.
func (l *uploadLocker) NewLock(id string) (handler.Lock, error) {
	here, err := l.here.NewLock(id)
	return &uploadLock{store: l.store, here: here, name: "upload-" + id}, err
}

type uploadLock struct {
	store   *storage.Store
	here    handler.Lock
	name    string
	release func() error
}

// Lock takes it, first here and then everywhere.
func (l *uploadLock) Lock(ctx context.Context, requestRelease func()) error {
	err := l.here.Lock(ctx, requestRelease)
	if err != nil {
		return err
	}
	if l.release, err = l.store.Lock(ctx, l.name); err != nil {
		err = errors.Join(err, l.here.Unlock())
		if ctx.Err() != nil {
			return handler.ErrFileLocked
		}
	}
	return err
}

// Unlock gives it back.
func (l *uploadLock) Unlock() error { return errors.Join(l.release(), l.here.Unlock()) }
