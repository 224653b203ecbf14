// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// jobsView lists all work, the latest first, with what can be done with each piece.
type jobsView struct {
	window *Window
	jobs   []desk.Job
	list   *widget.List
	empty  *widget.Label
}

// showJobs opens the list of work, or closes it.
func (w *Window) showJobs() {
	if w.jobList != nil {
		w.sheet.leave()
		return
	}
	v := &jobsView{window: w}
	v.empty = widgets.Hint(lang.L("Nothing yet. Work that you start is kept here until it is done, also over a restart."))
	row := func() fyne.CanvasObject { return newJobRow() }
	v.list = widget.NewList(func() int { return len(v.jobs) }, row, func(i int, o fyne.CanvasObject) {
		if r, ok := o.(*jobRow); ok && i < len(v.jobs) {
			r.show(w, v.jobs[i])
		}
	})
	w.sheet.open(lang.L("Work"), container.NewStack(v.empty, v.list), listWidth, func() { w.jobList = nil })
	w.jobList = v
	v.refresh()
}

func (v *jobsView) refresh() {
	v.jobs = v.window.jobs()
	slices.Reverse(v.jobs)
	slices.SortStableFunc(v.jobs, func(a, b desk.Job) int { return rankOf(a) - rankOf(b) })
	v.empty.Hidden = len(v.jobs) > 0
	v.list.Refresh()
}

// rankOf has what runs come first, then what waits.
func rankOf(j desk.Job) int {
	switch j.State {
	case desk.Running:
		return 0
	case desk.Waiting, desk.Held:
		return 1
	case desk.Done, desk.Broken, desk.Stopped:
	}
	return 2
}

// jobRow is a row of the list of work.
type jobRow struct {
	widget.BaseWidget
	name, words         *widget.RichText
	bar                 *widget.ProgressBar
	pause, resume, stop *widget.Button
}

func newJobRow() *jobRow {
	r := &jobRow{
		name: widgets.Strong(""), words: widgets.Quiet(""), bar: widget.NewProgressBar(),
		pause:  widget.NewButtonWithIcon("", theme.MediaPauseIcon(), nil),
		resume: widget.NewButtonWithIcon("", theme.MediaPlayIcon(), nil),
		stop:   widget.NewButtonWithIcon("", theme.CancelIcon(), nil),
	}
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer is for Fyne.
func (r *jobRow) CreateRenderer() fyne.WidgetRenderer {
	buttons := container.NewCenter(container.NewHBox(r.pause, r.resume, r.stop))
	return widget.NewSimpleRenderer(container.NewBorder(nil, nil, nil, buttons, container.NewVBox(r.name, r.words, r.bar)))
}

// show fills the row: it is used again for other jobs.
func (r *jobRow) show(w *Window, j desk.Job) {
	widgets.SetText(r.name, j.Name)
	widgets.SetText(r.words, jobWords(&j))
	r.bar.SetValue(j.Share())
	r.bar.Hidden = j.State != desk.Running
	r.pause.Hidden = !j.Kept || j.State != desk.Running && j.State != desk.Waiting
	r.resume.Hidden = !j.Kept || j.State != desk.Held && j.State != desk.Broken && j.State != desk.Stopped
	r.stop.Hidden = j.State.Ended()
	r.pause.OnTapped = func() { w.pauseJob(j) }
	r.resume.OnTapped = func() { w.resumeJob(j) }
	r.stop.OnTapped = func() { w.stopJob(j) }
	r.Refresh()
}

// jobWords says how far a piece of work is.
func jobWords(j *desk.Job) string {
	switch j.State {
	case desk.Waiting:
		return lang.L("waits")
	case desk.Running:
		return progressWords(j)
	case desk.Held:
		return lang.L("paused")
	case desk.Done, desk.Broken, desk.Stopped:
	}
	return endWords(j)
}
