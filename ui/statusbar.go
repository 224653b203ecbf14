// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/desk"
)

// statusBar tells at the bottom of the window what goes on: how far it is, how long it still takes, and what failed.
type statusBar struct {
	window *Window
	object fyne.CanvasObject
	words  *widget.Label
	bar    *widget.ProgressBar
	pause  *widget.Button
	stop   *widget.Button
	all    *widget.Button
	told   map[string]bool // jobs whose end was told
	since  time.Time       // what ended before was told by another run of the program
}

func newStatusBar(w *Window) *statusBar {
	s := &statusBar{window: w, words: widget.NewLabel(""), bar: widget.NewProgressBar(), told: map[string]bool{}, since: time.Now()}
	s.words.Truncation = fyne.TextTruncateEllipsis
	s.pause = widget.NewButtonWithIcon("", theme.MediaPauseIcon(), func() { w.pauseAll(!w.work.Paused()) })
	s.stop = widget.NewButtonWithIcon(lang.L("Stop"), theme.CancelIcon(), func() {
		if job, _, busy := w.busyWith(); busy {
			w.stopJob(job)
		}
	})
	s.all = widget.NewButtonWithIcon(lang.L("Work"), theme.ListIcon(), w.showJobs)
	for _, b := range []*widget.Button{s.pause, s.stop, s.all} {
		b.Importance = widget.LowImportance
	}
	bar := container.New(layout.NewGridWrapLayout(fyne.NewSize(220, 30)), s.bar)
	s.object = container.NewVBox(widget.NewSeparator(),
		container.NewBorder(nil, nil, nil, container.NewHBox(bar, s.pause, s.stop, s.all), s.words))
	s.idle(lang.L("Ready. Drop a file anywhere to trace it."))
	return s
}

// say tells something that was done, while no work runs.
func (s *statusBar) say(words string) {
	if _, _, busy := s.window.busyWith(); !busy {
		s.idle(words)
	}
}

func (s *statusBar) idle(words string) {
	s.words.SetText(words)
	s.bar.Hide()
	s.stop.Hide()
	s.pause.Hide()
}

// refresh shows the state of the work, and reports whether a job has ended since the last time.
func (s *statusBar) refresh() (ended bool) {
	var last *desk.Job
	for _, j := range s.window.jobs() {
		if j.State.Ended() && !s.told[j.ID] {
			s.told[j.ID] = true
			if j.Ended.After(s.since) {
				last, ended = &j, true
			}
		}
		if !j.State.Ended() {
			delete(s.told, j.ID) // it was begun again
		}
	}
	if last != nil {
		s.window.tell(last)
	}
	job, waiting, busy := s.window.busyWith()
	switch {
	case busy:
		s.show(job, waiting)
	case s.window.work.Paused() && waiting > 0:
		s.words.SetText(fmt.Sprintf(lang.L("Paused. %d waiting."), waiting))
		s.bar.Hide()
		s.stop.Hide()
	case last != nil:
		s.idle(endWords(last))
	}
	s.pause.SetIcon(theme.MediaPauseIcon())
	if s.window.work.Paused() {
		s.pause.SetIcon(theme.MediaPlayIcon())
	}
	return ended
}

func (s *statusBar) show(job desk.Job, waiting int) {
	words := job.Name
	if doing := progressWords(&job); doing != "" {
		words += ": " + doing
	}
	if waiting > 0 {
		words += " · " + fmt.Sprintf(lang.L("%d waiting"), waiting)
	}
	s.words.SetText(words)
	s.bar.SetValue(job.Share())
	s.bar.Show()
	s.stop.Show()
	s.pause.Show()
}

// progressWords says what is being done, and how long it still takes.
func progressWords(j *desk.Job) string {
	words := j.Progress.Stage
	if left := j.Progress.Left; left > 0 {
		words += ", " + fmt.Sprintf(lang.L("about %s left"), left.Round(time.Second))
	}
	return words
}

func endWords(j *desk.Job) string {
	if j.State == desk.Broken {
		return fmt.Sprintf(lang.L("%s: failed: %v"), j.Name, j.Err)
	}
	if j.State == desk.Stopped {
		return fmt.Sprintf(lang.L("%s: stopped. Start it again to go on."), j.Name)
	}
	return fmt.Sprintf(lang.L("%s: done in %s."), j.Name, j.Ended.Sub(j.Begun).Round(100*time.Millisecond))
}

// tellAfter is how long work must have taken for its end to be worth a notification.
const tellAfter = 30 * time.Second

// tell sends a notification of the system for long work, which may have ended while nobody looked.
func (w *Window) tell(j *desk.Job) {
	if j.Ended.Sub(j.Begun) > tellAfter && j.State != desk.Stopped {
		w.app.SendNotification(fyne.NewNotification("Spoor", endWords(j)))
	}
}
