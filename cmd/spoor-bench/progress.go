// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// progress tells on standard error how much of a measurement is done and how long the rest may take.
type progress struct {
	mu    sync.Mutex
	all   int
	done  int
	fresh int // of these, not kept from an earlier run
	begun time.Time
}

func newProgress(all int) *progress { return &progress{all: all, begun: time.Now()} }

// step counts a piece of work that is done; what was kept from an earlier run says nothing about the time.
func (p *progress) step(what string, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if !fresh {
		return
	}
	p.fresh++
	left := time.Since(p.begun) / time.Duration(p.fresh) * time.Duration(p.all-p.done)
	fmt.Fprintf(os.Stderr, "[%d of %d, %s left] %s\n", p.done, p.all, left.Round(time.Second), what)
}
