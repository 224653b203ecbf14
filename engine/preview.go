// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"iter"
	"os"
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
	path := func() (string, error) { return e.pathOf(ctx, evidenceID) }
	return e.shots(ctx, path, media.DecodeOptions{From: from, Height: height, FPS: fps, Color: true, Wall: time.Hour})
}

// PlayTitle decodes the registered original of a title like [Engine.Play] an exhibit. The error has the code
// storage.NotFound where the original is not where it was registered, or is another file now.
func (e *Engine) PlayTitle(ctx context.Context, titleID string, from time.Duration, height int, fps float64) iter.Seq2[Shot, error] {
	path := func() (string, error) { return e.originalPath(ctx, titleID) }
	return e.shots(ctx, path, media.DecodeOptions{From: from, Height: height, FPS: fps, Color: true, Wall: time.Hour})
}

// originalPath is where the original of a title is. Its size and time say that it is the one that was registered: to look
// at a picture of it, nobody waits for its hash.
func (e *Engine) originalPath(ctx context.Context, titleID string) (string, error) {
	t, err := e.Title(ctx, titleID)
	if err != nil {
		return "", err
	}
	path := t.Original.path()
	st, err := os.Stat(path)
	if err != nil || st.Size() != t.Size || !st.ModTime().Equal(t.Original.ModTime) {
		return "", refuse(storage.NotFound, fmt.Sprintf("the original of %q is not where it was registered", t.Name))
	}
	return path, nil
}

// TitleShot is the picture of a title at a time: of its original where that is at hand, else the small grey one of its
// reference.
func (e *Engine) TitleShot(ctx context.Context, titleID string, at time.Duration, height int) (shot Shot, original bool, err error) {
	for s, err := range e.PlayTitle(ctx, titleID, at, height, 0) {
		if err == nil {
			return s, true, nil
		}
		if ctx.Err() != nil {
			return Shot{}, false, ctx.Err()
		}
	}
	shot, err = e.TitlePicture(ctx, titleID, at)
	return shot, false, err
}

func (e *Engine) shots(ctx context.Context, path func() (string, error), o media.DecodeOptions) iter.Seq2[Shot, error] {
	return func(yield func(Shot, error) bool) {
		r, err := e.player(ctx, path, o)
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

func (e *Engine) player(ctx context.Context, path func() (string, error), o media.DecodeOptions) (*media.Reader, error) {
	tools, err := e.tools()
	if err != nil {
		return nil, err
	}
	file, err := path()
	if err != nil {
		return nil, err
	}
	return tools.Decode(ctx, file, o)
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
