// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"spoor/engine/code"
	"spoor/storage"
)

// registryOnly is a home with a title that has a key and no film.
func registryOnly(t *testing.T) (*Engine, storage.Title) {
	t.Helper()
	e, err := Open(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	title := storage.Title{ID: storage.NewID(), Name: "film", SHA256: fmt.Sprintf("%064d", 1)}
	key, err := e.store.NewTitleKey(title.ID)
	require.NoError(t, err)
	require.NoError(t, e.store.AddTitle(t.Context(), &title, key))
	return e, title
}

func tagsNamed(from, to int) func(yield func(storage.Tag, error) bool) {
	return func(yield func(storage.Tag, error) bool) {
		for n := from; n <= to && yield(storage.Tag{Text: fmt.Sprintf("tag-%d", n)}, nil); n++ {
			continue
		}
	}
}

func TestTagsAreBoundWhenTheyAreIssued(t *testing.T) {
	e, title := registryOnly(t)
	for _, batch := range [][2]int{{1, 3}, {4, 4}, {4, 4}, {5, 5000}, {5001, 5001}} { // beyond what is tidied up
		_, err := e.AddTags(t.Context(), title.ID, tagsNamed(batch[0], batch[1]))
		require.NoError(t, err)
	}
	bound, err := e.Store().Commitments(t.Context(), title.ID)
	require.NoError(t, err)
	var sizes []int64
	for _, c := range bound {
		sizes = append(sizes, c.Tags)
	}
	require.Equal(t, []int64{3, 4, 5000, 5001}, sizes, "one for each time that tags came")

	used, openings, err := e.Commit(t.Context(), title.ID, []int64{2, 4, 4999})
	require.NoError(t, err)
	require.Len(t, used, 3)
	for i, o := range openings {
		require.Equal(t, []int64{3, 4, 5000}[i], o.Bound, "the oldest that has it")
		root, err := tlog.ParseHash(used[i].Root)
		require.NoError(t, err)
		proof := make(tlog.RecordProof, len(o.Proof))
		for k, text := range o.Proof {
			proof[k], err = tlog.ParseHash(text)
			require.NoError(t, err)
		}
		leaf := tlog.RecordHash(code.Leaf(o.Ordinal, o.Salt, o.TagHash, &o.Word))
		require.NoError(t, tlog.CheckRecord(proof, o.Bound, root, o.Ordinal-1, leaf))
	}

	entries, err := e.AuditEntries(t.Context(), 0, 1000)
	require.NoError(t, err)
	named := map[string]bool{}
	for _, entry := range entries {
		for _, row := range entry.Rows {
			named[row.Table+" "+row.File] = true
		}
	}
	for _, c := range bound {
		require.True(t, named["commitments "+c.SHA256], "the audit log names the root")
	}
	v, err := e.Verify(t.Context(), "", nil)
	require.NoError(t, err)
	require.Empty(t, v.Faults)
}

func TestARegistryThatIsNotWhatWasBoundIsRefused(t *testing.T) {
	e, title := registryOnly(t)
	_, err := e.AddTags(t.Context(), title.ID, tagsNamed(1, 9))
	require.NoError(t, err)
	db, err := sql.Open("sqlite3", filepath.Join(e.Home(), "spoor.db"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `update tags set text = 'somebody' where ordinal = 5`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	_, _, err = e.Commit(t.Context(), title.ID, []int64{1})
	require.Equal(t, storage.Damaged, storage.CodeOf(err))
	require.ErrorContains(t, err, "not those that were bound")
}

func TestEntriesOfTheAuditLogAreProved(t *testing.T) {
	e, title := registryOnly(t)
	_, err := e.AddTags(t.Context(), title.ID, tagsNamed(1, 2))
	require.NoError(t, err)
	entries, err := e.AuditEntries(t.Context(), 0, 1000)
	require.NoError(t, err)
	for n := range entries {
		p, err := e.Store().ProveEntry(t.Context(), int64(n))
		require.NoError(t, err)
		require.Contains(t, p.Entry, entries[n].Action)
		require.NotEmpty(t, p.Head)
		require.Nil(t, p.Token)
	}
	_, err = e.Store().ProveEntry(t.Context(), int64(len(entries)))
	require.Error(t, err)
}
