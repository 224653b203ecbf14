// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"spoor/assets"
	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
)

// Window is the program's one window.
type Window struct {
	app    fyne.App
	win    fyne.Window
	engine *engine.Engine
	work   *desk.Work
	kept   *desk.Backlog
	team   desk.Team
	host   desk.Host

	passphrase *Passphrase

	ctx  context.Context //nolint:containedctx // of everything the window starts: it ends with the window
	end  context.CancelFunc
	busy sync.WaitGroup

	places  []*place
	current *place
	rail    *rail
	status  *statusBar
	content *fyne.Container
	frame   *fyne.Container // all of it
	foot    *fyne.Container // under the places
	cases   *casesView
	titles  *titlesView
	logs    *logsView
	sync    *syncView
	inbox   *caseView
	search  *searchView
	sheet   *sheet
	notice  *notice

	history  *desk.History
	undoItem *fyne.MenuItem
	jobList  *jobsView // nil while it is not looked at
}

// place is an entry of the rail with its view.
type place struct {
	name    string
	icon    fyne.Resource
	view    fyne.CanvasObject
	refresh func()
}

// New makes the window on an engine, which stays the caller's to close after [Window.Run]. team is the way to servers, host makes this
// home one; passphrase
// is what the engine asks.
func New(a fyne.App, e *engine.Engine, team desk.Team, host desk.Host, passphrase *Passphrase) (*Window, error) {
	if err := speak(a); err != nil {
		return nil, err
	}
	w := &Window{app: a, engine: e, team: team, host: host}
	w.ctx, w.end = context.WithCancel(context.Background())
	w.applyTheme()
	a.SetIcon(fyne.NewStaticResource("icon.png", assets.Icon()))
	w.win = a.NewWindow("Spoor")
	w.build()
	w.passphrase = passphrase
	passphrase.serve(w)
	return w, nil
}

func (w *Window) build() {
	w.status = newStatusBar(w)
	changes := &refresher{do: w.workChanged}
	w.sheet, w.notice = newSheet(w), newNotice(w)
	w.work, w.kept = desk.NewWork(changes.ask), desk.NewBacklog(w.engine, changes.ask)
	w.inbox = newCaseView(w)
	w.cases, w.titles, w.logs, w.sync = newCasesView(w), newTitlesView(w), newLogsView(w), newSyncView(w)
	settings := newSettingsView(w)
	w.places = []*place{
		{lang.L("Inbox"), iconInbox(), w.inbox.object, func() { w.inbox.open(storage.Inbox) }},
		{lang.L("Cases"), iconCases(), w.cases.object, w.cases.refresh},
		{lang.L("Titles"), iconTitles(), w.titles.object, w.titles.refresh},
		{lang.L("Access logs"), iconLogs(), w.logs.object, w.logs.refresh},
		{lang.L("Sync"), iconSync(), w.sync.object, w.sync.refresh},
		{lang.L("Settings"), iconSettings(), settings.object, settings.refresh},
	}
	w.content = container.NewStack(w.inbox.object)
	w.makeHistory()
	w.search = newSearchView(w)
	w.rail = newRail(w.search.field, w.places, w.show)
	// A window that is smaller than what a place needs can be moved over it.
	w.foot = container.NewVBox(w.notice.object, w.status.object)
	w.frame = container.NewBorder(nil, w.foot, w.rail.object, w.sheet.object, container.NewScroll(w.content))
	w.win.SetContent(w.frame)
	w.win.SetMainMenu(w.menu())
	w.shortcuts()
	w.win.SetOnDropped(w.Drop)
	w.win.SetCloseIntercept(w.askToClose)
	w.restoreLayout()
	w.show(w.places[0])
	w.tellMissingTools()
}

// Run shows the window and returns when it was closed and everything it had started has ended.
func (w *Window) Run() {
	w.win.ShowAndRun()
	w.Close()
}

// Close ends everything that the window has started and returns when it has ended.
func (w *Window) Close() {
	w.end()
	w.passphrase.asks.Close()
	w.search.search.Close()
	w.inbox.close()
	w.cases.open.close()
	w.work.Close()
	w.kept.Close()
	w.busy.Wait()
}

// placeOf is the place that shows something.
func (w *Window) placeOf(view fyne.CanvasObject) *place {
	for _, p := range w.places {
		if p.view == view {
			return p
		}
	}
	return w.current
}

// show goes to a place.
func (w *Window) show(p *place) {
	w.current = p
	w.content.Objects = []fyne.CanvasObject{p.view}
	w.content.Refresh()
	w.rail.mark(p)
	p.refresh()
}

// layOut gives what came or went at the side and at the foot its room.
func (w *Window) layOut() {
	for _, c := range []*fyne.Container{w.frame, w.foot} {
		if c != nil {
			c.Layout.Layout(c.Objects, c.Size())
		}
	}
}

// workChanged shows the state of the work. A job that ended may have changed anything that is shown.
func (w *Window) workChanged() {
	if ended := w.status.refresh(); ended {
		w.current.refresh()
		w.stamp(false)
	}
	if w.jobList != nil {
		w.jobList.refresh()
	}
	w.titles.workChanged()
	w.inbox.workChanged()
	w.cases.workChanged()
}

// askToClose asks before work is interrupted. What runs is checkpointed, and goes on when it is asked for again.
func (w *Window) askToClose() {
	w.keepLayout()
	job, _, busy := w.busyWith()
	if !busy {
		w.win.Close()
		return
	}
	words := lang.L("Work is still running. It is stopped now, keeps what it has done, and goes on there at the next start.")
	if !job.Kept {
		words = lang.L("Work is still running. It is stopped now and has to be started again.")
	}
	ask := dialog.NewConfirm(lang.L("Close Spoor?"), words,
		func(yes bool) {
			if yes {
				w.win.Close()
			}
		}, w.win)
	ask.SetConfirmText(lang.L("Stop and close"))
	ask.SetDismissText(lang.L("Keep working"))
	ask.SetConfirmImportance(widget.DangerImportance)
	ask.Show()
}
