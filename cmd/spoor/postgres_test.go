// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/storage/postgrestest"
)

// TestEveryCommandWorksOnAServersTables goes the whole way with the tables on PostgreSQL, as a team server has them.
func TestEveryCommandWorksOnAServersTables(t *testing.T) {
	address := postgrestest.Start(t).NewDatabase(t)
	t.Setenv("SPOOR_DB", address)
	dir := t.TempDir()
	home, leak := filepath.Join(dir, "home"), filepath.Join(dir, "alice.mp4")
	spoor(t, home, "title", "add", smallFilm(t, dir))
	spoor(t, home, "mark", "film", "--tag", "alice", "-o", leak)
	spoor(t, home, "case", "new", "Leak")
	require.Equal(t, "found", spoor(t, home, "trace", leak, "--case", "Leak")["verdict"])
	require.Len(t, spoor(t, home, "case", "show", "Leak")["exhibits"], 1)
	require.Equal(t, "trace", spoor(t, home, "job", "list", "--all")["kind"])
	require.NotEmpty(t, spoor(t, home, "search", "alice"))
	spoor(t, home, "verify")
	require.NoFileExists(t, filepath.Join(home, "spoor.db"))
	require.Contains(t, fails(t, home, "backup", "create"), "pg_dump")

	exported := filepath.Join(dir, "leak.spoor")
	spoor(t, home, "case", "export", "Leak", "-o", exported)
	t.Setenv("SPOOR_DB", "")
	require.Contains(t, fails(t, home, "case", "list"), "if its tables are on a server, name that (--db)")
	second := filepath.Join(dir, "second")
	spoor(t, second, "case", "import", exported)
	require.Len(t, spoor(t, second, "case", "show", "Leak")["exhibits"], 1)
	require.Equal(t, "alice", spoor(t, home, "--db", address, "tag", "list", "film")["tag"])
}
