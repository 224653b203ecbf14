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
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// hostSettings make this home a server for others: whether it answers, who may ask, and where inputs come from.
type hostSettings struct {
	window    *Window
	object    fyne.CanvasObject
	state     *widget.Label
	start     *widget.Button
	stop      *widget.Button
	clients   *fyne.Container
	pipelines *fyne.Container
	cancel    context.CancelFunc // of what is served; nil where nothing is
}

func newHostSettings(w *Window) *hostSettings {
	s := &hostSettings{window: w, state: widgets.Prose(""), clients: container.NewVBox(), pipelines: container.NewVBox()}
	s.start = widget.NewButtonWithIcon(lang.L("Serve this home…"), theme.MediaPlayIcon(), s.askToServe)
	s.stop = widget.NewButtonWithIcon(lang.L("Stop serving"), theme.MediaStopIcon(), func() {
		if s.cancel != nil {
			s.cancel()
		}
	})
	client := widget.NewButtonWithIcon(lang.L("Add a client…"), theme.ContentAddIcon(), s.askForClient)
	pipeline := widget.NewButtonWithIcon(lang.L("Add a pipeline…"), theme.ContentAddIcon(), s.askForPipeline)
	left := func(buttons ...fyne.CanvasObject) fyne.CanvasObject {
		return container.NewHBox(append(buttons, layout.NewSpacer())...)
	}
	s.object = widget.NewForm(
		&widget.FormItem{
			Text: lang.L("Answers"), Widget: container.NewVBox(s.state, left(s.start, s.stop)),
			HintText: lang.L("as long as this window is open; spoor serve does it without a window"),
		},
		&widget.FormItem{
			Text: lang.L("Clients"), Widget: container.NewVBox(s.clients, left(client)),
			HintText: lang.L("programs and people that may ask"),
		},
		&widget.FormItem{
			Text: lang.L("Pipelines"), Widget: container.NewVBox(s.pipelines, left(pipeline)),
			HintText: lang.L("folders and addresses that inputs are taken from; uploads always are"),
		},
	)
	s.told("")
	return s
}

// told says where the home is served; "" nowhere.
func (s *hostSettings) told(url string) {
	s.state.SetText(lang.L("nobody: this home is not served"))
	s.start.Show()
	s.stop.Hide()
	if url != "" {
		s.state.SetText(fmt.Sprintf(lang.L("at %s"), url))
		s.start.Hide()
		s.stop.Show()
	}
}

// refresh lists clients and pipelines.
func (s *hostSettings) refresh() {
	store := s.window.engine.Store()
	background(s.window, func(ctx context.Context) ([]storage.Application, error) {
		list, _, err := store.Applications(ctx, "", storage.Slice{})
		return list, err
	}, s.fillClients)
	background(s.window, func(ctx context.Context) ([]storage.Pipeline, error) {
		list, _, err := store.Pipelines(ctx, storage.Slice{})
		return list, err
	}, func(list []storage.Pipeline, err error) {
		s.window.fail(err)
		s.pipelines.RemoveAll()
		for _, p := range list {
			words := strings.Trim(p.Name+" · "+p.Input, " ·")
			s.pipelines.Add(container.NewVBox(widgets.Strong(words), widgets.Code(p.ID)))
		}
		s.pipelines.Refresh()
	})
}

func (s *hostSettings) fillClients(list []storage.Application, err error) {
	s.window.fail(err)
	s.clients.RemoveAll()
	for _, a := range list {
		if a.RevokedAt != nil {
			continue
		}
		revoke := widget.NewButtonWithIcon(lang.L("Revoke…"), theme.DeleteIcon(), func() { s.askToRevoke(a) })
		words := container.NewVBox(widgets.Strong(a.Name+" · "+strings.Join(a.Scopes, ", ")), widgets.Code(a.ID))
		s.clients.Add(container.NewBorder(nil, nil, nil, container.NewVBox(revoke), words))
	}
	s.clients.Refresh()
}

// askToServe asks at which address, and serves the home there.
func (s *hostSettings) askToServe() {
	addr, public := newField("127.0.0.1:8080"), newField("")
	cert, key := s.window.fileField(), s.window.fileField()
	addr.Validator = needed(lang.L("an address such as 127.0.0.1:8080 is needed"))
	local := widget.NewCheck(lang.L("inputs and pings may be on this machine and in private networks"), nil)
	s.window.ask(lang.L("Serve this home"), lang.L("Serve"), []*widget.FormItem{
		{Text: lang.L("Address"), Widget: addr, HintText: lang.L("host and port to listen on; port 0 takes a free one")},
		{Text: lang.L("Certificate"), Widget: cert.object, HintText: lang.L("PEM; without, it speaks plain HTTP: keep it on this machine")},
		{Text: lang.L("Key of the certificate"), Widget: key.object},
		{Text: lang.L("Public address"), Widget: public, HintText: lang.L("how clients see it, where it is behind a proxy")},
		{Text: "", Widget: local},
	}, addr, func(ok bool) {
		if ok {
			s.serve(desk.Serving{
				Addr: strings.TrimSpace(addr.Text), Cert: cert.path(), Key: key.path(), PublicURL: strings.TrimSpace(public.Text),
				Local: local.Checked,
			})
		}
	})
}

