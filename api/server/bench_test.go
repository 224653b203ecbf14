// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/api/wire"
	"spoor/storage"
)

// BenchmarkList asks for 100 of 1,000,000 backtraces, sorted and filtered, from 16 clients at once, and prints the times that half
// and 99 of 100 answers took, beside those of the shortest answer there is.
//
//	go test -tags sqlite_fts5 ./api/server -run '^$' -bench List -benchtime 2000x
func BenchmarkList(b *testing.B) {
	home := filepath.Join(b.TempDir(), "home")
	store, err := storage.Open(b.Context(), home)
	require.NoError(b, err)
	defer store.Close()
	u, err := store.EnsureUser(b.Context(), "owner")
	require.NoError(b, err)
	fill(b, home, u.ID, 1_000_000)
	secret, hash := server.NewSecret()
	app := storage.Application{Name: "bench", UserID: u.ID, SecretHash: hash, Scopes: []string{"mediahub"}}
	require.NoError(b, store.AddApplication(b.Context(), &app))
	s, err := server.New(b.Context(), server.Config{Store: store, Tracer: &scripted{}})
	require.NoError(b, err)
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	token := tokenOf(b, web.URL, app.ID, secret)
	for _, c := range []struct{ name, path string }{
		{"shortest", "/healthz"},
		{"newest", "/v1/backtraces?limit=100&sort=created_at&direction=-1"},
		{"filtered", "/v1/backtraces?limit=100&sort=created_at&direction=-1&status=SUCCESS"},
		{"deep", "/v1/backtraces?limit=100&sort=updated_at&start=50000"},
	} {
		b.Run(c.name, func(b *testing.B) { ask(b, web.URL+c.path, token) })
	}
}

func fill(b *testing.B, home, user string, rows int) {
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

func tokenOf(b *testing.B, url, id, secret string) string {
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

// ask sends b.N requests from 16 clients.
func ask(b *testing.B, address, token string) {
	b.Helper()
	const clients = 16
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	took := make([]time.Duration, b.N)
	next := make(chan int)
	var all sync.WaitGroup
	faults := make(chan error, clients)
	for range clients {
		all.Go(func() {
			for i := range next {
				begun := time.Now()
				if err := once(b.Context(), client, address, token); err != nil {
					faults <- err
					return
				}
				took[i] = time.Since(begun)
			}
		})
	}
	b.ResetTimer()
	for i := range b.N {
		select {
		case next <- i:
		case err := <-faults:
			b.Fatal(err)
		}
	}
	close(next)
	all.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
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
