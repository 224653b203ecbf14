// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"errors"
	"path/filepath"

	"github.com/gofrs/flock"
)

const inUseName = "in-use.lock"

// useHome says that this program has the home open, until it is closed or dies: as many as like may, but none while a backup
// is put back.
func useHome(home string) (release func() error, err error) {
	return lockHome(home, (*flock.Flock).TryRLock, "a backup is being put back into this home: try again when that is done")
}

// takeHome keeps all programs out of the home, this one too, until release is called.
func takeHome(home string) (release func() error, err error) {
	return lockHome(home, (*flock.Flock).TryLock,
		"another program has the home open: close it first (window, spoor serve, commands that run)")
}

func lockHome(home string, try func(*flock.Flock) (bool, error), taken string) (func() error, error) {
	lock := flock.New(filepath.Join(home, inUseName), flock.SetPermissions(0o600))
	ok, err := try(lock)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errors.Join(errorf(Busy, "%s", taken), lock.Close())
	}
	return lock.Close, nil
}
