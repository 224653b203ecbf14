// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"image"
	"iter"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// compareView shows a leak beside the title that it was made from, at the same place: laid over each other with a line to
// wipe, and the whole picture of the title with the outline of the leak on it.
type compareView struct {
	window  *Window
	object  *fyne.Container
	wipe    *widgets.Wipe
	outline *widgets.Outline
	words   *widget.Label
	player  *playerView

	pair          desk.Pair
	evidence      string
	shownPictures fyne.CanvasObject // nil before
}

func newCompareView(w *Window) *compareView {
	v := &compareView{window: w, words: widgets.Hint(""), object: container.NewStack()}
	v.wipe = widgets.NewWipe(lang.L("Leak"), lang.L("Title, as the leak shows it"))
	v.outline = widgets.NewOutline(lang.L("Title, with the outline of the leak"))
	v.player = newPlayerView(w)
	v.player.frames = v.frames
	return v
}

// pairShot is a picture of a leak and what the title shows at the same place.
type pairShot struct {
	leak     engine.Shot
	title    *image.RGBA // nil where it cannot be told or shown
	laid     *image.RGBA // the title as the leak shows it
	at       time.Duration
	original bool // title is from the original, not from its reference
}

// show shows an exhibit beside its title. known says whether there is one. It returns whether that is another exhibit than
// before, of which no place is looked at yet.
func (v *compareView) show(evidenceID string, length time.Duration, pair desk.Pair, known bool) (other bool) {
	v.pair = pair
	if !known {
		v.clear()
		v.object.Objects = []fyne.CanvasObject{widgets.Empty(theme.VisibilityIcon(), lang.L("Nothing to compare with"),
			lang.L("It is not known which title this file shows."))}
		v.object.Refresh()
		return false
	}
	other = v.evidence != evidenceID
	if other {
		v.evidence = evidenceID
		v.player.bind(evidenceID, length)
		v.words.SetText(lang.L("Reading the pictures…"))
	}
	if v.shownPictures == nil || len(v.object.Objects) == 0 || v.object.Objects[0] != v.shownPictures {
		pictures := container.NewGridWithColumns(2, v.wipe, v.outline)
		v.shownPictures = container.NewBorder(v.words, v.player.controls, nil, nil, pictures)
		v.object.Objects = []fyne.CanvasObject{v.shownPictures}
		v.object.Refresh()
	}
	return other
}

// clear shows nothing.
func (v *compareView) clear() {
	v.player.stop()
	v.evidence, v.object.Objects = "", nil
	v.wipe.Set(nil, nil)
	v.outline.Set(nil, nil)
}

// look goes to a place of the leak.
func (v *compareView) look(at time.Duration) {
	if v.evidence != "" {
		v.player.seek(at)
	}
}

// frames decodes leak and title from a place on, one pair or so many a second, and shows each.
func (v *compareView) frames(ctx context.Context, id string, at time.Duration, fps float64) iter.Seq2[frame, error] {
	pair, e := v.pair, v.window.engine
	return func(yield func(frame, error) bool) {
		title := follower{ctx: ctx, engine: e, id: pair.TitleID, fps: fps}
		defer title.close()
		for shot, err := range e.Play(ctx, id, at, playerHeight, fps) {
			if err != nil {
				yield(frame{}, err)
				return
			}
			p := pairShot{leak: shot}
			if want, ok := pair.Title(shot.Time); ok {
				p.at = want
				p.title, p.original = title.at(want)
			}
			p.laid = p.title
			if pair.Sight != nil && p.title != nil {
				size := shot.Image.Bounds().Size()
				if laid, ok := pair.Sight.Overlay(p.title, size.X, size.Y); ok {
					p.laid = laid
				}
			}
			if !yield(frame{shot.Time, func() { v.showPair(&p) }}, nil) {
				return
			}
		}
	}
}

func (v *compareView) showPair(p *pairShot) {
	v.wipe.Set(p.leak.Image, p.laid)
	var corners [][2]float64
	if v.pair.Sight != nil {
		corners = v.pair.Sight.Corners
	}
	v.outline.Set(p.title, corners)
	v.words.SetText(pairWords(&v.pair, p))
}

// pairWords says what is seen.
func pairWords(pair *desk.Pair, p *pairShot) string {
	if p.title == nil {
		return lang.L("Which place of the title this is, is not known, or there is no picture of it.")
	}
	words := fmt.Sprintf(lang.L("%s of the leak is %s of the title."), clock(p.leak.Time), clock(p.at))
	if pair.Sight != nil {
		words += " " + fmt.Sprintf(
			lang.L("The outline was found at %s of the leak; the pictures agree there to %.2f, where 1 is the same."),
			clock(time.Duration(pair.Sight.LeakMS)*time.Millisecond), pair.Sight.Fit)
	} else {
		words += " " + lang.L("How the one lies on the other is not known: the mark was read without the original.")
	}
	if !p.original {
		words += " " + lang.L("The original is no longer where it was registered; its small grey reference picture is shown instead.")
	}
	return words
}

// follower gives the pictures of a title in the order that they are asked for. It decodes on where pictures are to run, and
// asks for single ones otherwise, or where the original is gone.
type follower struct {
	ctx    context.Context //nolint:containedctx // lives as long as one call
	engine *engine.Engine
	id     string
	fps    float64
	next   func() (engine.Shot, error, bool)
	stop   func()
	last   engine.Shot
}

// at is the picture at a time, and whether it is of the original. nil where there is none.
func (f *follower) at(want time.Duration) (picture *image.RGBA, original bool) {
	if f.fps > 0 && f.next == nil {
		f.next, f.stop = iter.Pull2(f.engine.PlayTitle(f.ctx, f.id, want, playerHeight, f.fps))
	}
	half := time.Duration(float64(time.Second) / max(f.fps, 1) / 2)
	for f.fps > 0 && (f.last.Image == nil || f.last.Time+half < want) {
		shot, err, ok := f.next()
		if err != nil || !ok { // gone, or at its end
			f.fps = 0
			break
		}
		f.last = shot
	}
	if f.fps > 0 {
		return f.last.Image, true
	}
	shot, original, err := f.engine.TitleShot(f.ctx, f.id, want, playerHeight)
	if err != nil {
		return nil, false
	}
	return shot.Image, original
}

func (f *follower) close() {
	if f.stop != nil {
		f.stop()
	}
}
