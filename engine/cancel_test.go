// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/storage"
)

// A trace whose context ends stays open and is gone on with; one that is cancelled is on record as that, and another begins anew.
func TestStoppedTracesStayOpenAndCancelledOnesEnd(t *testing.T) {
	e, dir := withTitle(t)
	out := filepath.Join(dir, "alice.mp4")
	_, err := e.Mark(t.Context(), engine.MarkOptions{Title: "small", Orders: order("alice", out), Encoder: fast()})
	require.NoError(t, err)
	trace := func(cause error) (id string, err error) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		_, err = e.Trace(ctx, engine.TraceOptions{Leak: out, Begun: func(backtrace string) error {
			id = backtrace
			if cause != nil {
				cancel(cause)
			}
			return nil
		}})
		return id, err
	}
	status := func(id string) storage.Status {
		b, err := e.Store().Backtrace(t.Context(), id)
		require.NoError(t, err)
		return b.Status
	}
	stopped, err := trace(errStop)
	require.Error(t, err)
	require.Equal(t, storage.Processing, status(stopped))
	cancelled, err := trace(engine.ErrCancelled)
	require.Error(t, err)
	require.Equal(t, stopped, cancelled, "it went on with the one that was stopped")
	require.Equal(t, storage.Cancelled, status(cancelled))
	begun := time.Now().Truncate(time.Millisecond)
	again, err := trace(nil)
	require.NoError(t, err)
	require.NotEqual(t, cancelled, again)
	require.Equal(t, storage.Success, status(again))

	// Who asked for it and died before he could say so gets that answer; who asks anew gets another.
	first, err := e.Trace(t.Context(), engine.TraceOptions{Leak: out, Since: begun})
	require.NoError(t, err)
	require.Equal(t, again, first.Backtrace)
	require.Equal(t, "found", first.Verdict)
	require.Equal(t, "alice", first.Findings[0].Tag)
	require.Equal(t, out, first.Leak)
	second, err := e.Trace(t.Context(), engine.TraceOptions{Leak: out, Since: time.Now().Add(time.Minute)})
	require.NoError(t, err)
	require.NotEqual(t, again, second.Backtrace)
	first.Backtrace, first.ElapsedMS = second.Backtrace, second.ElapsedMS
	require.Equal(t, second, first, "the same leak, the same numbers")
}
