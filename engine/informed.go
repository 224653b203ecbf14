// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"spoor/engine/code"
	"spoor/engine/media"
	"spoor/engine/reference"
	"spoor/engine/watermark"
)

const (
	informedFPS    = 30 // frames a second of a leak that are looked at, at most: a title's moment is then known to 1/60 s
	handful        = 8  // pictures of a window that are read first
	windowPictures = 40 // pictures of a window that are read at most
	markedAligned  = 20 // score from which on a mark shows for certain: of keys of nobody no more than 3 was measured
)

// sight is where a window lies in a title, as registered.
type sight struct {
	Clock reference.Clock
	At    reference.Placement
}

// informed takes one informed step: finds what a window shows, lays it over the title's pictures and reads what is left
// when they are subtracted. What other windows showed is tried first, then keypoints, then the whole picture.
func (t *trace) informed(ctx context.Context, s step) error {
	frames, err := t.leakFrames(ctx, s, t.hasMany())
	if err != nil || len(frames) == 0 {
		return err
	}
	for _, look := range []func() ([]sighting, error){
		func() ([]sighting, error) { return t.known(s.Window), nil },
		func() ([]sighting, error) { return t.found(ctx, frames) },
		func() ([]sighting, error) { return t.guessed(ctx, frames) },
	} {
		list, err := look()
		if err != nil {
			return err
		}
		seen := false
		for _, sighting := range list {
			ok, err := t.readAgainst(ctx, s.Window, sighting, frames)
			if err != nil {
				return err
			}
			seen = seen || ok
		}
		if seen {
			return nil
		}
	}
	t.state.Unseen++
	return nil
}

// helped lays a window over a title where the blind reader saw its mark and nothing else did: keypoints fail on small
// crops, the mark does not.
func (t *trace) helped(ctx context.Context, s step) error {
	const distinct = 0.5
	for _, title := range t.titles {
		v := t.state.title(title.ID)
		w := v.Windows[s.Window]
		if w == nil || v.Aligned[s.Window] != nil || w.clarity() < distinct || len(v.Named) > 0 && !t.options.Full {
			continue
		}
		frames, err := t.leakFrames(ctx, s, false)
		if err != nil || len(frames) == 0 {
			return err
		}
		for _, sighting := range t.fromMark(title, w) {
			if seen, err := t.readAgainst(ctx, s.Window, sighting, frames); err != nil || seen {
				return err
			}
		}
	}
	return nil
}

// hasMany tells whether a window has so many frames that those that others are predicted from are enough at first: they are
// decoded in half of the time and better coded than the rest.
func (t *trace) hasMany() bool {
	const enough = 20 // a second
	return t.info.FrameRate.Float() >= enough && t.info.Duration > shortWindow
}

// leakFrames decodes a window for registration; referenced, without frames that no other is predicted from.
func (t *trace) leakFrames(ctx context.Context, s step, referenced bool) (frames []reference.Frame, err error) {
	w, h := reference.QuerySize(t.info.Width, t.info.Height)
	o := media.DecodeOptions{Width: w, Height: h, Referenced: referenced}
	if !t.info.Still {
		o.From, o.Length = t.stretch(s.Window)
	}
	if t.info.FrameRate.Float() > informedFPS+1 {
		o.FPS = informedFPS
	}
	r, err := t.tools.Decode(ctx, t.options.Leak, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		f, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			t.state.note(s, len(frames), r.Damage())
			return frames, nil
		case err != nil && media.KindOf(err) == media.Damaged && s.Window > 0:
			t.state.note(s, len(frames), err.Error())
			return frames, nil
		case err != nil:
			return nil, err
		}
		frames = append(frames, reference.Frame{Time: f.Time, W: f.Width, H: f.Height, Pix: append([]byte(nil), f.Pix...)})
	}
}

// pictures decodes those of a title's reference between two times; none where there is no reference.
func (t *trace) pictures(ctx context.Context, title *suspect, from, to time.Duration) ([]reference.Picture, error) {
	f := t.reference(title)
	if f == nil {
		return nil, nil
	}
	return t.engine.referencePictures(ctx, f, max(from, 0), to)
}

// reference opens the reference of a title, once; nil where it has none.
func (t *trace) reference(title *suspect) *reference.File {
	if title.reference == nil && !title.unreferenced {
		f, err := t.engine.openReference(title.ID)
		if err != nil {
			title.unreferenced = true
			if reference.KindOf(err) != reference.Missing {
				t.note(ReferenceUnusable, title.Name, err)
			}
			return nil
		}
		title.reference = f
	}
	return title.reference
}

