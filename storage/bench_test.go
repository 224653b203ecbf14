// SPDX-License-Identifier: AGPL-3.0-or-later

package storage_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/storage"
	"spoor/storage/postgrestest"
)

// TestStoreBench measures a store with many backtraces, on both databases, and writes docs/measured/store.md. It runs
// only by `make bench-store`, which says how many.
func TestStoreBench(t *testing.T) {
	rows, _ := strconv.Atoi(os.Getenv("SPOOR_BENCH_ROWS"))
	out := os.Getenv("SPOOR_BENCH_PAGE")
	if rows == 0 || out == "" {
		t.Skip("runs by make bench-store")
	}
	var page strings.Builder
	fmt.Fprintf(&page, "# The store with %d backtraces\n\n", rows)
	fmt.Fprintf(&page, "Written by `make bench-store ROWS=%d`, on %s, %d cores, %s. Times in milliseconds, of single calls of the store's methods; "+
		"\"16 at once\" from 16 goroutines. The machine may be shared: read them beside each other.\n", rows, time.Now().UTC().Format(time.DateOnly),
		runtime.NumCPU(), runtime.Version())
	t.Run("SQLite", func(t *testing.T) { benchStore(t, &page, "SQLite", rows) })
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Setenv(testServer, postgrestest.Start(t).NewDatabase(t))
		benchStore(t, &page, "PostgreSQL", rows)
	})
	require.NoError(t, os.WriteFile(out, []byte(page.String()), 0o644))
}

// manyBacktraces makes rows by the database itself. They are not logged, which the bench does not look at.
const manyBacktraces = `with recursive n (i) as (select cast(1 as bigint) union all select i + 1 from n where i < cast($1 as bigint))
	insert into %s select %s from n`

func fillBacktraces(t *testing.T, db *sql.DB, rows int, evidenceID string) {
	t.Helper()
	hexed := `printf('%024x', i)`
	if os.Getenv(testServer) != "" {
		hexed = `lpad(to_hex(i), 24, '0')`
	}
	status := `case i % 5 when 0 then 'FAILURE' when 1 then 'QUEUED' else 'SUCCESS' end`
	for table, columns := range map[string]string{
		`team_backtraces (origin, id, input_name, pipeline_id, file_id, application_id, user_id, job_id, status, percentage, error_msg,
			error_code, extracted, findings, lower_tags, engine_id, created_at, updated_at, finished_at, version)`: `'', ` + hexed + `, 'leak-' || i || '.mp4', 'p', 'f', 'a', 'u', 'j', ` +
			status + `, 100, '', '', '[]', '[]', case when i % 5 > 1 then 'user-' || i || '@company-' || (i % 1000) else '' end, '', 1700000000000 + i * 7919 % 1000003,
			1700000000000 + i, 1, 1`,
		`backtraces (id, evidence_id, title_id, method, status, verdict, percentage, error_msg, error_code, params, params_hash, versions,
			best_score, frames_used, video_ms, elapsed_ms, threshold, created_at, updated_at, finished_at, version)`: hexed + `, '` + evidenceID +
			`', '', 'blind', ` + status + `, '', 100, '', '', '{}', 'x', '{}', 1.5, 10, 10, 10, -9, 1700000000000 + i * 7919 % 1000003, 1700000000000 + i, 1, 1`,
	} {
		_, err := db.ExecContext(t.Context(), fmt.Sprintf(manyBacktraces, table, columns), rows)
		require.NoError(t, err)
	}
	_, err := db.ExecContext(t.Context(), `insert into team_counts (origin, user_id, status, n)
		select origin, user_id, status, count(*) from team_backtraces group by origin, user_id, status`)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `analyze`)
	require.NoError(t, err)
}

// benched is one kind of call.
type benched struct {
	what    string
	times   int
	clients int
	call    func(ctx context.Context, i int) error
}

