// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"spoor/engine"
)

// bar is a line at the bottom of a terminal that says how far the work is.
type bar struct {
	w     io.Writer
	width func() int

	mu    sync.Mutex
	shown bool
}

// show replaces the line.
func (b *bar) show(p engine.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shown = true
	fmt.Fprintf(b.w, "\r%s\x1b[K", barLine(p, b.width()-1))
}

// clear removes the line.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
	b.shown = false
}

// barLine is one line of progress, at most so many characters.
func barLine(p engine.Progress, width int) string {
	stage := []rune(safe(p.Stage))
	right := " ..."
	if p.Total > 0 {
		share := float64(p.Done) / float64(p.Total)
		const cells = 20
		full := int(share * cells)
		right = fmt.Sprintf(" [%s%s] %3.0f %%", strings.Repeat("#", full), strings.Repeat(".", cells-full), 100*share)
		if p.Left > 0 {
			right += "  " + left(p.Left) + " left"
		}
	}
	if room := max(width-len(right), 0); len(stage) > room {
		stage = stage[:room]
	}
	line := []rune(string(stage) + right)
	return string(line[:min(len(line), width)])
}

// left is a duration as one says it.
func left(d time.Duration) string {
	s := int(d.Seconds() + 0.5)
	switch {
	case s >= 3600:
		return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
	case s >= 60:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return fmt.Sprintf("%d s", max(s, 1))
}
