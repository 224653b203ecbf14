// SPDX-License-Identifier: AGPL-3.0-or-later

package server_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/api/server"
	"spoor/storage"
	"spoor/storage/postgrestest"
)

// Two servers on one PostgreSQL database share the work: each backtrace is worked out once, and what one leaves undone the
// other does.
func TestTwoServersOnOneDatabase(t *testing.T) {
	address := postgrestest.Start(t).NewDatabase(t)
	dir := t.TempDir()
	open := func(name string) *storage.Store {
		s, err := storage.Open(t.Context(), filepath.Join(dir, name), storage.WithDatabase(address))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	first, second := open("first"), open("second")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "movie.mp4"), []byte("film"), 0o600))
	pipeline := storage.Pipeline{Name: "studio", Input: dir}
	require.NoError(t, first.AddPipeline(t.Context(), &pipeline))
	const many = 12
	for i := range many {
		b := storage.TeamBacktrace{InputName: "movie.mp4", PipelineID: pipeline.ID, JobID: fmt.Sprint(i), Status: storage.Queued}
		require.NoError(t, first.AddTeamBacktrace(t.Context(), &b))
	}

	var mu sync.Mutex
	traced := map[string]int{} // by title
	work := func(s *storage.Store, does func(context.Context, server.Job) (server.Outcome, error)) (end func()) {
		tracer := &scripted{}
		tracer.does(does)
		web, err := server.New(t.Context(), server.Config{Store: s, Tracer: tracer, Local: true, Workers: 2})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- web.Work(ctx) }()
		return func() {
			stop()
			require.ErrorIs(t, <-done, context.Canceled)
		}
	}
	begun := make(chan struct{}, many)
	stuck := work(first, func(ctx context.Context, _ server.Job) (server.Outcome, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return server.Outcome{}, ctx.Err()
	})
	<-begun // both workers of the first are stuck with one each
	<-begun
	end := work(second, func(_ context.Context, j server.Job) (server.Outcome, error) {
		mu.Lock()
		defer mu.Unlock()
		traced[j.Title]++
		return names("somebody"), nil
	})
	left := func() int {
		open, err := second.OpenTeamBacktraces(t.Context(), 100)
		require.NoError(t, err)
		return len(open)
	}
	require.Eventually(t, func() bool { return left() == 2 }, waitLong, waitStep)
	stuck()
	require.Eventually(t, func() bool { return left() == 0 }, waitLong, waitStep)
	end()
	require.Len(t, traced, many)
	for title, times := range traced {
		require.Equal(t, 1, times, title)
	}
}
