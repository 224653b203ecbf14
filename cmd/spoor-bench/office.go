// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"sync"

	"spoor/engine"
	"spoor/storage"
)

// mostRecipients is how many people have a copy of each title.
const mostRecipients = 5

func recipient(n int) string { return fmt.Sprintf("recipient-%d", n) }

// office is a home with the clips as titles, their registries, and the copies and leaks made of them.
type office struct {
	w      *workshop
	e      *engine.Engine
	leaks  *leakTool
	base   string // folder of the home, the copies and the leaks
	tags   int    // in each registry, beside the recipients
	mu     sync.Mutex
	titles map[string]engine.Title // by clip
	locks  map[string]*sync.Mutex  // by file that is being made
}

func (w *workshop) office(ctx context.Context, leaks *leakTool, tags int) (*office, error) {
	// Whatever changes the bytes of a copy or of a leak belongs into the name, for titles have keys of their own in
	// each home.
	base, err := w.folder("evidence", fmt.Sprintf("mark-%s-ffmpeg-%s-leak-%s", w.mark, w.ffmpeg, leaks.print))
	if err != nil {
		return nil, err
	}
	e, err := engine.Open(ctx, filepath.Join(base, "home"), engine.WithProgram("spoor-bench"))
	if err != nil {
		return nil, err
	}
	return &office{
		w: w, e: e, leaks: leaks, base: base, tags: tags,
		titles: map[string]engine.Title{}, locks: map[string]*sync.Mutex{},
	}, nil
}

func (o *office) close() error { return o.e.Close() }

// titleName tells clips and sizes of registries apart.
func (o *office) titleName(c clip) string { return fmt.Sprintf("%s-%s-%d", c.name, c.sha[:8], o.tags) }

// title registers a clip with its tags, unless that was done before.
func (o *office) title(ctx context.Context, c clip) (engine.Title, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := o.titleName(c)
	if t, ok := o.titles[name]; ok {
		return t, nil
	}
	t, err := o.e.Title(ctx, name)
	if problem, ok := errors.AsType[*storage.Error](err); ok && problem.Code == storage.NotFound {
		t, err = o.e.AddTitle(ctx, engine.TitleOptions{File: c.path, Name: name})
	}
	if err != nil {
		return t, fmt.Errorf("title %s: %w", name, err)
	}
	if t.Tags < int64(o.tags+mostRecipients) {
		if _, err := o.e.AddTags(ctx, t.ID, o.registry()); err != nil {
			return t, fmt.Errorf("tags of %s: %w", name, err)
		}
	}
	o.titles[name] = t
	return t, nil
}

// registry lists innocent tags with the recipients spread among them.
func (o *office) registry() iter.Seq2[storage.Tag, error] {
	return func(yield func(storage.Tag, error) bool) {
		next := 1
		for i := range o.tags {
			if next <= mostRecipients && i >= o.tags*next/(mostRecipients+1) {
				if !yield(storage.Tag{Text: recipient(next)}, nil) {
					return
				}
				next++
			}
			if !yield(storage.Tag{Text: fmt.Sprintf("innocent-%07d", i)}, nil) {
				return
			}
		}
		for ; next <= mostRecipients; next++ {
			if !yield(storage.Tag{Text: recipient(next)}, nil) {
				return
			}
		}
	}
}

// once makes a file unless it is there or being made.
func (o *office) once(path string, how func(to string) error) error {
	o.mu.Lock()
	lock := o.locks[path]
	if lock == nil {
		lock = &sync.Mutex{}
		o.locks[path] = lock
	}
	o.mu.Unlock()
	lock.Lock()
	defer lock.Unlock()
	return made(path, how)
}

// copy returns the file of a copy, which is made where it is not there.
func (o *office) copy(ctx context.Context, c clip, strength string, n int) (string, error) {
	t, err := o.title(ctx, c)
	if err != nil {
		return "", err
	}
	path := filepath.Join(o.base, "copies", o.titleName(c), fmt.Sprintf("%s-%d.mp4", strength, n))
	return path, o.once(path, func(to string) error {
		_, err := o.e.Mark(ctx, engine.MarkOptions{
			Title: t.ID, Strength: strength, Original: c.path, Force: true,
			Orders: []engine.Order{{Tag: storage.Tag{Text: recipient(n)}, Out: to}},
		})
		return err
	})
}

// leak returns the file of a leak, which is made where it is not there. Without a strength it is made of the original.
func (o *office) leak(ctx context.Context, c clip, strength string, kind leakKind, vary int) (string, error) {
	from, name := c.path, "unmarked"
	if strength != "" {
		var err error
		if from, err = o.copy(ctx, c, strength, 1); err != nil {
			return "", err
		}
		name = strength
	}
	path := filepath.Join(o.base, "leaks", o.titleName(c), fmt.Sprintf("%s.%s.v%d.%s", name, kind.name, vary, kind.suffix))
	return path, o.once(path, func(to string) error { return o.leaks.make(ctx, kind.name, from, to, vary) })
}

// mixed returns the file of several copies mixed, which is made where it is not there.
func (o *office) mixed(ctx context.Context, c clip, strength, how string, colluders int) (string, error) {
	var copies []string
	for n := 1; n <= colluders; n++ {
		path, err := o.copy(ctx, c, strength, n)
		if err != nil {
			return "", err
		}
		copies = append(copies, path)
	}
	path := filepath.Join(o.base, "leaks", o.titleName(c), fmt.Sprintf("%s.mix-%s-%d.mp4", strength, how, colluders))
	return path, o.once(path, func(to string) error { return o.leaks.mix(ctx, how, to, copies) })
}
