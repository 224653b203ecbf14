// SPDX-License-Identifier: AGPL-3.0-or-later

// Package storage keeps everything that must not be lost: titles, their keys
// and registries, copies, cases, evidence, backtraces and findings.
//
// # Home
//
// A [Store] lives in one folder, the home; the database may be on a server instead ([WithDatabase]):
//
//	spoor.db    SQLite database (with -wal and -shm beside it while in use)
//	keys/       one file per title, office.key, and audit.key of the audit log; readable by their owner only
//	references/ one file per title: small pictures of it, to find it in leaks
//	cache/      what can be computed again at any time
//	geoip/      databases of IP addresses that the analyst added
//	work/       what unfinished jobs keep between runs
//	locks/      one file for each program that works on jobs, as long as it lives
//	backups/    copies of spoor.db, the newest few
//	replaced/   databases that were replaced by a backup
//
// Keys are never in the database, so that the database can be copied, shown and
// backed up without them; back up keys/ apart from it, and guard it.
//
// # Promises
//
// Every method that changes something is one transaction, but for
// [Store.AddTags], which is as many as its list is long. What a method
// returned without error is on the disk and survives kill -9 and a power
// cut. Any number of programs may use one home at the same time. Every error is an [*Error] whose
// [Code] tells what to do about it, or that of a context that ended.
//
// Methods may be called from any goroutine.
package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	databaseName = "spoor.db"
	keysName     = "keys"
	cacheName    = "cache"
	geoipName    = "geoip"
	workName     = "work"
	readers      = 4
)

// Store is an open home. Close it after use.
type Store struct {
	home    string
	address string // see WithDatabase
	actor   string // see WithActor
	program string // see WithProgram
	db      database
	pools
	log  *slog.Logger
	lock keyLock // of the keys of titles

	holder jobHolder
	leave  func() error     // gives the home back; nil before it is open
	backup backgroundWork   // the day's backup of a large database
	clock  func() time.Time // see WithClock
}

// Option adjusts [Open].
type Option func(*Store)

// WithLogger sends warnings, such as of a key file that others can read, to a
// logger. Without it they are lost.
func WithLogger(log *slog.Logger) Option { return func(s *Store) { s.log = log } }

// WithClock says what time the audit log has changes made at. Without it, it is this computer's.
func WithClock(clock func() time.Time) Option { return func(s *Store) { s.clock = clock } }

