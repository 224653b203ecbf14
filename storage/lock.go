// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"time"
)

const lockAgain = 20 * time.Millisecond // between two tries, where the system tells nobody that a lock is free

// Lock takes a lock that only one has at a time of all who work with this store, on this machine or another, and waits
// for it. It is free again when it is released or when the program dies. Errors besides the usual: the context's.
func (s *Store) Lock(ctx context.Context, name string) (release func() error, err error) {
	for {
		release, err := s.db.hold(ctx, s.home, name)
		if CodeOf(err) != Busy {
			return release, s.classify("taking the lock "+name, err)
		}
		wait := time.NewTimer(lockAgain)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil, context.Cause(ctx)
		case <-wait.C:
		}
	}
}
