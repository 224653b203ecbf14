// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Remote is a server that this home works with.
type Remote struct {
	ID       string
	Name     string
	URL      string
	ClientID string

	// How far copying from there has come; set by SetRemoteProgress.
	SyncedUntil time.Time // latest UpdatedAt seen, by the remote's clock; zero: nothing yet
	SweepStart  int64     // place in the list of all where looking through it goes on
	SweptAt     time.Time // when all of it was looked through; zero: never

	CreatedAt time.Time
}

const (
	remoteColumns = "id, name, url, client_id, synced_until, sweep_start, swept_at, created_at"
	maxSecret     = 4096
)

func scanRemote(r *Remote, scan func(...any) error) error {
	var until, swept, created int64
	err := scan(&r.ID, &r.Name, &r.URL, &r.ClientID, &until, &r.SweepStart, &swept, &created)
	r.SyncedUntil, r.SweptAt, r.CreatedAt = fromMillisOrZero(until), fromMillisOrZero(swept), fromMillis(created)
	return err
}

// AddRemote records a remote, and its secret in keys/, encrypted where keys are. It sets ID and CreatedAt.
// Error: Exists where the name is taken.
func (s *Store) AddRemote(ctx context.Context, r *Remote, secret string) error {
	err := cmp.Or(checkName("remote", r.Name), checkLine("address", r.URL, maxPath), checkLine("client id", r.ClientID, maxName),
		checkText("secret", secret, maxSecret))
	if err != nil {
		return err
	}
	added := *r
	added.ID, added.CreatedAt = NewID(), now()
	content, err := s.seal("", []byte(secret))
	if err != nil {
		return s.classify("keeping the secret of a remote", err)
	}
	if err := os.WriteFile(s.secretPath(added.ID), content, 0o600); err != nil {
		return s.classify("keeping the secret of a remote", err)
	}
	err = s.change(ctx, "recording a remote", func(tx *sql.Tx) error {
		var n int64
		if err := tx.QueryRowContext(ctx, `select count(*) from remotes where name = $1`, r.Name).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errorf(Exists, "there is a remote %q already", r.Name)
		}
		_, err := tx.ExecContext(ctx, insertInto("remotes", remoteColumns), added.ID, added.Name, added.URL, added.ClientID, 0, 0, 0,
			added.CreatedAt.UnixMilli())
		return err
	})
	if err != nil {
		return errors.Join(err, os.Remove(s.secretPath(added.ID)))
	}
	*r = added
	return nil
}

func (s *Store) secretPath(remoteID string) string {
	return filepath.Join(s.home, keysName, "remote-"+remoteID+".secret")
}

// RemoteSecret returns the secret of a remote. Errors: NotFound where the file is gone, Locked.
func (s *Store) RemoteSecret(remoteID string) (string, error) {
	if !IsID(remoteID) {
		return "", errorf(NotFound, "there is no remote %q", remoteID)
	}
	path := s.secretPath(remoteID)
	secret, err := os.ReadFile(path)
	if err == nil {
		secret, err = s.unseal(path, secret)
	}
	return string(secret), s.classify("reading the secret of a remote", err)
}

// Remote returns a remote by its id or name. Error: NotFound.
func (s *Store) Remote(ctx context.Context, idOrName string) (Remote, error) {
	var r Remote
	err := scanRemote(&r, s.read.QueryRowContext(ctx, `select `+remoteColumns+` from remotes where id = $1 or name = $1`, idOrName).Scan)
	return r, s.missing(err, "remote", idOrName)
}

// Remotes lists the remotes in the order they were added.
func (s *Store) Remotes(ctx context.Context) ([]Remote, error) {
	list, _, err := listSlice(ctx, s, scanRemote, remoteColumns, `remotes`, Slice{})
	return list, err
}

// SetRemoteProgress stores how far copying from a remote has come.
func (s *Store) SetRemoteProgress(ctx context.Context, r Remote) error {
	return s.change(ctx, "noting how far a remote was copied", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `update remotes set synced_until = $1, sweep_start = $2, swept_at = $3 where id = $4`,
			millisOrZero(r.SyncedUntil), r.SweepStart, millisOrZero(r.SweptAt), r.ID)
		return exactlyOne(result, err, "the remote %s was removed meanwhile", r.Name)
	})
}

// RemoveRemote forgets a remote: its secret, what was copied from it, and what
// was sent to it. Nothing changes there.
func (s *Store) RemoveRemote(ctx context.Context, id string) error {
	if !IsID(id) {
		return errorf(NotFound, "there is no remote %q", id)
	}
	err := s.change(ctx, "removing a remote", func(tx *sql.Tx) error {
		for _, statement := range []string{
			`delete from team_backtraces where origin = $1`, `delete from team_counts where origin = $1`,
			`delete from submissions where remote_id = $1`, `delete from outbox where remote_id = $1`, `delete from remotes where id = $1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := os.Remove(s.secretPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.classify("removing the secret of a remote", err)
	}
	return nil
}

// SaveMirrored stores copies of what a remote has, all in one transaction, and
// says how many were new or changed. Storing the same again changes nothing; an
// older version never replaces a newer one.
func (s *Store) SaveMirrored(ctx context.Context, remoteID string, list []TeamBacktrace) (changed int, err error) {
	for i := range list {
		list[i].Origin, list[i].UserID = remoteID, ""
		if err := list[i].check(); err != nil {
			return 0, err
		}
	}
	err = s.change(ctx, "copying from a remote", func(tx *sql.Tx) error {
		changed = 0
		for i := range list {
			b := &list[i]
			old, err := getTeam(ctx, tx, remoteID, b.ID)
			switch {
			case CodeOf(err) == NotFound:
				if err := countTeam(ctx, tx, b, 1); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, insertInto("team_backtraces", teamColumns), b.values()...); err != nil {
					return err
				}
			case err != nil:
				return err
			case old.same(b), old.Version > b.Version:
				continue
			default:
				if len(b.Findings) == 0 {
					b.Findings = old.Findings
				}
				if err := replaceTeam(ctx, tx, &old, b); err != nil {
					return err
				}
			}
			changed++
		}
		return nil
	})
	return changed, err
}

// same compares all that a remote says; findings it says apart.
func (b *TeamBacktrace) same(c *TeamBacktrace) bool {
	x, y := *b, *c
	x.Findings, y.Findings = nil, nil
	vx, vy := x.values(), y.values()
	for i := range vx {
		if vx[i] != vy[i] {
			return false
		}
	}
	return true
}

// MirroredIDs lists the ids of all that was copied from a remote.
func (s *Store) MirroredIDs(ctx context.Context, remoteID string) ([]string, error) {
	scan := func(id *string, scan func(...any) error) error { return scan(id) }
	list, err := collect(ctx, s.read, scan, `select id from team_backtraces where origin = $1 order by id`, remoteID)
	return list, s.classify("listing copies", err)
}
