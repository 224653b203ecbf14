// SPDX-License-Identifier: AGPL-3.0-or-later

package engine_test

import (
	"context"
	"path/filepath"
	"testing"

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
	again, err := trace(nil)
	require.NoError(t, err)
	require.NotEqual(t, cancelled, again)
	require.Equal(t, storage.Success, status(again))
}
