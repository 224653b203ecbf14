// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"spoor/storage"
	"spoor/storage/postgrestest"
)

const firstAudited = 5 // the schema from which on the audit log knows every row

// A home of every earlier version opens, keeps what is in it, finds it, and is answered for by the audit log from then on.
func TestMigrationFromEveryVersion(t *testing.T) {
	eachVersion(t, func(t *testing.T, version int64) *storage.Store {
		t.Helper()
		home := filepath.Join(t.TempDir(), "home")
		require.NoError(t, os.Mkdir(home, 0o700))
		db := rawDB(t, home)
		prepare(t, db, goose.DialectSQLite3, "migrations/sqlite", version)
		s := openAt(t, home)
		list, err := storage.Backups(home)
		require.NoError(t, err)
		require.Len(t, list, 1, "there is no way back but this")
		return s
	})
}

func testMigrationOnPostgres(t *testing.T, server *postgrestest.Server) {
	t.Helper()
	eachVersion(t, func(t *testing.T, version int64) *storage.Store {
		t.Helper()
		address := server.NewDatabase(t)
		t.Setenv(testServer, address)
		db := rawPostgres(t, address)
		prepare(t, db, goose.DialectPostgres, "migrations/postgres", version)
		require.NoError(t, db.Close())
		return openNew(t)
	})
}

// eachVersion opens databases that older programs have made.
func eachVersion(t *testing.T, open func(t *testing.T, version int64) *storage.Store) {
	t.Helper()
	files, err := filepath.Glob("migrations/sqlite/*.sql")
	require.NoError(t, err)
	for version := 1; version < len(files); version++ { // the newest is what every other test opens
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			s := open(t, int64(version))
			if version < firstAudited {
				c, err := s.Case(t.Context(), "old")
				require.NoError(t, err)
				require.Equal(t, storage.CaseClosed, c.State)
				hits, err := s.Search(t.Context(), []string{"OLD"}, 10)
				require.NoError(t, err)
				require.Len(t, hits, 1)
			}
			fill(t, s)
			addJob(t, s, "leak")
			requireSound(t, s)
		})
	}
}

// prepare makes the database of an older version, with a case in it where that version did not know of an audit log.
func prepare(t *testing.T, db *sql.DB, dialect goose.Dialect, dir string, version int64) {
	t.Helper()
	provider, err := goose.NewProvider(dialect, db, os.DirFS(dir))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
	if version < firstAudited {
		_, err = db.ExecContext(t.Context(), `insert into cases (id, name, examiner, state, is_inbox, created_at, updated_at)
			values ('0660f4d8b04eeb56ced5f7c7', 'old', 'me', 'closed', 0, 1, 1)`)
		require.NoError(t, err)
	}
}
