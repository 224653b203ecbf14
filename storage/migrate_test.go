// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"spoor/storage"
)

const firstAudited = 5 // the schema from which on the audit log knows every row

// A home of every earlier version opens, keeps what is in it, and is answered for by the audit log from then on.
func TestMigrationFromEveryVersion(t *testing.T) {
	files, err := filepath.Glob("migrations/sqlite/*.sql")
	require.NoError(t, err)
	for version := 1; version <= len(files); version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			home := filepath.Join(t.TempDir(), "home")
			require.NoError(t, os.Mkdir(home, 0o700))
			db := rawDB(t, home)
			provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations/sqlite"))
			require.NoError(t, err)
			_, err = provider.UpTo(t.Context(), int64(version))
			require.NoError(t, err)
			if version < firstAudited {
				_, err = db.ExecContext(t.Context(), `insert into cases (id, name, examiner, state, is_inbox, created_at, updated_at)
					values ('0660f4d8b04eeb56ced5f7c7', 'old', 'me', 'closed', 0, 1, 1)`)
				require.NoError(t, err)
			}
			s := openAt(t, home)
			if version < firstAudited {
				c, err := s.Case(t.Context(), "old")
				require.NoError(t, err)
				require.Equal(t, storage.CaseClosed, c.State)
			}
			fill(t, s)
			requireSound(t, s)
		})
	}
}
