// SPDX-License-Identifier: AGPL-3.0-or-later

package desk_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/ui/desk"
)

// bell rings at every change; wait returns at the first one after which a condition holds.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

func (b bell) wait(holds func() bool) {
	for !holds() {
		<-b
	}
}

func states(w *desk.Work) (out []desk.State) {
	for _, j := range w.Jobs() {
		out = append(out, j.State)
	}
	return out
}

func TestWorkRunsOneAfterTheOther(t *testing.T) {
	changes := newBell()
	w := desk.NewWork(changes.ring)
	defer w.Close()
	broken := errors.New("broken")
	gate, begun := make(chan struct{}), make(chan int, 3)
	for i, err := range []error{nil, broken, nil} {
		w.Add("job", func(_ context.Context, report func(engine.Progress)) error {
			begun <- i
			report(engine.Progress{Stage: "stage", Done: 1, Total: 4})
			<-gate
			return err
		})
	}
	require.Equal(t, 0, <-begun)
	changes.wait(func() bool { j, _, _ := w.Current(); return j.Share() == 0.25 })
	_, waiting, busy := w.Current()
	require.True(t, busy)
	require.Equal(t, 2, waiting)
	require.Empty(t, begun, "the second must not begin before the first has ended")
	close(gate)
	changes.wait(func() bool { _, _, busy := w.Current(); return !busy })
	require.Equal(t, []desk.State{desk.Done, desk.Broken, desk.Done}, states(w))
	require.ErrorIs(t, w.Jobs()[1].Err, broken)
	require.InDelta(t, 1, w.Jobs()[0].Share(), 0)
}

func TestWorkStops(t *testing.T) {
	changes := newBell()
	w := desk.NewWork(changes.ring)
	defer w.Close()
	endless := func(ctx context.Context, _ func(engine.Progress)) error {
		<-ctx.Done()
		return ctx.Err()
	}
	first, second, third := w.Add("a", endless), w.Add("b", endless), w.Add("c", endless)
	w.Stop(second)
	w.Stop(first)
	changes.wait(func() bool { j, _, _ := w.Current(); return j.ID == third })
	require.Equal(t, []desk.State{desk.Stopped, desk.Stopped, desk.Running}, states(w))
	require.NoError(t, w.Jobs()[0].Err, "what was stopped has not failed")
}

func TestWorkPauses(t *testing.T) {
	changes := newBell()
	w := desk.NewWork(changes.ring)
	defer w.Close()
	w.Pause(true)
	w.Add("a", func(context.Context, func(engine.Progress)) error { return nil })
	require.Equal(t, []desk.State{desk.Waiting}, states(w))
	require.True(t, w.Paused())
	w.Pause(false)
	changes.wait(func() bool { return states(w)[0] == desk.Done })
}

func TestClosedWorkTakesNothing(t *testing.T) {
	w := desk.NewWork(func() {})
	running := make(chan struct{})
	w.Add("a", func(ctx context.Context, _ func(engine.Progress)) error {
		close(running)
		<-ctx.Done()
		return ctx.Err()
	})
	w.Add("b", func(context.Context, func(engine.Progress)) error { return nil })
	<-running
	w.Close()
	require.Equal(t, []desk.State{desk.Stopped, desk.Stopped}, states(w))
	require.Empty(t, w.Add("c", func(context.Context, func(engine.Progress)) error { return nil }))
	require.Len(t, w.Jobs(), 2)
}

func TestWorkForgetsWhatIsLongOver(t *testing.T) {
	changes := newBell()
	w := desk.NewWork(changes.ring)
	defer w.Close()
	for range 300 {
		w.Add("job", func(context.Context, func(engine.Progress)) error { return nil })
	}
	changes.wait(func() bool { _, waiting, busy := w.Current(); return !busy && waiting == 0 })
	last := w.Add("job", func(context.Context, func(engine.Progress)) error { return nil })
	jobs := w.Jobs()
	require.LessOrEqual(t, len(jobs), 201)
	require.Equal(t, last, jobs[len(jobs)-1].ID)
}
