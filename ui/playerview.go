// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"image"
	"iter"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// frame is something to be shown for a place of an exhibit.
type frame struct {
	at   time.Duration
	show func() // on the window's goroutine
}

// playerView shows the pictures of an exhibit: at a place, or running. There is no sound: it is for looking.
type playerView struct {
	window   *Window
	object   fyne.CanvasObject
	controls fyne.CanvasObject   // below the picture
	moved    func(time.Duration) // is told which place is shown
	// frames decodes from a place on: with fps so many a second, with 0 the first is enough.
	frames func(ctx context.Context, id string, at time.Duration, fps float64) iter.Seq2[frame, error]

	picture *canvas.Image
	slider  *widget.Slider
	play    *widget.Button
	time    *widget.Label

	evidence string
	length   time.Duration
	at       time.Duration
	cancel   context.CancelFunc // of what is being decoded
	running  bool
	moving   bool // the slider is moved by the program, not by the person
}

const (
	playerHeight = 360 // of pictures, samples
	playerFPS    = 12
)

func newPlayerView(w *Window) *playerView {
	v := &playerView{window: w, moved: func(time.Duration) {}, picture: canvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 16, 9)))}
	v.picture.FillMode, v.picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	v.picture.SetMinSize(fyne.NewSize(320, 250))
	v.slider = widget.NewSlider(0, 1000)
	v.slider.OnChanged = func(p float64) {
		if !v.moving {
			v.seek(time.Duration(p / 1000 * float64(v.length)))
		}
	}
	v.play = widget.NewButtonWithIcon("", theme.MediaPlayIcon(), v.toggle)
	v.time = widget.NewLabelWithStyle("", fyne.TextAlignTrailing, fyne.TextStyle{Monospace: true})
	v.controls = container.NewBorder(nil, nil, v.play, v.time, v.slider)
	v.object = container.NewVBox(v.picture, v.controls)
	v.frames = v.pictures
	return v
}

// pictures are those of the exhibit alone.
func (v *playerView) pictures(ctx context.Context, id string, at time.Duration, fps float64) iter.Seq2[frame, error] {
	return func(yield func(frame, error) bool) {
		for shot, err := range v.window.engine.Play(ctx, id, at, playerHeight, fps) {
			show := func() {
				v.picture.Image = shot.Image
				v.picture.Refresh()
			}
			if !yield(frame{shot.Time, show}, err) {
				return
			}
		}
	}
}

// show shows an exhibit at its beginning.
func (v *playerView) show(evidenceID string, length time.Duration) {
	v.bind(evidenceID, length)
	v.seek(0)
}

// bind takes up an exhibit without showing anything yet.
func (v *playerView) bind(evidenceID string, length time.Duration) {
	v.stop()
	v.evidence, v.length = evidenceID, length
	for _, o := range []fyne.Disableable{v.slider, v.play} {
		o.Disable()
		if length > 0 {
			o.Enable()
		}
	}
	v.mark(0)
}

// stop ends what is being decoded.
func (v *playerView) stop() {
	if v.cancel != nil {
		v.cancel()
		v.cancel = nil
	}
	v.running = false
	v.play.SetIcon(theme.MediaPlayIcon())
}

// toggle starts and stops the running.
func (v *playerView) toggle() {
	if v.running {
		v.stop()
		return
	}
	if v.at >= v.length-time.Second/playerFPS {
		v.at = 0
	}
	v.start(v.at, playerFPS)
	v.running = true
	v.play.SetIcon(theme.MediaPauseIcon())
}

// seek shows the picture at a place.
func (v *playerView) seek(at time.Duration) {
	v.stop()
	v.mark(at)
	v.start(at, 0)
}

// start decodes from a place on: one picture, or with fps so many a second until it is stopped.
func (v *playerView) start(at time.Duration, fps float64) {
	if v.cancel != nil {
		v.cancel()
	}
	ctx, cancel := context.WithCancel(v.window.ctx)
	v.cancel = cancel
	id, begun := v.evidence, time.Now()
	v.window.busy.Go(func() {
		defer cancel()
		for f, err := range v.frames(ctx, id, at, fps) {
			if err != nil || !wait(ctx, begun.Add(f.at-at)) {
				break // a picture that cannot be shown is told by the examination
			}
			onWindow(func() {
				if ctx.Err() == nil || fps == 0 && v.evidence == id && v.at == at {
					v.showFrame(f, fps > 0)
				}
			})
			if fps == 0 {
				return
			}
		}
		if fps > 0 && ctx.Err() == nil {
			onWindow(v.stop)
		}
	})
}

// wait returns at a time, and whether it came to that.
func wait(ctx context.Context, until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (v *playerView) showFrame(f frame, running bool) {
	f.show()
	if running {
		v.mark(f.at)
	}
}

// mark shows which place is looked at.
func (v *playerView) mark(at time.Duration) {
	v.at = at
	v.moving = true
	v.slider.SetValue(1000 * float64(at) / float64(max(v.length, 1)))
	v.moving = false
	v.time.SetText(fmt.Sprintf("%s / %s", clock(at), clock(v.length)))
	v.moved(at)
}
