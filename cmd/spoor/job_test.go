// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

// TestACancelledTraceIsShownAsThat stops a trace in its midst, cancels its job from the command line, and asks for it anew.
func TestACancelledTraceIsShownAsThat(t *testing.T) {
	dir := t.TempDir()
	home, film, leak := filepath.Join(dir, "home"), smallFilm(t, dir), filepath.Join(dir, "alice.mp4")
	spoor(t, home, "title", "add", film)
	spoor(t, home, "mark", "film", "--tag", "alice", "-o", leak)
	e, err := engine.Open(t.Context(), home)
	require.NoError(t, err)
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	inbox, err := e.Case(t.Context(), storage.Inbox)
	require.NoError(t, err)
	_, err = job.Do(ctx, job.New(e), job.Trace{Leak: leak, Case: inbox.ID, Method: "auto"}.Job(), nil,
		func(ctx context.Context, _ func(engine.Progress)) (engine.TraceResult, error) {
			tie := job.Tie(ctx, e)
			return e.Trace(ctx, engine.TraceOptions{Leak: leak, Begun: func(backtrace string) error {
				err := tie(backtrace)
				stop(errInterrupted)
				return err
			}})
		})
	require.Error(t, err)
	require.NoError(t, e.Close())

	exhibit := func() map[string]any {
		return spoor(t, home, "case", "show", "inbox")["exhibits"].([]any)[0].(map[string]any)
	}
	backtrace := func(i int) map[string]any { return exhibit()["backtraces"].([]any)[i].(map[string]any) }
	require.Equal(t, "PROCESSING", backtrace(0)["status"])
	paused := spoor(t, home, "job", "list")
	require.Equal(t, "paused", paused["state"])
	require.Equal(t, backtrace(0)["id"], paused["backtrace"])
	require.Equal(t, "cancelled", spoor(t, home, "job", "cancel", "3")["state"])
	require.Equal(t, "CANCELLED", backtrace(0)["status"])
	spoor(t, home, "trace", leak)
	require.Equal(t, "CANCELLED", backtrace(0)["status"])
	require.Equal(t, "SUCCESS", backtrace(1)["status"])
	var words bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"--home", home, "case", "show", "inbox"}, &terminal{out: &words, err: &words, bar: &bar{w: &words, width: func() int { return 80 }}}))
	require.Contains(t, words.String(), "cancelled before there was an answer")
}
