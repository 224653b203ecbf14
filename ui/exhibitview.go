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
	"spoor/report"
	"spoor/report/casereport"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// exhibitView shows one exhibit: the answer with the picture and where in time it comes from; why; the title beside it; who
// fetched the copy; and what is on record about the file.
type exhibitView struct {
	window   *Window
	object   *fyne.Container
	head     *fyne.Container
	tabs     *container.AppTabs
	answer   *fyne.Container
	evidence *evidenceView
	compare  *compareView
	accesses *accessesView
	record   *fyne.Container
	player   *playerView
	timeline *widgets.Timeline

	shown  engine.Exhibit
	length time.Duration
	turn   int // counts exhibits, so that an answer that comes too late is told
}

// The tabs of an exhibit, in their order.
const (
	tabAnswer = iota
	tabWhy
	tabCompare
	tabAccesses
	tabRecord
)

func newExhibitView(w *Window) *exhibitView {
	v := &exhibitView{
		window: w, object: container.NewStack(), head: container.NewStack(), answer: container.NewVBox(), record: container.NewVBox(),
		evidence: newEvidenceView(), compare: newCompareView(w), accesses: newAccessesView(w),
		player: newPlayerView(w), timeline: widgets.NewTimeline(),
	}
	v.timeline.OnSeek = v.player.seek
	v.player.moved = v.timeline.Look
	scrolled := func(o fyne.CanvasObject) fyne.CanvasObject { return container.NewVScroll(container.NewPadded(o)) }
	v.tabs = container.NewAppTabs(
		container.NewTabItem(lang.L("Answer"), scrolled(v.answer)),
		container.NewTabItem(lang.L("Why"), v.evidence.object),
		container.NewTabItem(lang.L("Comparison"), container.NewPadded(v.compare.object)),
		container.NewTabItem(lang.L("Accesses"), container.NewPadded(v.accesses.object)),
		container.NewTabItem(lang.L("On record"), scrolled(v.record)),
	)
	v.tabs.OnSelected = func(*container.TabItem) { v.lookAtTab() }
	return v
}

// clear shows nothing.
func (v *exhibitView) clear() {
	v.turn++
	v.player.stop()
	v.compare.clear()
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
	v.accesses.forget()
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
		info := infoOf(&x)
		v.length = info.Duration
		v.compare.clear()
		v.player.show(x.ID, info.Duration)
	}
	v.fill(x)
}

// fill shows what is known at once, and what the record of the latest examination tells as soon as that is read.
func (v *exhibitView) fill(x engine.Exhibit) {
	v.shown = x
	v.turn++
	turn := v.turn
	b, _ := desk.Latest(&x)
	v.fillAnswer(&b, nil)
	v.record.RemoveAll()
	v.record.Add(v.window.exhibitRecord(x, func() time.Duration { return v.player.at }, v.seek))
	v.record.Add(widgets.Subheading(lang.L("The file and its examination")))
	v.record.Add(v.facts(b))
	v.accesses.show(copiesOf(b.Findings))
	if len(v.object.Objects) == 0 {
		v.object.Objects = []fyne.CanvasObject{container.NewBorder(v.head, nil, nil, nil, v.tabs)}
		v.object.Refresh()
	}
	background(v.window, func(ctx context.Context) (engine.TraceRecord, error) {
		record, _, err := v.window.engine.Record(ctx, b.ID)
		return record, err
	}, func(record engine.TraceRecord, err error) {
		switch {
		case turn != v.turn:
		case err != nil:
			v.window.fail(err)
		default:
			v.fillRecord(&b, &record)
		}
	})
}

// fillRecord shows what the record of an examination tells.
func (v *exhibitView) fillRecord(b *engine.Backtrace, record *engine.TraceRecord) {
	trace, err := casereport.Evidence(b, record)
	if err != nil {
		v.window.fail(err)
		return
	}
	v.fillAnswer(b, &trace)
	v.evidence.show(&trace)
	pair, known := desk.NewPair(b, record)
	if v.compare.show(v.shown.ID, v.length, pair, known) {
		v.lookAtTab()
	}
}

// fillAnswer shows the answer, the picture and where in time the answer comes from.
func (v *exhibitView) fillAnswer(b *engine.Backtrace, trace *report.Trace) {
	v.head.Objects = []fyne.CanvasObject{v.heading(*b)}
	v.head.Refresh()
	v.answer.RemoveAll()
	if len(b.Findings) == 0 {
		v.answer.Add(answerCard(*b))
	}
	compared := int64(0)
	if trace != nil {
		compared = trace.TagsCompared
	}
	for i := range b.Findings {
		v.answer.Add(findingCard(b, &b.Findings[i], compared))
	}
	v.answer.Add(v.player.object)
	if trace != nil {
		if lanes := lanesOf(trace); len(lanes) > 0 {
			v.timeline.Set(trace.Video, lanes)
			v.answer.Add(v.timeline)
		}
	}
	v.answer.Refresh()
}

// copiesOf are the copies that findings name.
func copiesOf(findings []storage.Finding) (list []copyKey) {
	for _, f := range findings {
		list = append(list, copyKey{f.TitleID, f.TagText})
	}
	return list
}

// seek goes to a place of the leak, and to where its picture is seen.
func (v *exhibitView) seek(at time.Duration) {
	v.tabs.SelectIndex(tabAnswer)
	v.player.seek(at)
}

// lookAtTab has the comparison begin where the player is, once it is looked at.
func (v *exhibitView) lookAtTab() {
	if v.tabs.SelectedIndex() != tabCompare {
		v.compare.player.stop()
		return
	}
	v.player.stop()
	v.compare.look(v.player.at)
}

// heading names the exhibit and offers what can be done with it.
func (v *exhibitView) heading(b engine.Backtrace) fyne.CanvasObject {
	again := widget.NewButtonWithIcon(lang.L("Examine again"), theme.ViewRefreshIcon(), func() { v.again(false) })
	full := widget.NewButtonWithIcon(lang.L("Full examination"), theme.SearchIcon(), func() { v.again(true) })
	move := widget.NewButtonWithIcon(lang.L("Move to case…"), theme.MailForwardIcon(), func() {
		v.window.askForMove([]engine.Exhibit{v.shown})
	})
	more := widget.NewButtonWithIcon(lang.L("Exhibit"), theme.MenuDropDownIcon(), nil)
	more.IconPlacement = widget.ButtonIconTrailingText
	more.OnTapped = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(more).AddXY(0, more.Size().Height)
		bookmark := func() { v.window.askForBookmark(v.shown, v.player.at) }
		widget.ShowPopUpMenuAtPosition(v.window.exhibitActions(v.shown, bookmark), v.window.win.Canvas(), at)
	}
	buttons := container.NewHBox(full, move, more)
	if b.Verdict != storage.Found {
		buttons = container.NewHBox(again, full, move, more)
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
	info := infoOf(&x)
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
