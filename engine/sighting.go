// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"time"

	"spoor/engine/reference"
	"spoor/engine/watermark"
)

// sighting is a title that a window of the leak seems to show: where in it, and where in the picture.
type sighting struct {
	title  *suspect
	start  reference.Placement
	near   reference.Clock
	reach  time.Duration // by which the clock may be off
	speeds bool          // another speed is possible

	moments []time.Duration // of the title that a still could show, the likest first
}

const (
	foundReach   = 2200 * time.Millisecond // keypoints are taken every two seconds at least
	knownReach   = 300 * time.Millisecond
	guessTitle   = 3 * time.Minute // longer titles are not compared at every moment
	guessTitles  = 3               // nor are more of them
	guessRate    = 4               // frames a second are enough for a guess
	leastGuess   = 0.5             // of a guess that is followed up
	leastAligned = 0.4             // mean fit of a registration that is read

	shortWindow = 5 * time.Second  // shows too little for its keypoints to tell the moment for certain
	shortReach  = 90 * time.Second // so that it is compared with the title this far to both sides
	shortRate   = 8                // frames a second
)

// timed finds the moment that a short window or a still shows. Keypoints lie where the picture is richest, which is often
// ground that stands still for minutes: the whole picture tells one moment from another.
func (t *trace) timed(ctx context.Context, s sighting, frames []reference.Frame) (sighting, error) {
	first, last := frames[0].Time, frames[len(frames)-1].Time
	if last-first > shortWindow {
		return s, nil
	}
	pictures, err := t.pictures(ctx, s.title, s.near.Title(first)-shortReach, s.near.Title(last)+shortReach)
	if err != nil || len(pictures) == 0 {
		return s, err
	}
	if len(frames) == 1 {
		s.moments = reference.Moments(pictures, &frames[0], s.starts(), stillMoments, stillMargin)
		s.near.Offset = s.moments[0] - first
		return s, nil
	}
	some := reference.Thinned(frames, shortRate)
	best := s.near
	best.Fit = leastGuess
	for _, start := range s.starts() {
		c := reference.Synchronise(pictures, some, start, s.near, reference.Searching{Reach: shortReach, Level: 2})
		if c.Fit > best.Fit {
			best, s.start = c, start
		}
	}
	s.near = best
	return s, nil
}

// known continues what other windows showed: the nearest one of each title.
func (t *trace) known(window int) (list []sighting) {
	for _, title := range t.titles {
		v := t.state.title(title.ID)
		for apart := 1; apart < t.windows(); apart++ {
			w := v.Aligned[window-apart]
			if w == nil {
				w = v.Aligned[window+apart]
			}
			if w != nil {
				list = append(list, sighting{title: title, start: w.Sight.At, near: w.Sight.Clock, reach: knownReach})
				break
			}
		}
	}
	return list
}

// guessed tries the whole picture at every moment of the title, for short titles: where a leak is too small or too
// damaged for keypoints this still works.
func (t *trace) guessed(ctx context.Context, frames []reference.Frame) (list []sighting, err error) {
	if len(t.titles) > guessTitles {
		return nil, nil
	}
	for _, title := range t.titles {
		if title.Duration > guessTitle {
			continue
		}
		pictures, err := t.pictures(ctx, title, 0, title.Duration+time.Second)
		if err != nil || len(pictures) == 0 {
			return nil, err
		}
		s := sighting{title: title, start: reference.Placement{Map: reference.Identity()}, reach: knownReach, speeds: !t.info.Still}
		s.near = guessClock(pictures, reference.Thinned(frames, guessRate), s.start)
		if s.near.Fit >= leastGuess {
			list = append(list, s)
		}
	}
	return list, nil
}

// guessClock finds the moment of the title that frames are most like.
func guessClock(pictures []reference.Picture, frames []reference.Frame, at reference.Placement) reference.Clock {
	if len(frames) == 0 {
		return reference.Clock{Speed: 1}
	}
	leak := (frames[0].Time + frames[len(frames)-1].Time) / 2
	title := (pictures[0].Time + pictures[len(pictures)-1].Time) / 2
	near := reference.Clock{Speed: 1, Offset: title - leak}
	reach := (pictures[len(pictures)-1].Time - pictures[0].Time) / 2
	return reference.Synchronise(pictures, frames, at, near, reference.Searching{Reach: reach, Level: 2})
}

// fromMark is where the blind reader saw the mark. The mark repeats every [watermark.Period], so the place is one of a
// few: which, the pictures tell.
func (t *trace) fromMark(title *suspect, w *windowReading) (list []sighting) {
	if w.Turned {
		return nil
	}
	gw, gh := watermark.Grid(aspectOf(t.info))
	cw, ch := watermark.Canonical(title.Original.Aspect())
	h := w.Geometry
	toPixels := reference.Homography{float64(gw), 0, 0, 0, float64(gh), 0, 0, 0, 1}
	geometry := reference.Homography(h)
	toCanonical := toPixels.Then(&geometry)
	x, y := toCanonical.At(0.5, 0.5)
	for dy := -8; dy <= 8; dy++ {
		for dx := -8; dx <= 8; dx++ {
			mx, my := x+float64(dx*watermark.Period), y+float64(dy*watermark.Period)
			if mx < 0 || my < 0 || mx > float64(cw) || my > float64(ch) {
				continue
			}
			toUnits := reference.Homography{
				1 / float64(cw), 0, float64(dx*watermark.Period) / float64(cw),
				0, 1 / float64(ch), float64(dy*watermark.Period) / float64(ch), 0, 0, 1,
			}
			m := toCanonical.Then(&toUnits)
			if back, ok := m.Inverse(); ok {
				list = append(list, sighting{
					title: title, start: reference.Placement{Map: back},
					near: reference.Clock{Speed: 1, Offset: w.Offset}, reach: foundReach,
				})
			}
		}
	}
	return list
}
