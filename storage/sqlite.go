// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
)

// Everything that only SQLite understands is in this file and in migrations/sqlite.

//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

const (
	sqliteMagic         = "SQLite format 3\x00"
	sqliteApplicationID = 1397772114 // "SPOR", set by the first migration
	// A writer waits this long for another program's transaction. The longest of ours
	// takes a fraction of a second.
	sqliteBusy = "_busy_timeout=30000"
	// A database below this is checked in some hundredths of a second.
	smallSQLite = 32 << 20
	// No value, and no row, may have more bytes. The largest of ours are the accesses of a result, some 200 bytes each.
	maxValue = 256 << 20
)

// sqlite is the database in a file.
type sqlite struct{ path string }

func sqliteFile(home string) database { return sqlite{filepath.Join(home, databaseName)} }

func (d sqlite) open(ctx context.Context) (p pools, suspect bool, err error) {
	if d.lost() {
		return p, false, errorf(Damaged, "the database %s is gone, but the home was used before; %s; to begin anew, move the home away; "+
			"if its tables are on a server, name that (--db)", d.path, restoreHint(filepath.Dir(d.path)))
	}
	if suspect, err = createSQLite(d.path); err != nil {
		return p, false, err
	}
	if p.write, err = openSQLiteWriter(d.path); err != nil {
		return p, false, err
	}
	if err := migrateSQLite(ctx, p.write, d.path); err != nil {
		return p, false, err
	}
	p.read, err = openSQLiteReader(d.path)
	return p, suspect, err
}

// lost says whether the home had a database, and has none any more: the key of the audit log is made after it.
func (d sqlite) lost() bool {
	for _, side := range []string{"", "-wal"} {
		if info, err := os.Stat(d.path + side); err == nil && info.Size() > 0 {
			return false
		}
	}
	return isFile(filepath.Join(filepath.Dir(d.path), keysName, auditKeyName))
}

// begin makes the triggers of this connection, once: every transaction of the writer begins with the lock.
func (d sqlite) begin(ctx context.Context, tx *sql.Tx) error {
	var there int
	err := tx.QueryRowContext(ctx, `select count(*) from sqlite_temp_master where name = 'audit_dirty'`).Scan(&there)
	if err != nil || there > 0 {
		return err
	}
	tables, _, err := d.audited(ctx, tx)
	if err != nil {
		return err
	}
	statements := []string{auditDirty}
	for _, t := range tables {
		statements = append(statements, t.sqliteTriggers()...)
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (sqlite) snapshot() sql.IsolationLevel { return sql.LevelDefault }

func (sqlite) audited(ctx context.Context, db querier) ([]auditedTable, auditWords, error) {
	tables, err := auditedTables(ctx, db, auditColumnsSQLite)
	return tables, sqliteWords, err
}

// openSQLite opens a connection pool on a database file. Commits reach the disk
// before they return (synchronous=FULL): what was found survives a power cut, not
// only a kill.
func openSQLite(path, options string, connections int) (*sql.DB, error) {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/...
	}
	location := url.URL{Scheme: "file", OmitHost: true, Path: slashed}
	name := location.String() + "?" + sqliteBusy + "&_foreign_keys=on&_synchronous=FULL&" + options
	db := sql.OpenDB(sqliteConnector{driver: &sqlite3.SQLiteDriver{ConnectHook: limitValues}, name: name})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// limitValues has a connection refuse values that are too large to be ours: a database that somebody prepared must not
// take all memory.
func limitValues(c *sqlite3.SQLiteConn) error {
	c.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, maxValue)
	return nil
}

// sqliteConnector connects with a driver of its own, which needs no name that is known to the whole program.
type sqliteConnector struct {
	driver *sqlite3.SQLiteDriver
	name   string
}

// Connect opens a connection.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.name) }

// Driver returns the driver.
func (c sqliteConnector) Driver() driver.Driver { return c.driver }

func openSQLiteWriter(path string) (*sql.DB, error) {
	return openSQLite(path, "_journal_mode=WAL&_txlock=immediate&_cache_size=-65536&_temp_store=memory", 1)
}

// openSQLiteReader refuses every write, and is not slowed down by the writer.
func openSQLiteReader(path string) (*sql.DB, error) {
	return openSQLite(path, "mode=ro&_query_only=on", readers)
}

// createSQLite makes the file if there is none, for its owner only: SQLite
// gives its side files the same mode. Then it looks at what is there. A database is
// suspect, and always checked, where a journal lies beside it (the program
// before was killed, or another one is running) or where checking takes no
// time.
func createSQLite(path string) (suspect bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, errorf(Invalid, "%s is not a file", path)
	}
	head := make([]byte, len(sqliteMagic))
	if n, _ := f.ReadAt(head, 0); n > 0 && string(head) != sqliteMagic {
		return false, errorf(Damaged, "%s is not a database, or its beginning is damaged; %s", path, restoreHint(filepath.Dir(path)))
	}
	journal, err := os.Stat(path + "-wal")
	return info.Size() < smallSQLite || (err == nil && journal.Size() > 0), nil
}