// readAgainst lays a window over a title as a sighting says and reads it: first against a handful of pictures of its
// reference, and if that does not settle it, against all the frames of its original, or as many pictures as there are
// where that is not at hand. It reports whether the window shows the title there.
func (t *trace) readAgainst(ctx context.Context, window int, s sighting, frames []reference.Frame) (bool, error) {
	s, err := t.timed(ctx, s, frames)
	if err != nil {
		return false, err
	}
	if len(frames) == 1 {
		return t.readStill(ctx, window, s, &frames[0])
	}
	r, err := t.layOver(ctx, s, frames)
	if err != nil || len(r.Pairs) == 0 {
		return false, err
	}
	seen, err := t.readLaid(ctx, window, s.title, &r, handful)
	if err != nil || t.settled(s.title) {
		return seen, err
	}
	if seen && t.hasMany() {
		if frames, err = t.allFrames(ctx, window, &s, &r); err != nil || len(frames) == 0 || t.settled(s.title) {
			return seen, err
		}
	}
	exact, err := t.originalAround(ctx, s, r.Clock, frames)
	if err != nil {
		return false, err
	}
	if len(exact) == 0 {
		if len(r.Pairs) > handful {
			_, err = t.readLaid(ctx, window, s.title, &r, windowPictures)
		}
		return seen, err
	}
	for _, most := range []int{exactPictures, mostExact} {
		fine := r.Refine(exact, frames, most)
		ok, err := t.readLaid(ctx, window, s.title, &fine, most)
		if err != nil {
			return false, err
		}
		t.state.Exact = t.state.Exact || ok
		if seen = seen || ok; !ok || t.settled(s.title) || len(frames) <= most {
			break
		}
	}
	return seen, nil
}

// allFrames decodes all frames of a window, where those that others are predicted from were not enough, and lays them over
// the title as those were.
func (t *trace) allFrames(ctx context.Context, window int, s *sighting, r *reference.Registration) ([]reference.Frame, error) {
	frames, err := t.leakFrames(ctx, step{Window: window, Informed: true}, false)
	if err != nil || len(frames) == 0 {
		return frames, err
	}
	s.start, s.near, s.reach, s.speeds = r.At, r.Clock, knownReach, false
	all, err := t.layOver(ctx, *s, frames)
	if err == nil && len(all.Pairs) > 0 {
		*r = all
		_, err = t.readLaid(ctx, window, s.title, r, handful)
	}
	return frames, err
}

// settled tells whether no more of a window needs to be read: a tag was named, and not everything is asked for.
func (t *trace) settled(title *suspect) bool {
	return len(t.state.title(title.ID).Named) > 0 && !t.options.Full
}

// readLaid reads at most so many pictures of a window that was laid over a title, and compares with the tags what comes
// out. It reports whether the window shows the title there.
func (t *trace) readLaid(ctx context.Context, window int, title *suspect, r *reference.Registration, most int) (bool, error) {
	if len(r.Pairs) == 0 || r.At.Fit < leastAligned {
		return false, nil
	}
	x := exhibit{title: title, rests: restsOf(r, most)}
	reading, err := title.readRests(&x)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", t.options.Leak, err)
	}
	return true, t.compare(ctx, window, &x, reading, sight{r.Clock, r.At})
}

// compare compares what was read of a window with the tags.
func (t *trace) compare(ctx context.Context, window int, x *exhibit, reading *watermark.Reading, at sight) error {
	if err := t.load(ctx, x.title); err != nil {
		return err
	}
	v := t.state.title(x.title.ID)
	kept := v.keepAligned(window, reading, at)
	if err := t.lookBoth(ctx, x.title, v, kept, reading); err != nil {
		return err
	}
	if len(v.Named) > 0 && t.exhibit == nil {
		t.exhibit = x
	}
	return nil
}

// layOver decodes the pictures around a sighting and registers the frames with them.
func (t *trace) layOver(ctx context.Context, s sighting, frames []reference.Frame) (reference.Registration, error) {
	from, to := s.near.Title(frames[0].Time), s.near.Title(frames[len(frames)-1].Time)
	margin := s.reach + 200*time.Millisecond
	if s.speeds {
		margin += (to - from) / 10
	}
	pictures, err := t.pictures(ctx, s.title, from-margin, to+margin)
	if err != nil || len(pictures) == 0 {
		return reference.Registration{}, err
	}
	return reference.LayOver(pictures, frames, s.start, s.near, s.reach, s.speeds), nil
}

// readRests folds the rests of an exhibit and reads the mark.
func (title *suspect) readRests(x *exhibit) (_ *watermark.Reading, err error) {
	if x.folded, err = watermark.Fold(x.rests, title.Original.Aspect()); err != nil {
		return nil, err
	}
	return x.read(title.key.mark())
}

// lookBoth compares a reading, and the sum with other windows, with the tags.
func (t *trace) lookBoth(ctx context.Context, title *suspect, v *seen, kept bool, r *watermark.Reading) error {
	if err := t.look(ctx, title, v, (*code.Vector)(&r.Evidence().Chips), informed); err != nil {
		return err
	}
	if kept && len(v.Aligned) > 1 {
		return t.look(ctx, title, v, v.sum(t.windows(), informed), informed)
	}
	return nil
}
