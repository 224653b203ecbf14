// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"sync"
)

// Memo keeps answers by what was asked for, until it is told to forget them. An error is no answer.
type Memo[K comparable, V any] struct {
	ask func(context.Context, K) (V, error)

	mu      sync.Mutex
	answers map[K]V
	turn    int // counts forgettings, so that an answer to a question from before is not kept
}

// NewMemo makes an empty memo of what ask answers.
func NewMemo[K comparable, V any](ask func(context.Context, K) (V, error)) *Memo[K, V] {
	return &Memo[K, V]{ask: ask, answers: map[K]V{}}
}

// Get returns the answer that is kept, or asks.
func (m *Memo[K, V]) Get(ctx context.Context, key K) (V, error) {
	m.mu.Lock()
	known, ok := m.answers[key]
	turn := m.turn
	m.mu.Unlock()
	if ok {
		return known, nil
	}
	got, err := m.ask(ctx, key)
	if err != nil {
		return got, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if turn == m.turn {
		m.answers[key] = got
	}
	return got, nil
}

// Forget drops all answers.
func (m *Memo[K, V]) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn++
	clear(m.answers)
}
