// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"strings"
	"sync"

	"spoor/storage"
)

// HitsEach is how many hits of each kind a search shows.
const HitsEach = 50

// Search is a search that follows what is typed: one question at a time is asked, and what was typed meanwhile is the next.
// An answer to what nobody asks any more is never shown.
type Search struct {
	find    func(ctx context.Context, words []string, each int) ([]storage.Hit, error)
	changed func()

	mu     sync.Mutex
	text   string // what is asked for
	cancel context.CancelFunc
	asking bool
	closed bool
	found  Found
	idle   sync.WaitGroup
}

// Found is the answer to a search.
type Found struct {
	Text   string // what was asked for; "" before anything was
	Groups []HitGroup
	Err    error
}

// HitGroup is the hits of one kind.
type HitGroup struct {
	Kind string // as [storage.Hit] has it
	Hits []storage.Hit
	More bool // there may be more than these
}

// NewSearch makes a search that asks find; changed is called when an answer is there.
func NewSearch(find func(ctx context.Context, words []string, each int) ([]storage.Hit, error), changed func()) *Search {
	return &Search{find: find, changed: changed}
}

// Ask searches for words, in place of what was asked for before.
func (s *Search) Ask(text string) {
	text = strings.Join(strings.Fields(text), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || text == s.text {
		return
	}
	s.text = text
	if s.asking {
		s.cancel() // its answer is for nobody
		return
	}
	s.begin()
}

// begin asks for what is wanted. The lock is held.
func (s *Search) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	s.asking, s.cancel = true, cancel
	text := s.text
	s.idle.Go(func() {
		defer cancel()
		s.answer(text, s.ask(ctx, text))
	})
}

func (s *Search) ask(ctx context.Context, text string) Found {
	f := Found{Text: text}
	if text == "" {
		return f
	}
	hits, err := s.find(ctx, strings.Fields(text), HitsEach)
	f.Groups, f.Err = grouped(hits), err
	return f
}

func (s *Search) answer(text string, f Found) {
	s.mu.Lock()
	s.asking = false
	switch {
	case s.closed:
	case text != s.text:
		s.begin()
	default:
		s.found = f
	}
	fresh := !s.closed && text == s.text
	s.mu.Unlock()
	if fresh {
		s.changed()
	}
}

// grouped puts hits of a kind together, in the order in which the kinds came.
func grouped(hits []storage.Hit) (groups []HitGroup) {
	place := map[string]int{}
	for _, h := range hits {
		i, ok := place[h.Kind]
		if !ok {
			i = len(groups)
			place[h.Kind] = i
			groups = append(groups, HitGroup{Kind: h.Kind})
		}
		groups[i].Hits = append(groups[i].Hits, h)
		groups[i].More = len(groups[i].Hits) >= HitsEach
	}
	return groups
}

// Found is the latest answer, and whether another is on its way.
func (s *Search) Found() (f Found, asking bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.found, s.asking
}

// Close ends what goes on and returns when it has. Nothing can be asked afterwards.
func (s *Search) Close() {
	s.mu.Lock()
	s.closed = true
	if s.asking {
		s.cancel()
	}
	s.mu.Unlock()
	s.idle.Wait()
}

// Excerpt is a part of a text, of at most so many characters, in which the first of the words stands where it occurs.
func Excerpt(text, words string, longest int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= longest {
		return string(runes)
	}
	from := 0
	if first := strings.Fields(words); len(first) > 0 {
		lower := strings.ToLower(string(runes))
		if i := strings.Index(lower, strings.ToLower(first[0])); i >= 0 {
			from = len([]rune(lower[:i])) - longest/3
		}
	}
	from = min(max(from, 0), len(runes)-longest)
	out := string(runes[from : from+longest])
	if from > 0 {
		out = "…" + out
	}
	if from+longest < len(runes) {
		out += "…"
	}
	return out
}
