// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/look"
	"spoor/ui/widgets"
)

// syncView lists the servers that this home works with and shows how it stands with the chosen one: what waits to be sent,
// what both sides have changed, what was copied from there.
type syncView struct {
	*listView[storage.Remote]
	window *Window
	detail *fyne.Container
	filter *widget.Entry
	shown  string            // id of the server
	told   map[string]string // what the last exchange with a server did, by its id
}

func newSyncView(w *Window) *syncView {
	v := &syncView{window: w, detail: container.NewVBox(), told: map[string]string{}, filter: widget.NewEntry()}
	v.filter.SetPlaceHolder(lang.L("Filter by recipient…"))
	v.filter.OnChanged = func(string) { v.read(v.shown) }
	v.listView = newListView(w, listPlan[storage.Remote]{
		load: v.load, id: func(r storage.Remote) string { return r.ID },
		row:  func(r storage.Remote) (name, note string) { return r.Name, r.URL },
		show: func(r storage.Remote) { v.read(r.ID) }, right: container.NewVScroll(container.NewPadded(v.detail)), share: 0.25,
		addName: lang.L("Add a server…"), add: v.askForRemote,
		emptyIcon: theme.ComputerIcon(), emptyName: lang.L("No servers yet"),
		emptyText: lang.L("A team shares results through a server: spoor serve, or the original service. Results are sent and copied " +
			"when you say so; evidence never leaves this machine unless you submit a leak."),
	})
	return v
}

// load reads the servers, which are few.
func (v *syncView) load(ctx context.Context, last *storage.Remote) ([]storage.Remote, error) {
	if last != nil {
		return nil, nil
	}
	return v.window.engine.Store().Remotes(ctx)
}

// read reads how this home stands with a server, and shows it.
func (v *syncView) read(id string) {
	v.shown = id
	tag := strings.TrimSpace(v.filter.Text)
	background(v.window, func(ctx context.Context) (desk.Standing, error) {
		return desk.ReadStanding(ctx, v.window.engine.Store(), v.window.team, id, tag)
	}, func(s desk.Standing, err error) {
		switch {
		case err != nil:
			v.window.fail(err)
		case v.shown == id && tag == strings.TrimSpace(v.filter.Text):
			v.fill(&s)
		}
	})
}

func (v *syncView) fill(s *desk.Standing) {
	v.detail.RemoveAll()
	v.detail.Add(widgets.Heading(s.Name))
	v.detail.Add(v.buttons(s))
	if told := v.told[s.ID]; told != "" {
		v.detail.Add(widgets.Prose(told))
	}
	looked := lang.L("never")
	if !s.SweptAt.IsZero() {
		looked = moment(s.SweptAt)
	}
	v.detail.Add(widgets.NewPanel(widgets.Facts([]widgets.Fact{
		{Name: lang.L("Address"), Value: s.URL, Code: true},
		{Name: lang.L("Account"), Value: s.ClientID, Code: true},
		{Name: lang.L("All of it looked through"), Value: looked},
		{Name: lang.L("Waiting to be sent"), Value: fmt.Sprint(s.Counts.Waiting)},
		{Name: lang.L("Sent"), Value: fmt.Sprint(s.Counts.Sent)},
		{Name: lang.L("Not taken there"), Value: fmt.Sprint(s.Counts.Refused)},
		{Name: lang.L("Erased there"), Value: fmt.Sprint(s.Counts.Erased)},
	}), ""))
	v.addConflicts(s)
	for _, r := range s.Refused {
		v.detail.Add(widgets.Prose(fmt.Sprintf(lang.L("%s was not taken: %s"), r.BacktraceID, r.Error)))
	}
	v.addIncoming(s)
	v.detail.Refresh()
}

func (v *syncView) buttons(s *desk.Standing) fyne.CanvasObject {
	now := widget.NewButtonWithIcon(lang.L("Sync now"), theme.ViewRefreshIcon(), func() { v.sync(s.Remote) })
	now.Importance = widget.HighImportance
	return container.NewHBox(now,
		widget.NewButtonWithIcon(lang.L("Copy everything"), theme.DownloadIcon(), func() { v.mirror(s.Remote) }),
		widget.NewButtonWithIcon(lang.L("Submit a leak…"), theme.UploadIcon(), func() { v.askForSubmission(s.Remote) }),
		widget.NewButtonWithIcon(lang.L("Test"), theme.QuestionIcon(), func() { v.test(s.Remote) }),
		widget.NewButtonWithIcon(lang.L("Remove…"), theme.DeleteIcon(), func() { v.askToRemove(s.Remote) }))
}

// addConflicts shows what both sides have changed, side by side.
func (v *syncView) addConflicts(s *desk.Standing) {
	if len(s.Conflicts) == 0 {
		return
	}
	v.detail.Add(widgets.Subheading(fmt.Sprintf(lang.L("Changed on both sides: %d"), len(s.Conflicts))))
	v.detail.Add(widgets.Hint(lang.L("Both are kept until you decide. What is here is never changed.")))
	for _, c := range s.Conflicts {
		v.detail.Add(v.conflictCard(s.Remote, c))
	}
}