// serve serves the home until it is stopped, or the window closes.
func (s *hostSettings) serve(o desk.Serving) {
	if s.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(s.window.ctx)
	s.cancel = cancel
	background(s.window, func(context.Context) (struct{}, error) {
		defer cancel()
		return struct{}{}, s.window.host.Serve(ctx, o, func(url string) { onWindow(func() { s.told(url) }) })
	}, func(_ struct{}, err error) {
		s.cancel = nil
		s.told("")
		s.window.fail(err)
	})
}

// askForClient asks who may ask, and shows the secret once.
func (s *hostSettings) askForClient() {
	name, scopes := newField(""), widget.NewCheckGroup(s.window.host.Scopes(), nil)
	name.Validator = needed(lang.L("a client needs a name"))
	scopes.SetSelected([]string{"me", "mediahub"})
	s.window.ask(lang.L("Add a client"), lang.L("Add"), []*widget.FormItem{
		{Text: lang.L("Name"), Widget: name, HintText: lang.L("such as a program or a person")},
		{Text: lang.L("May"), Widget: scopes},
	}, name, func(ok bool) {
		if !ok {
			return
		}
		background(s.window, func(ctx context.Context) ([2]string, error) {
			id, secret, err := s.window.host.AddClient(ctx, strings.TrimSpace(name.Text), scopes.Selected)
			return [2]string{id, secret}, err
		}, func(made [2]string, err error) {
			s.window.fail(err)
			if err == nil {
				s.showOnce(lang.L("The client"), []widgets.Fact{
					{Name: lang.L("Account"), Value: made[0], Code: true}, {Name: lang.L("Secret"), Value: made[1], Code: true},
				})
			}
			s.refresh()
		})
	})
}

// showOnce shows at the side what is kept nowhere.
func (s *hostSettings) showOnce(title string, facts []widgets.Fact) {
	s.window.sheet.open(title, container.NewVScroll(container.NewVBox(widgets.Facts(facts),
		widgets.Prose(lang.L("The secret is kept nowhere: note it down now, where only its owner reads it.")))), formWidth, func() {})
}

func (s *hostSettings) askToRevoke(a storage.Application) {
	ask := dialog.NewConfirm(fmt.Sprintf(lang.L("Revoke %s?"), a.Name), lang.L("Its tokens stop working at once. What it made stays."),
		func(yes bool) {
			if yes {
				background(s.window, func(ctx context.Context) (struct{}, error) {
					return struct{}{}, s.window.engine.Store().RevokeApplication(ctx, a.ID)
				}, func(_ struct{}, err error) {
					s.window.fail(err)
					s.refresh()
				})
			}
		}, s.window.win)
	ask.SetConfirmText(lang.L("Revoke"))
	ask.SetDismissText(lang.L("Keep"))
	ask.SetConfirmImportance(widget.DangerImportance)
	ask.Show()
}

// askForPipeline asks where inputs come from, and who is told of results.
func (s *hostSettings) askForPipeline() {
	name, input := newField(""), newField("")
	started, finished, warning, failed := newField(""), newField(""), newField(""), newField("")
	name.Validator, input.Validator = needed(lang.L("a pipeline needs a name")), needed(lang.L("a folder or an http(s) address is needed"))
	choose := widget.NewButtonWithIcon("", theme.FolderOpenIcon(), func() { s.window.chooseFolder(input.SetText) })
	s.window.ask(lang.L("Add a pipeline"), lang.L("Add"), []*widget.FormItem{
		{Text: lang.L("Name"), Widget: name},
		{
			Text: lang.L("Inputs"), Widget: container.NewBorder(nil, nil, nil, choose, input),
			HintText: lang.L("a folder or an http(s) address; clients reach nothing outside of it"),
		},
		{Text: lang.L("Told at the start"), Widget: started, HintText: lang.L("an http(s) address; may stay empty")},
		{Text: lang.L("Told at the end"), Widget: finished},
		{Text: lang.L("Told of damaged inputs"), Widget: warning},
		{Text: lang.L("Told of failures"), Widget: failed},
	}, name, func(ok bool) {
		if !ok {
			return
		}
		p := storage.Pipeline{
			Name: typed(name), Input: typed(input),
			PingStarted: typed(started), PingFinished: typed(finished), PingWarning: typed(warning), PingError: typed(failed),
		}
		background(s.window, func(ctx context.Context) (string, error) { return s.window.host.AddPipeline(ctx, p) },
			func(key string, err error) {
				s.window.fail(err)
				if key != "" {
					s.showOnce(lang.L("The pipeline"), []widgets.Fact{{Name: lang.L("Pings are signed with"), Value: key, Code: true}})
				}
				s.refresh()
			})
	})
}
