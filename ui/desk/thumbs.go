// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"image"
	"slices"
	"sync"
	"time"
)

// Thumbs are small pictures of exhibits, made one after the other when they are looked at, those that were looked at last first.
type Thumbs struct {
	load    func(ctx context.Context, id string, at time.Duration) (image.Image, error)
	changed func()
	end     context.CancelFunc
	ctx     context.Context //nolint:containedctx // of all that is being made: it ends with Close
	idle    sync.WaitGroup

	mu      sync.Mutex
	made    map[string]image.Image // nil where there is none to be had
	order   []string               // of made, the oldest first
	wanted  []wantedThumb          // the most wanted last
	working bool
}

type wantedThumb struct {
	id string
	at time.Duration
}

const (
	thumbsKept   = 500 // a few megabytes
	thumbsWanted = 60  // more than a screen shows; what was scrolled past is not made
)

// NewThumbs makes pictures with load, the one of an exhibit at a time. changed is called whenever one was made.
func NewThumbs(load func(ctx context.Context, id string, at time.Duration) (image.Image, error), changed func()) *Thumbs {
	t := &Thumbs{load: load, changed: changed, made: map[string]image.Image{}}
	t.ctx, t.end = context.WithCancel(context.Background())
	return t
}

// Get is the picture of an exhibit at a time; nil where it is still to be made, which this asks for, or cannot be.
func (t *Thumbs) Get(id string, at time.Duration) image.Image {
	t.mu.Lock()
	defer t.mu.Unlock()
	if img, ok := t.made[id]; ok || t.ctx.Err() != nil {
		return img
	}
	t.wanted = slices.DeleteFunc(t.wanted, func(w wantedThumb) bool { return w.id == id })
	t.wanted = append(t.wanted, wantedThumb{id, at})
	if len(t.wanted) > thumbsWanted {
		t.wanted = t.wanted[1:]
	}
	if !t.working {
		t.working = true
		t.idle.Go(t.work)
	}
	return nil
}

// work makes what is wanted until nothing is.
func (t *Thumbs) work() {
	for {
		t.mu.Lock()
		n := len(t.wanted)
		if n == 0 || t.ctx.Err() != nil {
			t.working = false
			t.mu.Unlock()
			return
		}
		next := t.wanted[n-1]
		t.wanted = t.wanted[:n-1]
		t.mu.Unlock()
		img, err := t.load(t.ctx, next.id, next.at)
		if err != nil {
			img = nil // what a file shows that cannot be read, its examination tells
		}
		t.keep(next.id, img)
		t.changed()
	}
}

func (t *Thumbs) keep(id string, img image.Image) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made[id] = img
	t.order = append(t.order, id)
	if len(t.order) > thumbsKept {
		delete(t.made, t.order[0])
		t.order = t.order[1:]
	}
}

// Close gives up what is being made and returns when nothing is.
func (t *Thumbs) Close() {
	t.end()
	t.idle.Wait()
}
