// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"image"
	"io"
	"iter"
	"time"

	"spoor/engine/media"
	"spoor/storage"
)

// Shot is a picture of an exhibit, for looking at.
type Shot struct {
	Image *image.RGBA // opaque
	Time  time.Duration
}

// Play decodes an exhibit from a time on, in colour, in pictures of a height that keep their shape, so many a second of
// the exhibit; fps 0 gives every frame. The caller stops when it has seen enough. Every Shot has a picture of its own.
func (e *Engine) Play(ctx context.Context, evidenceID string, from time.Duration, height int, fps float64) iter.Seq2[Shot, error] {
	return func(yield func(Shot, error) bool) {
		r, err := e.player(ctx, evidenceID, from, height, fps)
		if err != nil {
			yield(Shot{}, err)
			return
		}
		defer r.Close()
		for {
			f, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Shot{}, err)
				return
			}
			if !yield(shotOf(f), nil) {
				return
			}
		}
	}
}

func (e *Engine) player(ctx context.Context, evidenceID string, from time.Duration, height int, fps float64) (*media.Reader, error) {
	tools, err := e.tools()
	if err != nil {
		return nil, err
	}
	path, err := e.pathOf(ctx, evidenceID)
	if err != nil {
		return nil, err
	}
	return tools.Decode(ctx, path, media.DecodeOptions{From: from, Height: height, FPS: fps, Color: true, Wall: time.Hour})
}

// pathOf is where the content of an exhibit is read from: the vault, or its place outside for what came in before there
// was one.
func (e *Engine) pathOf(ctx context.Context, evidenceID string) (string, error) {
	ev, err := e.store.Evidence(ctx, evidenceID)
	if err != nil {
		return "", err
	}
	file, err := e.store.VaultFile(ctx, ev.SHA256)
	if storage.CodeOf(err) == storage.NotFound {
		return ev.Path, nil
	}
	return e.store.VaultPath(file), err
}

func shotOf(f media.Frame) Shot {
	s := Shot{Image: image.NewRGBA(image.Rect(0, 0, f.Width, f.Height)), Time: f.Time}
	copy(s.Image.Pix, f.Pix)
	for i := 3; i < len(s.Image.Pix); i += 4 {
		s.Image.Pix[i] = 255
	}
	return s
}

// Preview decodes the picture of an exhibit at a time, or its last where it ends before.
func (e *Engine) Preview(ctx context.Context, evidenceID string, at time.Duration, height int) (Shot, error) {
	for s, err := range e.Play(ctx, evidenceID, at, height, 0) {
		return s, err
	}
	return Shot{}, refuse(storage.NotFound, "there is no picture at this time")
}
