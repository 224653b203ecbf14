// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"sync"
)

// History remembers what was done at the desk and can be taken back. What is on record stays on record: taking back is one
// more change, which the audit log has as well.
type History struct {
	changed func()

	mu    sync.Mutex
	steps []step
}

type step struct {
	name string
	back func(context.Context) error
}

// keptSteps are the steps that are remembered.
const keptSteps = 100

// NewHistory makes an empty history. changed is called whenever another step is the last one.
func NewHistory(changed func()) *History { return &History{changed: changed} }

// Did remembers a step, by what was done in words, and how it is taken back.
func (h *History) Did(name string, back func(context.Context) error) {
	h.mu.Lock()
	h.steps = append(h.steps, step{name, back})
	if len(h.steps) > keptSteps {
		h.steps = h.steps[1:]
	}
	h.mu.Unlock()
	h.changed()
}

// Last is what would be taken back, "" where there is nothing.
func (h *History) Last() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.steps) == 0 {
		return ""
	}
	return h.steps[len(h.steps)-1].name
}

// Undo takes the last step back. One that cannot be taken back any more is forgotten, and the error says why. It returns
// what was taken back, "" where there was nothing.
func (h *History) Undo(ctx context.Context) (string, error) {
	h.mu.Lock()
	if len(h.steps) == 0 {
		h.mu.Unlock()
		return "", nil
	}
	last := h.steps[len(h.steps)-1]
	h.steps = h.steps[:len(h.steps)-1]
	h.mu.Unlock()
	h.changed()
	return last.name, last.back(ctx)
}
