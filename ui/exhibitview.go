// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/engine/media"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// exhibitView shows one exhibit: the answer, the picture, where in time the answer comes from, and what the file is.
type exhibitView struct {
	window   *Window
	object   *fyne.Container
	body     *fyne.Container
	player   *playerView
	timeline *widgets.Timeline
	shown    engine.Exhibit
}

func newExhibitView(w *Window) *exhibitView {
	v := &exhibitView{window: w, body: container.NewVBox(), player: newPlayerView(w), timeline: widgets.NewTimeline()}
	v.timeline.OnSeek = v.player.seek
	v.player.moved = v.timeline.Look
	v.object = container.NewStack()
	return v
}

// clear shows nothing.
func (v *exhibitView) clear() {
	v.player.stop()
	v.shown = engine.Exhibit{}
	v.object.Objects = nil
	v.object.Refresh()
}

// reload shows the exhibit as it is now.
func (v *exhibitView) reload() {
	id := v.shown.ID
	if id == "" {
		return
	}
	background(v.window, func(ctx context.Context) (engine.Exhibit, error) { return v.window.engine.Exhibit(ctx, id) },
		func(x engine.Exhibit, err error) {
			switch {
			case err != nil:
				v.window.fail(err)
			case v.shown.ID == id:
				v.fill(x)
			}
		})
}

// show shows an exhibit from its beginning.
func (v *exhibitView) show(x engine.Exhibit) {
	if v.shown.ID != x.ID {
		var info media.Info
		if err := json.Unmarshal(x.Container, &info); err != nil {
			info = media.Info{}
		}
		v.player.show(x.ID, info.Duration)
	}
	v.fill(x)
}

func (v *exhibitView) fill(x engine.Exhibit) {
	v.shown = x
	b, examined := desk.Latest(&x)
	v.body.RemoveAll()
	v.body.Add(v.heading(b))
	if len(b.Findings) == 0 {
		v.body.Add(answerCard(b))
	}
	for i := range b.Findings {
		v.body.Add(findingCard(&b, &b.Findings[i], 0))
	}
	v.body.Add(v.player.object)
	if examined {
		if lanes := lanesOf(b); len(lanes) > 0 {
			v.timeline.Set(time.Duration(b.VideoMS)*time.Millisecond, lanes)
			v.body.Add(v.timeline)
		}
	}
	for _, f := range b.Findings {
		v.body.Add(accessesOf(v.window, f.TagText))
	}
	v.body.Add(v.window.exhibitRecord(x, func() time.Duration { return v.player.at }, v.player.seek))
	v.body.Add(widgets.Subheading(lang.L("The file and its examination")))
	v.body.Add(v.facts(b))
	if len(v.object.Objects) == 0 {
		v.object.Objects = []fyne.CanvasObject{container.NewVScroll(container.NewPadded(v.body))}
		v.object.Refresh()
	}
	v.body.Refresh()
}

// heading names the exhibit and offers what can be done with it.
func (v *exhibitView) heading(b engine.Backtrace) fyne.CanvasObject {
	again := widget.NewButtonWithIcon(lang.L("Examine again"), theme.ViewRefreshIcon(), func() { v.again(false) })
	full := widget.NewButtonWithIcon(lang.L("Full examination"), theme.SearchIcon(), func() { v.again(true) })
	move := widget.NewButtonWithIcon(lang.L("Move to case…"), theme.MailForwardIcon(), func() {
		v.window.askForMove([]engine.Exhibit{v.shown})
	})
	buttons := container.NewHBox(full, move)
	if b.Verdict != storage.Found {
		buttons = container.NewHBox(again, full, move)
	}
	return container.NewBorder(nil, nil, nil, buttons, widgets.Title(v.shown.FileName))
}

// answerCard is the verdict where no ID was named: in a word, and what it means.
func answerCard(b engine.Backtrace) fyne.CanvasObject {
	a := verdictOf(b.Verdict, b.Status)
	badge := widgets.NewBadge()
	badge.Set(a.icon, a.word, a.color)
	words := a.meaning
	if b.Verdict == storage.Failed {
		words = b.ErrorMsg
	}
	return widgets.NewPanel(container.NewVBox(badge, widgets.Prose(words)), a.color)
}

// again starts another examination of the exhibit.
func (v *exhibitView) again(full bool) {
	x := v.shown
	n := job.Trace{Evidence: x.ID, Case: x.CaseID, Method: "auto", Full: full}.Job()
	n.Name = x.FileName
	v.window.order(n)
}

// lanesOf is what was found where in the leak.
func lanesOf(b engine.Backtrace) []widgets.Lane {
	var lanes []widgets.Lane
	for _, f := range b.Findings {
		lane := widgets.Lane{Name: f.TagText, Color: look.ColorFound}
		for _, s := range spansOf(f) {
			lane.Blocks = append(lane.Blocks, widgets.Block{
				From: time.Duration(s.FromMS) * time.Millisecond, To: time.Duration(s.ToMS) * time.Millisecond, Strength: 1,
			})
		}
		lanes = append(lanes, lane)
	}
	return lanes
}

func spansOf(f storage.Finding) []engine.Span {
	var spans []engine.Span
	if json.Unmarshal(f.Spans, &spans) != nil {
		return nil
	}
	return spans
}

// facts is what is known of the file and of the examination.
func (v *exhibitView) facts(b engine.Backtrace) fyne.CanvasObject {
	x := v.shown
	var info media.Info
	if err := json.Unmarshal(x.Container, &info); err != nil {
		info = media.Info{}
	}
	list := []widgets.Fact{
		{Name: lang.L("SHA-256"), Value: x.SHA256, Code: true},
		{Name: lang.L("First seen at"), Value: x.Path, Code: true},
		{Name: lang.L("Taken in"), Value: moment(x.CreatedAt)},
		{Name: lang.L("Size"), Value: size(x.Size)},
		{Name: lang.L("Picture"), Value: fmt.Sprintf("%d × %d, %s", info.Width, info.Height, info.Codec)},
		{Name: lang.L("Length"), Value: clock(info.Duration)},
	}
	if b.ID != "" {
		list = append(list,
			widgets.Fact{Name: lang.L("Examined"), Value: moment(b.CreatedAt)},
			widgets.Fact{Name: lang.L("Frames read"), Value: fmt.Sprintf(lang.L("%d, in %.1f s"), b.FramesUsed, float64(b.ElapsedMS)/1000)},
			widgets.Fact{Name: lang.L("Best score"), Value: fmt.Sprintf("%.1f", b.BestScore)},
			widgets.Fact{Name: lang.L("Backtrace"), Value: b.ID, Code: true},
		)
	}
	return widgets.Facts(list)
}
