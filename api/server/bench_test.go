// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/api/wire"
	"spoor/storage"
)

// TestAPIBench asks for pages of many backtraces, sorted and filtered, from 16 clients at once, and writes docs/measured/api.md. It runs
// only by `make bench-api`, which says how many.
func TestAPIBench(t *testing.T) {
	rows, _ := strconv.Atoi(os.Getenv("SPOOR_BENCH_ROWS"))
	out := os.Getenv("SPOOR_BENCH_PAGE")
	if rows == 0 || out == "" {
		t.Skip("runs by make bench-api")
	}
	home := filepath.Join(t.TempDir(), "home")
	store, err := storage.Open(t.Context(), home)
	require.NoError(t, err)
	defer store.Close()
	u, err := store.EnsureUser(t.Context(), "owner")
	require.NoError(t, err)
	fill(t, home, u.ID, rows)
	secret, hash := server.NewSecret()
	app := storage.Application{Name: "bench", UserID: u.ID, SecretHash: hash, Scopes: []string{"mediahub"}}
	require.NoError(t, store.AddApplication(t.Context(), &app))
	s, err := server.New(t.Context(), server.Config{Store: store, Tracer: &scripted{}, Rate: 1e6})
	require.NoError(t, err)
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	token := tokenOf(t, web.URL, app.ID, secret)
	var page strings.Builder
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Fprintf(&page, "# The API with %d backtraces\n\nWritten by `make bench-api ROWS=%d`, on %s, %d cores, %s; load of the machine before: %s. "+
		"16 clients in the same process ask one after the other over HTTP on this machine, JSON, SQLite. Processor time is that of server and clients "+
		"together, for each answer.\n\n| what | answers | p50 ms | p99 ms | most ms | processor ms |\n|---|---|---|---|---|---|\n",
		rows, rows, time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), strings.Join(strings.Fields(string(load))[:1], ""))
	for _, c := range benched() {
		ask(t, web.URL+c.path, token, min(16, c.answers/8)) // so that nothing is read for the first time
		before := spent()
		took := ask(t, web.URL+c.path, token, c.answers)
		each := (spent() - before) / time.Duration(c.answers)
		fmt.Fprintf(&page, "| %s | %d | %s | %s | %s | %s |\n", c.what, c.answers, millis(took[len(took)/2]), millis(took[len(took)*99/100]),
			millis(took[len(took)-1]), millis(each))
	}
	fmt.Fprintf(&page, "\nWanted: 100 of 1,000,000, sorted and filtered, p99 below 50 ms.\n")
	require.NoError(t, os.WriteFile(out, []byte(page.String()), 0o644))
}

func benched() []struct {
	what, path string
	answers    int
} {
	const list = "/v1/backtraces?limit=100"
	return []struct {
		what, path string
		answers    int
	}{
		{"the shortest answer there is", "/healthz", 800},
		{"100, newest first", list + "&sort=created_at&direction=-1", 800},
		{"100 of a status, newest first", list + "&sort=created_at&direction=-1&status=SUCCESS", 800},
		{"100 of a status, changed last first", list + "&sort=updated_at&direction=-1&status=SUCCESS", 800},
		{"100 from the 50,000th on, by change", list + "&sort=updated_at&start=50000", 400},
		{"100 by the time they were finished", list + "&sort=finished_at&direction=-1", 800},
		{"100 by the name of the input", list + "&sort=input_name", 800},
		{"100 by a key that has no index", list + "&sort=error_msg", 16},
		{"100 with a part of a tag that very many have, newest first", list + "&sort=created_at&direction=-1&extracted_data.autograph_tag=ser-", 16},
		{"with a part of a tag that one has", list + "&extracted_data.autograph_tag=user-77777", 16},
	}
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }

// spent is the processor time of this process.
func spent() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func fill(b *testing.T, home, user string, rows int) {
	b.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(home, "spoor.db"))
	require.NoError(b, err)
	defer db.Close()
	_, err = db.ExecContext(b.Context(), `with recursive n (i) as (select 1 union all select i + 1 from n where i < $1)
		insert into team_backtraces select '', printf('%024x', i), 'leak-' || i || '.mp4', '', '', '', $2, '',
		case i % 5 when 0 then 'FAILURE' else 'SUCCESS' end, 100, '', '', '{"extracted_data":[{"autograph_tag":"user-' || i || '","access_stats":[]}]}',
		'', 'user-' || i, '', 1436247512758 + (i * 7919) % 1000003, 1436247512758 + i, 1436247512758 + i, 1 from n`, rows, user)
	require.NoError(b, err)
	_, err = db.ExecContext(b.Context(), `insert into team_counts select origin, user_id, status, count(*) from team_backtraces group by 1, 2, 3`)
	require.NoError(b, err)
}

func tokenOf(b *testing.T, url, id, secret string) string {
	b.Helper()
	got, err := http.PostForm(url+"/v1/oauth2/token", map[string][]string{
		"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret},
	})
	require.NoError(b, err)
	defer got.Body.Close()
	tree, err := wire.ParseJSON(got.Body)
	require.NoError(b, err)
	token, err := wire.ReadToken(tree)
	require.NoError(b, err)
	return token.Access
}

// ask sends so many requests from 16 clients, and returns how long each took, sorted.
func ask(t *testing.T, address, token string, answers int) []time.Duration {
	t.Helper()
	const clients = 16
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	took := make([]time.Duration, answers)
	next := make(chan int)
	var all sync.WaitGroup
	faults := make(chan error, clients)
	for range clients {
		all.Go(func() {
			for i := range next {
				begun := time.Now()
				if err := once(t.Context(), client, address, token); err != nil {
					faults <- err
					return
				}
				took[i] = time.Since(begun)
			}
		})
	}
	for i := range answers {
		select {
		case next <- i:
		case err := <-faults:
			require.NoError(t, err)
		}
	}
	close(next)
	all.Wait()
	slices.Sort(took)
	return took
}

func once(ctx context.Context, client *http.Client, address, token string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := client.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if _, err := io.Copy(io.Discard, got.Body); err != nil || got.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d: %w", got.StatusCode, err)
	}
	return nil
}