func benchStore(t *testing.T, page *strings.Builder, name string, rows int) {
	t.Helper()
	s := openNew(t)
	e := fill(t, s)
	title := addTitle(t, s, "big")
	_, err := s.AddTags(t.Context(), title.ID, tagSeq(0, min(rows, 1_000_000)))
	require.NoError(t, err)
	fillBacktraces(t, behind(t, s), rows, e.ID)
	fmt.Fprintf(page, "\n## %s\n\n| what | calls | p50 ms | p99 ms | most ms |\n|---|---|---|---|---|\n", name)
	random := rand.New(rand.NewPCG(1, 2))
	var mutex sync.Mutex
	number := func() int64 { mutex.Lock(); defer mutex.Unlock(); return random.Int64N(int64(rows)) }
	team := func(q storage.TeamQuery) func(context.Context, int) error {
		return func(ctx context.Context, _ int) error {
			q := q
			q.UserID = "u"
			_, _, err := s.TeamBacktraces(ctx, q)
			return err
		}
	}
	for _, b := range []benched{
		{"list 100 after a random one (keyset)", 300, 1, func(ctx context.Context, _ int) error {
			_, err := s.Backtraces(ctx, storage.Page{After: fmt.Sprintf("%024x", number()), Limit: 100})
			return err
		}},
		{"list 100 of a status after a random one (keyset)", 300, 1, func(ctx context.Context, _ int) error {
			_, err := s.BacktracesByStatus(ctx, storage.Failure, storage.Page{After: fmt.Sprintf("%024x", number()), Limit: 100})
			return err
		}},
		{"API: list 100, newest first", 300, 1, team(storage.TeamQuery{Sort: "created_at", Descending: true, Slice: storage.Slice{Limit: 100}})},
		{"API: list 100, newest first, of a status, 16 at once", 800, 16, team(storage.TeamQuery{Sort: "created_at", Descending: true, Status: "FAILURE", Slice: storage.Slice{Limit: 100}})},
		{"API: list 1000, newest first, of a status, 16 at once", 320, 16, team(storage.TeamQuery{Sort: "created_at", Descending: true, Status: "SUCCESS", Slice: storage.Slice{Limit: 1000}})},
		{"API: a tag that many have a part of, 100", 20, 1, team(storage.TeamQuery{Tag: "company-77", Slice: storage.Slice{Limit: 100}})},
		{"API: a tag that one has", 20, 1, team(storage.TeamQuery{Tag: "user-77777@", Slice: storage.Slice{Limit: 100}})},
		{"search one word in everything, as many tags too", 10, 1, func(ctx context.Context, _ int) error {
			_, err := s.Search(ctx, []string{"user-77777"}, 20)
			return err
		}},
		{"tag by its text", 300, 1, func(ctx context.Context, _ int) error {
			_, err := s.Tag(ctx, title.ID, tagName(int(number())))
			return err
		}},
		{"insert a backtrace, with its entry in the audit log, on the disk", 300, 1, func(ctx context.Context, _ int) error {
			b := storage.Backtrace{EvidenceID: e.ID, Method: "auto", Params: json.RawMessage(`{}`)}
			return s.AddBacktrace(ctx, &b)
		}},
	} {
		took := make([]time.Duration, b.times)
		var group sync.WaitGroup
		for c := range b.clients {
			group.Go(func() {
				for i := c; i < b.times; i += b.clients {
					begun := time.Now()
					if err := b.call(t.Context(), i); err != nil {
						t.Errorf("%s: %v", b.what, err)
					}
					took[i] = time.Since(begun)
				}
			})
		}
		group.Wait()
		slices.Sort(took)
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		fmt.Fprintf(page, "| %s | %d | %.2f | %.2f | %.2f |\n", b.what, b.times, ms(took[b.times/2]), ms(took[b.times*99/100]), ms(took[b.times-1]))
	}
	if info, err := os.Stat(filepath.Join(s.Home(), "spoor.db")); err == nil {
		fmt.Fprintf(page, "\nThe file has %d MB.\n", info.Size()>>20)
	}
}
