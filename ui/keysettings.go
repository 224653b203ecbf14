// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/storage"
	"spoor/ui/desk"
	"spoor/ui/widgets"
)

// keySettings are how the keys of titles are kept, what reports are signed with, and whose clock stamps the audit log.
type keySettings struct {
	window *Window
	object fyne.CanvasObject
	kept   *widget.Label
	signer *widget.Label
}

func newKeySettings(w *Window) *keySettings {
	s := &keySettings{window: w, kept: widgets.Prose(""), signer: widgets.Code("")}
	protect := widget.NewButtonWithIcon(lang.L("Passphrase…"), theme.LoginIcon(), s.askToProtect)
	export := widget.NewButtonWithIcon(lang.L("Export all keys…"), theme.UploadIcon(), func() { w.askToExportKeys(nil, "all titles") })
	take := widget.NewButtonWithIcon(lang.L("Import keys…"), theme.DownloadIcon(), w.askToImportKeys)
	service := widget.NewEntry()
	service.SetPlaceHolder("https://tsa.example/tsr")
	service.SetText(w.app.Preferences().String(prefStamps))
	service.OnChanged = func(text string) { w.app.Preferences().SetString(prefStamps, strings.TrimSpace(text)) }
	now := widget.NewButton(lang.L("Stamp now"), func() { w.stamp(true) })
	buttons := container.NewHBox(protect, export, take, layout.NewSpacer())
	s.object = widget.NewForm(
		&widget.FormItem{Text: lang.L("Keys of titles"), Widget: container.NewVBox(s.kept, buttons)},
		&widget.FormItem{
			Text: lang.L("Reports are signed with"), Widget: s.signer,
			HintText: lang.L("the public half, to be made known beforehand; the secret half lies in the folder keys"),
		},
		&widget.FormItem{
			Text: lang.L("Time-stamp service"), Widget: container.NewBorder(nil, nil, nil, now, service),
			HintText: lang.L("RFC 3161; after copies and examinations it gets a hash of the audit log, and nothing else"),
		},
	)
	return s
}

// refresh tells how keys are kept.
func (s *keySettings) refresh() {
	background(s.window, func(context.Context) (storage.Protection, error) { return s.window.engine.KeyProtection() },
		func(p storage.Protection, err error) {
			if err != nil {
				s.kept.SetText(err.Error())
				return
			}
			s.kept.SetText(map[storage.Protection]string{
				storage.Unprotected:  lang.L("not encrypted; only you can read their files"),
				storage.ByPassphrase: lang.L("encrypted with a passphrase"),
				storage.ByKeyring:    lang.L("encrypted with a secret in the keyring of this system; keep an export as well"),
			}[p])
		})
	public := s.window.engine.Store().ReportPublicKey()
	if public == "" {
		public = lang.L("a key that is made with the first report")
	}
	s.signer.SetText(public)
}

// askToProtect encrypts the keys with a passphrase, or changes it.
func (s *keySettings) askToProtect() {
	s.window.askForPassphrase(lang.L("Encrypt the keys"), lang.L("without it the keys are lost: keep it apart from this machine"), true,
		func(passphrase string) {
			background(s.window, func(context.Context) (struct{}, error) { return struct{}{}, s.window.engine.ProtectKeys(passphrase) },
				func(_ struct{}, err error) {
					s.window.fail(err)
					if err == nil {
						s.window.status.say(lang.L("The keys are encrypted. " +
							"Old copies of the folder keys may still hold them in the open."))
					}
					s.refresh()
				})
		})
}

// stamp has the audit log time-stamped, where a service was named. That it could not be is told; the next time it is tried
// again. asked says that somebody waits for the answer.
func (w *Window) stamp(asked bool) {
	service := w.app.Preferences().String(prefStamps)
	if service == "" {
		if asked {
			w.fail(errors.New(lang.L("name a time-stamp service first")))
		}
		return
	}
	background(w, func(ctx context.Context) (bool, error) { return w.team.Stamp(ctx, service) }, func(done bool, err error) {
		switch {
		case err != nil:
			w.status.say(lang.L("Not time-stamped yet, it is tried again: ") + err.Error())
		case done:
			w.status.say(lang.L("The audit log is time-stamped."))
		case asked:
			w.status.say(lang.L("There is nothing new to be time-stamped."))
		}
	})
}

// Passphrase asks for the passphrase of the keys, in the window, when a key is needed and they are encrypted with one. It may
// be handed to the engine before there is a window.
type Passphrase struct{ asks desk.Question }

// Ask waits for the answer; "" where there is no window, or the person does not know it. It must not be called on the
// window's goroutine.
func (p *Passphrase) Ask() (string, error) { return p.asks.Ask(), nil }

// serve has the window answer. Before the first key of a home is made, whoever has no keyring would be asked to invent a
// passphrase in the midst of registering a title: the keys are kept in the open then, and that is told.
func (p *Passphrase) serve(w *Window) {
	p.asks.Serve(func(answer func(string)) {
		if kept, err := w.engine.KeyProtection(); err == nil && kept == storage.Unprotected {
			answer("")
			onWindow(func() {
				w.notice.show(lang.L("The keys of titles are not encrypted: whoever can read their folder can make copies " +
					"in anybody's name. Settings, Keys and signatures, encrypts them with a passphrase."))
			})
			return
		}
		onWindow(func() { w.askToUnlock(answer) })
	})
}

// askToUnlock asks for the passphrase of the keys.
func (w *Window) askToUnlock(answer func(string)) {
	w.askForPassphraseOr(lang.L("The keys are encrypted"), lang.L("their passphrase, to read or make marks"), false, answer,
		func() { answer("") })
}
