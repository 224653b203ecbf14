// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"spoor/engine/media"
	"spoor/engine/reference"
)

const (
	exactPictures = 48                     // frames of a window that are compared with the original itself first
	mostExact     = 120                    // and at most
	exactMargin   = 300 * time.Millisecond // around the stretch that a window shows
)

// originalFile is where the original of a title lies, if it is still the file that was registered, by its size and
// time: "" where it is not at hand.
func originalFile(t *Title) string {
	path := t.Original.path()
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() || st.Size() != t.Size || !st.ModTime().Equal(t.Original.ModTime) {
		return ""
	}
	return path
}

// original is where the original of a title is read from; "" where it is not to be.
func (t *trace) original(title *suspect) string {
	if t.options.ReferencesOnly {
		return ""
	}
	return originalFile(&title.Title)
}

// originalAround decodes the frames of the original around what a registration says that a window shows, of a still
// around all moments that it could show; none where the original is not at hand. A reference has two pictures a second,
// and what moved between one of them and the frame that a leak shows hides the mark.
func (t *trace) originalAround(ctx context.Context, s sighting, c reference.Clock, frames []reference.Frame,
) (list []reference.Picture, err error) {
	path := t.original(s.title)
	if path == "" {
		return nil, nil
	}
	if len(frames) > 1 {
		from, to := c.Title(frames[0].Time)-exactMargin, c.Title(frames[len(frames)-1].Time)+exactMargin
		return t.originalPictures(ctx, path, s.title, max(from, 0), to)
	}
	moments := append([]time.Duration{c.Title(frames[0].Time)}, s.moments...)
	slices.Sort(moments)
	last := time.Duration(-1)
	for _, m := range moments {
		from, to := max(m-stillMargin, last+1), m+stillMargin
		if from >= to {
			continue
		}
		some, err := t.originalPictures(ctx, path, s.title, from, to)
		if err != nil {
			return nil, err
		}
		if len(some) > 0 {
			list, last = append(list, some...), some[len(some)-1].Time
		}
	}
	return list, nil
}

// originalPictures decodes all frames of an original between two times, in the size of a reference's. An original that
// cannot be read is noted, and does without: the reference was read already.
func (t *trace) originalPictures(ctx context.Context, path string, title *suspect, from, to time.Duration,
) (list []reference.Picture, err error) {
	w, h := reference.PictureSize(title.Original.Aspect())
	r, err := t.tools.Decode(ctx, path, media.DecodeOptions{Width: w, Height: h, From: from, Length: to - from})
	if err != nil {
		return nil, t.withoutOriginal(ctx, title, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		f, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, t.withoutOriginal(ctx, title, err)
		}
		list = append(list, reference.Picture{Time: f.Time, W: f.Width, H: f.Height, Pix: append([]byte(nil), f.Pix...)})
	}
}

// withoutOriginal notes why an original could not be read; that the trace was stopped is an error.
func (t *trace) withoutOriginal(ctx context.Context, title *suspect, why error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	t.note(OriginalUnreadable, title.Name, why)
	return nil
}
