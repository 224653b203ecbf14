// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"maps"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// Everything that only PostgreSQL understands is in this file and in migrations/postgres.

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

const (
	// Advisory locks of ours, numbers that nobody else is likely to take.
	postgresWriteLock   = 0x53504f520001 // held by the transaction that writes
	postgresMigrateLock = 0x53504f520002
	postgresJobLock     = 0x53504f520003 // held by the transaction that changes jobs
	// A server that cannot be reached is told after this long.
	postgresTimeout = 10 * time.Second
)

// postgres is the database on a server.
type postgres struct{ config *pgx.ConnConfig }

func newPostgres(address string) (database, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil { // its words may hold a password
		return nil, errorf(Invalid, "the address of the database is not one that PostgreSQL understands")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = postgresTimeout
	}
	config.RuntimeParams["application_name"] = "spoor"
	config.RuntimeParams["timezone"] = "UTC"
	return postgres{config}, nil
}

// where names the database without its password.
func (d postgres) where() string {
	return fmt.Sprintf("the database %q on %s", d.config.Database, d.config.Host)
}

// connect opens a pool. Settings are made on each new connection.
func (d postgres) connect(connections int, settings map[string]string) *sql.DB {
	config := d.config.Copy()
	maps.Copy(config.RuntimeParams, settings)
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

func (d postgres) open(ctx context.Context) (p pools, suspect bool, err error) {
	p.write = d.connect(1, nil)
	if err := d.migrate(ctx, p.write); err != nil {
		return p, false, err
	}
	p.read = d.connect(readers, map[string]string{"default_transaction_read_only": "on"})
	return p, false, nil
}

// begin lets writers in one by one, as SQLite does: the lock ends with the transaction.
func (postgres) begin(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock($1)`, int64(postgresWriteLock)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `set local client_min_messages = warning; set local spoor.audit = 'on'; `+
		auditDirty+` on commit delete rows`)
	return err
}

func (postgres) snapshot() sql.IsolationLevel { return sql.LevelRepeatableRead }

func (postgres) audited(ctx context.Context, db querier) ([]auditedTable, auditWords, error) {
	tables, err := auditedTables(ctx, db, auditColumnsPostgres)
	return tables, postgresWords, err
}

// watch makes the triggers of the audit log anew, for the schema may have changed.
func (d postgres) watch(ctx context.Context, db *sql.DB) error {
	tables, _, err := d.audited(ctx, db)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := db.ExecContext(ctx, t.postgresTriggers()); err != nil {
			return err
		}
	}
	return nil
}

// check reads every table. Damage of pages is the server's to find (data checksums).
func (d postgres) check(ctx context.Context, db *sql.DB) error {
	scan := func(name *string, scan func(...any) error) error { return scan(name) }
	tables, err := collect(ctx, db, scan, `select quote_ident(tablename) from pg_tables where schemaname = current_schema()`)
	if err != nil {
		return err
	}
	for _, table := range tables {
		var n int64
		if err := db.QueryRowContext(ctx, `select count(*) from `+table).Scan(&n); err != nil { // quoted by the server
			return err
		}
	}
	return nil
}

// migrate brings the schema up to date; of several programs that start at once, one goes first.
func (d postgres) migrate(ctx context.Context, db *sql.DB) error {
	lock := d.connect(1, nil)
	defer lock.Close()
	held, err := lock.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = held.Rollback() }()
	if _, err := held.ExecContext(ctx, `select pg_advisory_xact_lock($1)`, int64(postgresMigrateLock)); err != nil {
		return err
	}
	have, err := d.version(ctx, db)
	if err != nil {
		return err
	}
	files, err := postgresMigrations.ReadDir("migrations/postgres")
	if err != nil {
		return err
	}
	if want := int64(len(files)); have > want {
		return errorf(Newer, "%s was written by a newer version of the program (schema %d; this one knows %d): update it",
			d.where(), have, want)
	} else if have == want {
		return nil
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, sub(postgresMigrations, "migrations/postgres"))
	if err != nil {
		return err
	}
	// River's tables come before the last step, so that a program that is killed in between begins again.
	if _, err := provider.UpTo(ctx, int64(len(files)-1)); err != nil {
		return err
	}
	if err := d.migrateJobs(ctx); err != nil {
		return err
	}
	if _, err = provider.Up(ctx); err != nil {
		return err
	}
	return d.watch(ctx, db)
}

// version returns the schema version, 0 for an empty database, and refuses a database that is not ours.
func (d postgres) version(ctx context.Context, db *sql.DB) (int64, error) {
	var ours bool
	var tables int64
	err := db.QueryRowContext(ctx, `select to_regclass('goose_db_version') is not null,
		(select count(*) from pg_tables where schemaname = current_schema())`).Scan(&ours, &tables)
	if err != nil {
		return 0, err
	}
	if !ours {
		if tables > 0 {
			return 0, errorf(Invalid, "%s is another program's", d.where())
		}
		return 0, nil
	}
	var version int64
	err = db.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from goose_db_version where is_applied`).Scan(&version)
	return version, err
}

// postgresCode maps an error of the driver to a code, "" for others.
func postgresCode(err error) Code {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return Denied
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return Denied
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ""
	}
	switch e.Code {
	case "23505": // unique_violation
		return Exists
	case "23503", "40001": // foreign_key_violation, serialization_failure
		return Conflict
	case "53100": // disk_full
		return Full
	case "55P03", "57014", "53300": // lock_not_available, query_canceled, too_many_connections
		return Busy
	case "25006", "42501": // read_only_sql_transaction, insufficient_privilege
		return Denied
	case "22021": // character_not_in_repertoire
		return Invalid
	case "XX001", "XX002": // data_corrupted, index_corrupted
		return Damaged
	}
	return ""
}
