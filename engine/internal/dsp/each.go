// SPDX-License-Identifier: AGPL-3.0-or-later

package dsp

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Each calls f(worker, i) for every i below n on at most GOMAXPROCS goroutines and returns when all calls are
// done. worker is below Workers(n), so that each goroutine can have scratch memory of its own. Which worker
// gets which i is left open: to stay deterministic f must write only to places that belong to i.
func Each(n int, f func(worker, i int)) {
	workers := Workers(n)
	if workers <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(w, i)
			}
		})
	}
	wg.Wait()
}

// Workers returns how many goroutines Each uses for n calls.
func Workers(n int) int {
	return min(n, runtime.GOMAXPROCS(0))
}
