// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import "sync"

// Question is something that work has to know from the person at the desk. The zero value is ready; nobody answers before
// Serve was called.
type Question struct {
	mu    sync.Mutex
	serve func(answer func(string))
	ended chan struct{}
}

// Serve says who puts the question to the person; answer is to be called once, from any goroutine.
func (q *Question) Serve(put func(answer func(string))) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.serve, q.ended = put, make(chan struct{})
}

// Ask puts the question and waits for the answer; "" where nobody answers, or Close is called meanwhile.
func (q *Question) Ask() string {
	q.mu.Lock()
	put, ended := q.serve, q.ended
	q.mu.Unlock()
	if put == nil {
		return ""
	}
	answers := make(chan string, 1)
	put(func(text string) {
		select {
		case answers <- text:
		default: // it was answered already
		}
	})
	select {
	case text := <-answers:
		return text
	case <-ended:
		return ""
	}
}

// Close lets nobody wait any longer.
func (q *Question) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.serve != nil {
		q.serve = nil
		close(q.ended)
	}
}
