// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"sync/atomic"

	"fyne.io/fyne/v2"
)

// onWindow runs f on the window's goroutine, soon. It is the only way there.
func onWindow(f func()) { fyne.Do(f) }

// refresher calls a function on the window's goroutine whenever it is asked to, but never more than once for any number
// of calls that come before it got there.
type refresher struct {
	waiting atomic.Bool
	do      func()
}

// ask makes the function be called soon.
func (r *refresher) ask() {
	if r.waiting.CompareAndSwap(false, true) {
		onWindow(func() {
			r.waiting.Store(false)
			r.do()
		})
	}
}

// background runs get on another goroutine and show, with what came of it, on the window's. Its context ends when the
// window closes.
func background[T any](w *Window, get func(context.Context) (T, error), show func(T, error)) {
	w.busy.Go(func() {
		got, err := get(w.ctx)
		if w.ctx.Err() == nil {
			onWindow(func() { show(got, err) })
		}
	})
}