// Open opens the home, making it and bringing its database up to date where
// necessary, and checks the database for damage: one that is small always, one
// above 32 MiB (it takes a second per GB) once a day and whenever the program
// before did not close it. Errors, besides those of every method:
// Invalid where home is not a folder or its database another program's, Newer where the database is
// newer than this program, Damaged, Denied, Full, Busy.
func Open(ctx context.Context, home string, options ...Option) (*Store, error) {
	s := &Store{
		home: home, log: slog.New(slog.DiscardHandler),
		actor: systemActor(), program: "unknown", lock: keyLock{scryptLog: defaultScryptLog}, clock: now,
	}
	for _, option := range options {
		option(s)
	}
	if err := s.open(ctx); err != nil {
		if d, ok := s.db.(sqlite); ok && sqliteCode(err) == Damaged {
			err = d.damaged(ctx, err.Error())
		}
		return nil, errors.Join(s.classify("cannot open the home "+home, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if s.home == "" {
		return errorf(Invalid, "the home has no name")
	}
	home, err := filepath.Abs(s.home)
	if err != nil {
		return err
	}
	s.home = home
	if info, err := os.Stat(home); err == nil && !info.IsDir() {
		return errorf(Invalid, "%s is a file, not a folder", home)
	}
	if err := os.MkdirAll(filepath.Join(home, keysName), 0o700); err != nil {
		return err
	}
	if s.leave, err = useHome(home); err != nil {
		return err
	}
	if disk := networkDisk(home); disk != "" {
		s.log.Warn("the home lies on a network disk ("+disk+"): if two computers use it, or the network fails, the database may be "+
			"damaged; use a local disk, or a server for a team", "home", home)
	}
	if _, err := os.Lstat(filepath.Join(home, restoringName)); err == nil {
		return errorf(Conflict, "putting back a backup was not finished: give the command once more, spoor --home %s backup restore",
			shellWord(home))
	}
	if s.db, err = newDatabase(home, s.address); err != nil {
		return err
	}
	var suspect bool
	if s.pools, suspect, err = s.db.open(ctx); err != nil {
		return err
	}
	if err := s.checkIfDue(ctx, suspect); err != nil {
		return err
	}
	if err := s.adopt(ctx); err != nil {
		return err
	}
	if err := s.makeInbox(ctx); err != nil {
		return err
	}
	if err := s.removeDoomed(ctx); err != nil {
		return err
	}
	if err := errors.Join(s.dropBackups(ctx), s.sweepWork()); err != nil {
		return err
	}
	s.dailyBackup(ctx)
	return ctx.Err()
}

const (
	checkedKey   = "checked_at" // in the table meta, milliseconds
	checkedEvery = 24 * time.Hour
)

// checkIfDue checks the database where it is suspect or was not checked for a
// day. A check that lies in the future, by a clock that was set back, does not
// count.
func (s *Store) checkIfDue(ctx context.Context, suspect bool) error {
	var last int64
	err := s.read.QueryRowContext(ctx, `select value from meta where key = $1`, checkedKey).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	age := time.Since(fromMillis(last))
	due := age < 0 || age > checkedEvery
	if !due && !suspect {
		return nil
	}
	if err := s.Check(ctx); err != nil || !due {
		return err
	}
	return s.change(ctx, "noting the check", func(tx *sql.Tx) error {
		return setMeta(ctx, tx, checkedKey, strconv.FormatInt(now().UnixMilli(), 10))
	})
}

// Close ends the use of the home. The store cannot be used afterwards.
func (s *Store) Close() error {
	s.backup.end()
	err := s.holder.letGo()
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if s.leave != nil {
		err = errors.Join(err, s.leave())
	}
	return s.classify("closing "+s.home, err)
}

// Home returns the absolute path of the home.
func (s *Store) Home() string { return s.home }

// Check walks the whole database and returns an error of code Damaged if
// anything is not as it was written.
func (s *Store) Check(ctx context.Context) error {
	return s.classify("checking "+s.home, s.db.check(ctx, s.read))
}

// CachePath returns a path below cache/ in the home and makes the folders
// above it. The elements are names without separators; what lies
// there may be deleted by anyone at any time.
func (s *Store) CachePath(elements ...string) (string, error) { return s.below(cacheName, elements) }

// GeoIPDir returns the folder below the home for databases of IP addresses, and makes it.
func (s *Store) GeoIPDir() (string, error) { return s.below(geoipName, nil) }

// WorkDir returns the folder below work/ in the home for what an unfinished job
// keeps, and makes it. name is usually the job's id.
func (s *Store) WorkDir(name string) (string, error) {
	dir, err := s.below(workName, []string{name})
	if err != nil {
		return "", err
	}
	return dir, s.classify("making "+dir, os.MkdirAll(dir, 0o700))
}

// RemoveWorkDir deletes the work folder of a job that is done. It is no error if there is none.
func (s *Store) RemoveWorkDir(name string) error {
	dir, err := s.below(workName, []string{name})
	if err != nil {
		return err
	}
	return s.classify("removing "+dir, os.RemoveAll(dir))
}

func (s *Store) below(room string, elements []string) (string, error) {
	path := filepath.Join(s.home, room)
	for _, name := range elements {
		if name == "" || name == "." || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
			return "", errorf(Invalid, "%q is no name for a file", name)
		}
		path = filepath.Join(path, name)
	}
	if len(elements) == 0 {
		return path, s.classify("making "+path, os.MkdirAll(path, 0o700))
	}
	return path, s.classify("making "+filepath.Dir(path), os.MkdirAll(filepath.Dir(path), 0o700))
}

// change runs one state change as one transaction. Everything that alters the database goes
// through here, but for jobs, which have changeJobs.
func (s *Store) change(ctx context.Context, doing string, f func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.classify(doing, err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := s.db.begin(ctx, tx); err != nil {
		return s.classify(doing, err)
	}
	if err := f(tx); err != nil {
		return s.classify(doing, err)
	}
	if err := s.record(ctx, tx, doing); err != nil {
		return s.classify(doing, err)
	}
	return s.classify(doing, tx.Commit())
}

// A querier is a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, db querier, scan func(*T, func(...any) error) error, query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var item T
		if err := scan(&item, rows.Scan); err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, rows.Err()
}

// insertInto is the statement that inserts one row, its values in the order of
// the columns.
func insertInto(table, columns string) string {
	var b strings.Builder
	b.WriteString("insert into " + table + " (" + columns + ") values ($1")
	for i := range strings.Count(columns, ",") {
		b.WriteString(", $" + strconv.Itoa(i+2))
	}
	return b.String() + ")"
}

// exactlyOne fails with Conflict unless a statement changed one row.
func exactlyOne(result sql.Result, err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	if changed, err := result.RowsAffected(); err != nil || changed == 1 {
		return err
	}
	return errorf(Conflict, format, args...)
}

// classify turns an error into an [*Error]; those that are one, and those of a
// context, pass.
func (s *Store) classify(doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	e := &Error{Code: cmp.Or(sqliteCode(err), postgresCode(err)), Message: doing, Err: err}
	switch {
	case e.Code == Damaged:
		return &Error{Code: Damaged, Message: doing + ": the database is damaged (" + err.Error() + ")" + s.restoreHint()}
	case e.Code != "":
	case errnoCode(err) != "":
		e.Code = errnoCode(err)
	case errors.Is(err, fs.ErrNotExist):
		e.Code = NotFound
	case errors.Is(err, syscall.ENOTDIR):
		e.Code = Invalid
	default:
		e.Code = Internal
	}
	if words := codeWords(e.Code); words != "" {
		e.Message += ": " + words
	}
	return e
}

// errnoCode maps what the system refuses, "" for anything else.
func errnoCode(err error) Code {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Full
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return Denied
	default:
		return ""
	}
}

// codeWords says in words what a driver's message may leave unclear.
func codeWords(c Code) string {
	switch c {
	case Full:
		return "the disk is full"
	case Denied:
		return "it cannot be written to (a read-only disk, or no permission)"
	case Busy:
		return "another program is holding the database"
	case TooLarge:
		return "a row of the database has more than 256 MB, which none of Spoor's has; spoor verify says where something was altered"
	default:
		return ""
	}
}

// now is the time as it is stored: UTC, whole milliseconds.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func fromMillisOrNil(ms sql.NullInt64) *time.Time {
	if !ms.Valid {
		return nil
	}
	t := fromMillis(ms.Int64)
	return &t
}

func millisOrNull(t *time.Time) sql.NullInt64 {
	if t == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: true}
}
