// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"strings"

	"github.com/riverqueue/river/riverdriver"
)

// database is what a store is on: SQLite in a file of the home, or PostgreSQL on a server. The statements of this
// package are the same text for both: $1, $2 for what is filled in, bigint or integer for whole numbers, text for the rest.
// What the two do not have in common is behind this interface, in sqlite.go and postgres.go, and in migrations/.
type database interface {
	// open connects, brings the schema up to date, and says whether the database ought to be checked now.
	open(ctx context.Context) (p pools, suspect bool, err error)
	// begin makes a transaction that is about to write the only one in all programs, so that what it reads holds until
	// it ends, and lets the audit log see what it changes.
	begin(ctx context.Context, tx *sql.Tx) error
	// audited reads the tables that the audit log answers for.
	audited(ctx context.Context, db querier) ([]auditedTable, auditWords, error)
	// snapshot is the isolation of a transaction that sees one state of everything.
	snapshot() sql.IsolationLevel
	// fullText says how the rows r of search_rows are found that are of a kind and have words which begin with all of these:
	// what to select from, the condition, and what $1 of it is.
	fullText(kind string, words []string) (rows, match string, arg any)
	// jobs runs a transaction on River's tables that is the only one in all programs, readJobs one that only looks.
	jobs(ctx context.Context, db *sql.DB, f func(riverdriver.Executor) error) error
	readJobs(ctx context.Context, db *sql.DB, f func(riverdriver.Executor) error) error
	// forgetJobs deletes the jobs about a case, moveJobs makes them ones about another.
	forgetJobs(ctx context.Context, db querier, caseID string) error
	moveJobs(ctx context.Context, db querier, fromID, intoID string) error
	// hold takes the lock of a holder of jobs, which nobody has after this program's death; held says whether one is taken.
	hold(ctx context.Context, home, holder string) (release func() error, err error)
	held(ctx context.Context, db *sql.DB, home, holder string) (bool, error)
	// check walks the whole database and returns an error of code Damaged if anything is wrong.
	check(ctx context.Context, db *sql.DB) error
}

// pools are the connections to a database. Either may be nil after an error.
type pools struct {
	write *sql.DB // one connection: writers queue up in the program instead of failing in the database
	read  *sql.DB // cannot write
}

// WithDatabase keeps everything that is a table on a PostgreSQL server instead of in spoor.db: an address such as
// postgres://user@host/name. Keys, vault and the other files stay in the home. "" is spoor.db.
func WithDatabase(address string) Option { return func(s *Store) { s.address = address } }

func newDatabase(home, address string) (database, error) {
	switch {
	case address == "":
		return sqliteFile(home), nil
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return newPostgres(address)
	}
	return nil, errorf(Invalid, "the address of the database must begin with postgres://")
}