func (v *syncView) conflictCard(r storage.Remote, c desk.Conflict) fyne.CanvasObject {
	settle := func(ours bool) func() {
		return func() {
			v.window.change(fmt.Sprintf(lang.L("Decided on %s"), c.Exhibit), func(ctx context.Context) error {
				return v.window.team.Settle(ctx, r.ID, c.Backtrace, ours)
			}, nil)
		}
	}
	here := container.NewVBox(widgets.Strong(lang.L("Here")), sideFacts(&c.Ours),
		widget.NewButtonWithIcon(lang.L("Send ours there"), theme.UploadIcon(), settle(true)))
	there := container.NewVBox(widgets.Strong(fmt.Sprintf(lang.L("There (version %d)"), c.Theirs.Version)), sideFacts(&c.Theirs),
		widget.NewButtonWithIcon(lang.L("Leave theirs there"), theme.ConfirmIcon(), settle(false)))
	return widgets.NewPanel(container.NewVBox(widgets.Title(c.Exhibit), container.NewGridWithColumns(2, here, there)), look.ColorMarked)
}

func sideFacts(s *desk.Side) fyne.CanvasObject {
	return widgets.Facts([]widgets.Fact{
		{Name: lang.L("Status"), Value: s.Status},
		{Name: lang.L("Answer"), Value: s.Verdict},
		{Name: lang.L("Recipients"), Value: strings.Join(s.Tags, ", ")},
		{Name: lang.L("Finished"), Value: moment(s.FinishedAt)},
	})
}

// addIncoming lists what was copied from the server.
func (v *syncView) addIncoming(s *desk.Standing) {
	v.detail.Add(widgets.Subheading(lang.L("Copied from there")))
	v.detail.Add(v.filter)
	if len(s.Incoming) == 0 {
		v.detail.Add(widgets.Hint(lang.L("Nothing yet, or nothing that fits the filter.")))
		return
	}
	for i := range s.Incoming {
		b := &s.Incoming[i]
		who := strings.Join(b.Tags, ", ")
		if who == "" {
			who = string(b.Status)
		}
		note := widgets.Quiet(b.InputName + " · " + moment(b.UpdatedAt) + " · " + b.ID)
		v.detail.Add(container.NewVBox(widgets.Strong(who), note))
	}
	if more := s.Total - int64(len(s.Incoming)); more > 0 {
		v.detail.Add(widgets.Hint(fmt.Sprintf(lang.L("%d more: the filter finds them."), more)))
	}
}

// sync sends what was found here, then copies what the server has.
func (v *syncView) sync(r storage.Remote) {
	v.exchange(r, func(ctx context.Context, report func(engine.Progress)) (desk.Exchange, error) {
		return v.window.team.Sync(ctx, r.ID, report)
	})
}

func (v *syncView) mirror(r storage.Remote) {
	v.exchange(r, func(ctx context.Context, report func(engine.Progress)) (desk.Exchange, error) {
		return v.window.team.Mirror(ctx, r.ID, true, report)
	})
}

// exchange does something with a server as a piece of work, and keeps what it did in words.
func (v *syncView) exchange(r storage.Remote, do func(context.Context, func(engine.Progress)) (desk.Exchange, error)) {
	v.window.work.Add(r.Name, func(ctx context.Context, report func(engine.Progress)) error {
		x, err := do(ctx, report)
		onWindow(func() {
			v.told[r.ID] = fmt.Sprintf(lang.L("Last time: sent %d, not taken %d, copied %d of %d, removed %d."),
				x.Sent, x.Refused, x.Changed, x.Total, x.Removed)
			if err != nil {
				v.told[r.ID] = err.Error()
			}
		})
		return err
	})
}

// test sees whether a server can be reached and takes us in.
func (v *syncView) test(r storage.Remote) {
	v.window.status.say(fmt.Sprintf(lang.L("Asking %s…"), r.Name))
	background(v.window, func(ctx context.Context) (int64, error) { return v.window.team.Test(ctx, r.ID) }, func(n int64, err error) {
		words := fmt.Sprintf(lang.L("%s works: it has %d results of ours."), r.Name, n)
		if err != nil {
			words = err.Error()
		}
		v.window.status.say(words)
		v.told[r.ID] = words
		v.read(r.ID)
	})
}

func (v *syncView) askToRemove(r storage.Remote) {
	ask := dialog.NewConfirm(fmt.Sprintf(lang.L("Remove %s?"), r.Name),
		lang.L("This home forgets the server, its secret, and what was copied from it. Nothing changes there."), func(yes bool) {
			if !yes {
				return
			}
			v.chosen = ""
			v.window.change(fmt.Sprintf(lang.L("Removed %s"), r.Name), func(ctx context.Context) error {
				return v.window.engine.Store().RemoveRemote(ctx, r.ID)
			}, nil)
		}, v.window.win)
	ask.SetConfirmText(lang.L("Remove"))
	ask.SetDismissText(lang.L("Keep"))
	ask.SetConfirmImportance(widget.DangerImportance)
	ask.Show()
}

// askForSubmission asks for a leak and sends it away, which nothing else does.
func (v *syncView) askForSubmission(r storage.Remote) {
	v.window.chooseFile(func(path string) {
		v.window.askWhich(fmt.Sprintf(lang.L("Send it to %s?"), r.Name), fmt.Sprintf(
			lang.L("%s leaves this machine and is traced there. The answer is written into the inbox."), path),
			choice{lang.L("Send"), func() { v.submit(r, path) }}, choice{lang.L("Cancel"), func() {}})
	}, nil)
}

func (v *syncView) submit(r storage.Remote, path string) {
	author := v.window.app.Preferences().String(prefExaminer)
	v.window.work.Add(r.Name, func(ctx context.Context, report func(engine.Progress)) error {
		inbox, err := v.window.engine.Case(ctx, storage.Inbox)
		if err != nil {
			return err
		}
		answer, err := v.window.team.Submit(ctx, r.ID, desk.Submission{Leak: path, CaseID: inbox.ID, Author: author}, report)
		if err != nil {
			return err
		}
		onWindow(func() { v.told[r.ID] = answer })
		return nil
	})
}
