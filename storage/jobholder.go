// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
	"github.com/riverqueue/river/riverdriver"
)

// jobHolder is this program as the holder of jobs: a name that no other has, and a lock of that name that the system lets
// go when the program dies, however it dies.
type jobHolder struct {
	mu      sync.Mutex
	name    string
	release func() error
}

func (h *jobHolder) id() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.name
}

// hold takes the lock, once, and returns the name.
func (s *Store) hold(ctx context.Context) (string, error) {
	h := &s.holder
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.name != "" {
		return h.name, nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	name := fmt.Sprintf("%s-%d-%s", filepath.Base(host), os.Getpid(), NewID())
	release, err := s.db.hold(ctx, s.home, name)
	if err != nil {
		return "", s.classify("taking the lock for jobs", err)
	}
	h.name, h.release = name, release
	return name, nil
}

// letGo gives the lock back. Jobs that are still running are taken up by others.
func (h *jobHolder) letGo() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.release == nil {
		return nil
	}
	err := h.release()
	h.release = nil
	return err
}

// deadHolders are those of running jobs whose lock nobody has, and left the jobs that they left.
func (s *Store) deadHolders(ctx context.Context) (dead map[string]bool, left []Job, err error) {
	var list []Job
	err = s.readJobs(ctx, "looking for jobs that were left", func(q riverdriver.Executor) (err error) {
		list, err = listJobs(ctx, q, `state = 'running'`, nil, maxLimit)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	dead = map[string]bool{}
	me := s.holder.id()
	for _, j := range list {
		if _, known := dead[j.Holder]; known || j.Holder == me {
			continue
		}
		held, err := s.db.held(ctx, s.read, s.home, j.Holder)
		if err != nil {
			return nil, nil, s.classify("looking for jobs that were left", err)
		}
		dead[j.Holder] = !held
	}
	maps.DeleteFunc(dead, func(_ string, is bool) bool { return !is })
	for _, j := range list {
		if dead[j.Holder] {
			left = append(left, j)
		}
	}
	return dead, left, nil
}

// forgetHolders removes the locks of the dead, whose names never come again.
func (s *Store) forgetHolders(dead map[string]bool) {
	for name := range dead {
		_ = os.Remove(lockPath(s.home, name)) // one that stays is an empty file
	}
}

const locksName = "locks"

func lockPath(home, holder string) string {
	return filepath.Join(home, locksName, filepath.Base(holder)+".lock")
}

// holdFile locks a file of the home.
func holdFile(home, holder string) (release func() error, err error) {
	path := lockPath(home, holder)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errorf(Busy, "%s is locked by another program", path)
	}
	if !isStill(lock, path) { // whoever had it removed the file just now
		return nil, errors.Join(errorf(Busy, "%s was locked by another program", path), lock.Close())
	}
	return func() error { return errors.Join(os.Remove(path), lock.Close()) }, nil
}

// isStill tells whether a locked file is the one at its path.
func isStill(lock *flock.Flock, path string) bool {
	have, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(have, there)
}

// heldFile says whether a living program has the lock.
func heldFile(home, holder string) (bool, error) {
	path := lockPath(home, holder)
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDWR), flock.SetPermissions(0o600))
	free, err := lock.TryLock()
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return !free, lock.Close()
}
