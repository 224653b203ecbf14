// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// User owns applications, and with them what they make.
type User struct {
	ID, Name  string
	CreatedAt time.Time
}

// Application is a program that may use the API.
type Application struct {
	ID         string
	Name       string
	UserID     string
	SecretHash string // SHA-256 of its secret, in hex
	Scopes     []string
	CreatedAt  time.Time
	RevokedAt  *time.Time // nil: it may
}

// Token is what an application shows instead of its secret.
type Token struct {
	Hash          string // SHA-256 of the token, in hex
	ApplicationID string
	Scopes        []string
	CreatedAt     time.Time
	ExpiresAt     time.Time
}

// Slice selects a part of a list by its place in it, as the API does.
type Slice struct {
	Start, Limit int64 // Limit below 1: none
}

const (
	applicationColumns = "id, name, user_id, secret_hash, scopes, created_at, revoked_at"
	tokenColumns       = "hash, application_id, scopes, created_at, expires_at" //nolint:gosec // names of columns
)

func scanUser(u *User, scan func(...any) error) error {
	var created int64
	err := scan(&u.ID, &u.Name, &created)
	u.CreatedAt = fromMillis(created)
	return err
}

func scanApplication(a *Application, scan func(...any) error) error {
	var created int64
	var revoked sql.NullInt64
	var scopes string
	err := scan(&a.ID, &a.Name, &a.UserID, &a.SecretHash, &scopes, &created, &revoked)
	a.Scopes, a.CreatedAt, a.RevokedAt = strings.Fields(scopes), fromMillis(created), fromMillisOrNil(revoked)
	return err
}

// EnsureUser returns the user of a name, and makes it where there is none.
func (s *Store) EnsureUser(ctx context.Context, name string) (User, error) {
	if err := checkName("user", name); err != nil {
		return User{}, err
	}
	var u User
	err := s.change(ctx, "recording a user", func(tx *sql.Tx) error {
		err := scanUser(&u, tx.QueryRowContext(ctx, `select id, name, created_at from users where name = $1`, name).Scan)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		u = User{ID: NewID(), Name: name, CreatedAt: now()}
		_, err = tx.ExecContext(ctx, insertInto("users", "id, name, created_at"), u.ID, u.Name, u.CreatedAt.UnixMilli())
		return err
	})
	return u, err
}

// User returns a user by its id. Error: NotFound.
func (s *Store) User(ctx context.Context, id string) (User, error) {
	var u User
	err := scanUser(&u, s.read.QueryRowContext(ctx, `select id, name, created_at from users where id = $1`, id).Scan)
	return u, s.missing(err, "user", id)
}

// FirstUser returns the user that was made first. Error: NotFound.
func (s *Store) FirstUser(ctx context.Context) (User, error) {
	var u User
	err := scanUser(&u, s.read.QueryRowContext(ctx, `select id, name, created_at from users order by id limit 1`).Scan)
	return u, s.missing(err, "user", "")
}

// missing turns that there is no row into NotFound.
func (s *Store) missing(err error, kind, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errorf(NotFound, "there is no %s %q", kind, id)
	}
	return s.classify("looking for a "+kind, err)
}

// AddApplication records an application. It sets ID and CreatedAt.
func (s *Store) AddApplication(ctx context.Context, a *Application) error {
	if err := checkName("application", a.Name); err != nil {
		return err
	}
	added := *a
	added.ID, added.CreatedAt, added.RevokedAt = NewID(), now(), nil
	err := s.change(ctx, "recording an application", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertInto("applications", applicationColumns), added.ID, added.Name, added.UserID,
			added.SecretHash, strings.Join(added.Scopes, " "), added.CreatedAt.UnixMilli(), sql.NullInt64{})
		return err
	})
	if err == nil {
		*a = added
	}
	return err
}

// Application returns an application by its id, revoked or not. Error: NotFound.
func (s *Store) Application(ctx context.Context, id string) (Application, error) {
	var a Application
	err := scanApplication(&a, s.read.QueryRowContext(ctx, `select `+applicationColumns+` from applications where id = $1`, id).Scan)
	return a, s.missing(err, "application", id)
}

// Applications lists the applications of a user, or of all where that is "", in
// the order they were made, and says how many there are.
func (s *Store) Applications(ctx context.Context, userID string, part Slice) ([]Application, int64, error) {
	return listSlice(ctx, s, scanApplication, applicationColumns, `applications where ($1 = '' or user_id = $1)`, part, userID)
}

// RevokeApplication ends the rights of an application and of all its tokens at
// once. It is no error if they ended before. Error: NotFound.
func (s *Store) RevokeApplication(ctx context.Context, id string) error {
	if _, err := s.Application(ctx, id); err != nil {
		return err
	}
	return s.change(ctx, "revoking an application", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from tokens where application_id = $1`, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update applications set revoked_at = $1 where id = $2 and revoked_at is null`, now().UnixMilli(), id)
		return err
	})
}

// AddToken records a token, and forgets those that have expired. Error: NotFound where
// the application was revoked meanwhile.
func (s *Store) AddToken(ctx context.Context, t Token) error {
	return s.change(ctx, "recording a token", func(tx *sql.Tx) error {
		at := now().UnixMilli()
		if _, err := tx.ExecContext(ctx, `delete from tokens where expires_at < $1`, at); err != nil {
			return err
		}
		var n int64
		err := tx.QueryRowContext(ctx, `select count(*) from applications where id = $1 and revoked_at is null`, t.ApplicationID).Scan(&n)
		if err != nil || n == 0 {
			return cmp.Or(err, errorf(NotFound, "there is no application %q", t.ApplicationID))
		}
		_, err = tx.ExecContext(ctx, insertInto("tokens", tokenColumns), t.Hash, t.ApplicationID, strings.Join(t.Scopes, " "), at,
			t.ExpiresAt.UnixMilli())
		return err
	})
}

// Token returns a token by its hash, expired or not. Error: NotFound.
func (s *Store) Token(ctx context.Context, hash string) (Token, error) {
	var t Token
	var scopes string
	var created, expires int64
	err := s.read.QueryRowContext(ctx, `select `+tokenColumns+` from tokens where hash = $1`, hash).
		Scan(&t.Hash, &t.ApplicationID, &scopes, &created, &expires)
	t.Scopes, t.CreatedAt, t.ExpiresAt = strings.Fields(scopes), fromMillis(created), fromMillis(expires)
	return t, s.missing(err, "token", "")
}

// listSlice reads a part of a list in the order of its ids, and counts the whole.
func listSlice[T any](ctx context.Context, s *Store, scan func(*T, func(...any) error) error, columns, from string, part Slice, args ...any,
) ([]T, int64, error) {
	var total int64
	if err := s.read.QueryRowContext(ctx, `select count(*) from `+from, args...).Scan(&total); err != nil {
		return nil, 0, s.classify("counting", err)
	}
	if part.Limit < 1 {
		part.Limit = total
	}
	query := `select ` + columns + ` from ` + from + ` order by id limit ` +
		placeholder(len(args)+1) + ` offset ` + placeholder(len(args)+2)
	list, err := collect(ctx, s.read, scan, query, append(args, part.Limit, part.Start)...)
	return list, total, s.classify("listing", err)
}
