// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

func (postgres) jobs(ctx context.Context, db *sql.DB, f func(riverdriver.Executor) error) error {
	return onPgx(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, int64(postgresJobLock)); err != nil {
			return err
		}
		return f(riverpgxv5.New(nil).UnwrapExecutor(tx))
	})
}

func (postgres) readJobs(ctx context.Context, db *sql.DB, f func(riverdriver.Executor) error) error {
	return onPgx(ctx, db, func(tx pgx.Tx) error { return f(riverpgxv5.New(nil).UnwrapExecutor(tx)) })
}

// onPgx runs one transaction on the driver's own connection, which River's driver wants.
func onPgx(ctx context.Context, db *sql.DB, f func(pgx.Tx) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		own, ok := driver.(*stdlib.Conn)
		if !ok {
			return errorf(Internal, "the connection is none of pgx")
		}
		return pgx.BeginFunc(ctx, own.Conn(), f)
	})
}

func (postgres) forgetJobs(ctx context.Context, db querier, caseID string) error {
	_, err := db.ExecContext(ctx, `delete from river_job where $1 = any(tags)`, caseID)
	return err
}

func (postgres) moveJobs(ctx context.Context, db querier, fromID, intoID string) error {
	_, err := db.ExecContext(ctx, `update river_job set tags = array_replace(tags, $1, $2) where $1 = any(tags)`, fromID, intoID)
	return err
}

// hold takes an advisory lock in a connection of its own: the server lets it go when the connection ends, and notices
// within a minute where the machine at the other end is gone.
func (d postgres) hold(ctx context.Context, _, holder string) (func() error, error) {
	db := d.connect(1, map[string]string{"tcp_keepalives_idle": "20", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "4"})
	db.SetConnMaxLifetime(0)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if _, err := conn.ExecContext(ctx, `select pg_advisory_lock($1)`, holderKey(holder)); err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	return func() error { // told to the server, which notices the end of a connection a little later
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), postgresTimeout)
		defer cancel()
		_, err := conn.ExecContext(ctx, `select pg_advisory_unlock($1)`, holderKey(holder))
		return errors.Join(err, conn.Close(), db.Close())
	}, nil
}

func (postgres) held(ctx context.Context, db *sql.DB, _, holder string) (held bool, err error) {
	key := holderKey(holder)
	err = db.QueryRowContext(ctx, `select exists (select 1 from pg_locks where locktype = 'advisory' and objsubid = 1 and granted
		and database = (select oid from pg_database where datname = current_database()) and (classid::bigint << 32 | objid::bigint) = $1)`,
		key).Scan(&held)
	return held, err
}

// holderKey is the number of a holder's lock.
func holderKey(holder string) int64 {
	sum := sha256.Sum256([]byte("spoor holder " + holder))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// migrateJobs brings River's tables up to date.
func (d postgres) migrateJobs(ctx context.Context) error {
	config, err := pgxpool.ParseConfig(d.config.ConnString())
	if err != nil {
		return errorf(Invalid, "the address of the database is not one that PostgreSQL understands") // its words may hold a password
	}
	config.ConnConfig = d.config.Copy()
	config.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quietLog()})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