// migrateSQLite brings the schema up to date. Two programs may start on one
// home at once: the lock, an empty database that the system unlocks
// if its holder dies, lets one go first.
func migrateSQLite(ctx context.Context, db *sql.DB, path string) error {
	have, err := sqliteVersion(ctx, db, path)
	if err != nil {
		return err
	}
	want, err := sqliteWanted()
	if err != nil {
		return err
	}
	if have > want {
		return errNewer(path, have, want)
	}
	if have == want {
		return nil
	}
	lockPath := filepath.Join(filepath.Dir(path), "migrate.lock")
	if _, err := createSQLite(lockPath); err != nil {
		return err
	}
	lock, err := openSQLite(lockPath, "_txlock=exclusive", 1)
	if err != nil {
		return err
	}
	defer lock.Close()
	held, err := lock.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("waiting for another program to bring the database up to date: %w", err)
	}
	defer func() { _ = held.Rollback() }()
	if have, err = sqliteVersion(ctx, db, path); err != nil || have == want { // another program was quicker
		return err
	}
	if have > 0 {
		if err := (sqlite{path}).keepBefore(ctx); err != nil {
			return fmt.Errorf("a backup before the database is brought up to date: %w", err)
		}
	}
	return gooseUp(ctx, db, want)
}

// keepBefore makes a backup in the home before the schema is changed, for there is no way back; where there is no room for one, it
// goes without.
func (d sqlite) keepBefore(ctx context.Context) error {
	home := filepath.Dir(d.path)
	info, err := os.Stat(d.path)
	if err != nil || freeSpace(home) < 2*info.Size() {
		return err
	}
	_, err = d.backUp(ctx, home, now())
	return err
}

// sqliteWanted is the schema version of this program.
func sqliteWanted() (int64, error) {
	files, err := sqliteMigrations.ReadDir("migrations/sqlite")
	return int64(len(files)), err
}

func errNewer(path string, have, want int64) error {
	return errorf(Newer, "%s was written by a newer version of the program (schema %d; this one knows %d): update the program",
		path, have, want)
}

// gooseUp takes all steps. River's tables come before the last one, so that a program that is killed in between begins
// again.
func gooseUp(ctx context.Context, db *sql.DB, last int64) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, sub(sqliteMigrations, "migrations/sqlite"))
	if err != nil {
		return err
	}
	if _, err := provider.UpTo(ctx, last-1); err != nil {
		return err
	}
	if err := migrateSQLiteJobs(ctx, db); err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// sqliteVersion returns the schema version, 0 for an empty database, and
// refuses a database that is not ours.
func sqliteVersion(ctx context.Context, db *sql.DB, path string) (int64, error) {
	var id, tables int64
	err := db.QueryRowContext(ctx, `select application_id, (select count(*) from sqlite_master where type = 'table'
		and name not like 'goose%' and name not like 'sqlite%') from pragma_application_id`).Scan(&id, &tables)
	if err != nil {
		return 0, err
	}
	if id != sqliteApplicationID {
		if id != 0 || tables > 0 {
			return 0, errorf(Invalid, "%s is a database of another program", path)
		}
		return 0, nil
	}
	var version int64
	err = db.QueryRowContext(ctx, `select max(version_id) from goose_db_version where is_applied`).Scan(&version)
	return version, err
}

func (d sqlite) check(ctx context.Context, db *sql.DB) error {
	found, err := quickCheck(ctx, db)
	if sqliteCode(err) == Damaged {
		found = err.Error()
	} else if err != nil || found == "" {
		return err
	}
	return d.damaged(ctx, found)
}

// quickCheck walks a database, and says what is wrong with it, "" if nothing is.
func quickCheck(ctx context.Context, db *sql.DB) (found string, err error) {
	err = db.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&found)
	if found == "ok" {
		found = ""
	}
	return strings.Join(strings.Fields(found), " "), err
}

// sqliteCode maps an error of the driver to a code, "" for others.
func sqliteCode(err error) Code {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return ""
	}
	if e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey {
		return Exists
	}
	if code := errnoCode(e.SystemErrno); code != "" {
		return code
	}
	switch e.Code {
	case sqlite3.ErrFull:
		return Full
	case sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrCantOpen, sqlite3.ErrAuth:
		return Denied
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return Busy
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return Damaged
	case sqlite3.ErrTooBig:
		return TooLarge
	case sqlite3.ErrConstraint:
		if e.ExtendedCode == sqlite3.ErrConstraintForeignKey {
			return Conflict
		}
	}
	return ""
}
