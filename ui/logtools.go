// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine"
	"spoor/engine/access/etsi"
	"spoor/storage"
	"spoor/ui/widgets"
)

// tools is what can be done with logs beyond importing them.
func (v *logsView) tools() fyne.CanvasObject {
	who := widget.NewButtonWithIcon(lang.L("Who fetched an ID…"), theme.SearchIcon(), v.askForAccesses)
	more := widget.NewButtonWithIcon("", theme.MoreVerticalIcon(), nil)
	more.OnTapped = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(more).AddXY(0, more.Size().Height)
		widget.ShowPopUpMenuAtPosition(fyne.NewMenu("",
			fyne.NewMenuItem(lang.L("Say what a file in the logs is…"), v.askForFile),
			fyne.NewMenuItem(lang.L("Read a watermarking token…"), v.askForToken)), v.window.win.Canvas(), at)
	}
	return container.NewBorder(nil, nil, nil, more, who)
}

// actions are what can be done with a log.
func (v *logsView) actions(l *engine.ImportedLog) fyne.CanvasObject {
	name, to := lang.L("Keep from retention"), true
	if l.OnHold {
		name, to = lang.L("No longer keep from retention"), false
	}
	hold := widget.NewButtonWithIcon(name, theme.LoginIcon(), func() { v.hold(l, to) })
	again := widget.NewButtonWithIcon(lang.L("Read it otherwise…"), theme.ViewRefreshIcon(), func() {
		v.window.chooseFile(func(path string) { v.window.askHowToRead(path, true) }, nil)
	})
	return container.NewHBox(hold, again)
}

func (v *logsView) hold(l *engine.ImportedLog, on bool) {
	set := func(on bool) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := v.window.engine.HoldLog(ctx, l.ID, on)
			return err
		}
	}
	v.window.change(fmt.Sprintf(lang.L("Changed how long %s is kept"), l.FileName), set(on), set(!on))
}

// askForAccesses asks for an ID and shows who fetched its copy.
func (v *logsView) askForAccesses() {
	tag := newField("")
	tag.Validator = storage.ValidTag
	v.window.ask(lang.L("Who fetched an ID"), lang.L("Show"), []*widget.FormItem{
		{Text: lang.L("Watermark ID"), Widget: tag, HintText: lang.L("as it stands in the logs and in the registry")},
	}, tag, func(ok bool) {
		if !ok {
			return
		}
		v.accesses.forget()
		v.accesses.show([]copyKey{{tag: tag.Text}})
		back := widget.NewButtonWithIcon(lang.L("Back to the logs"), theme.NavigateBackIcon(), v.uncover)
		v.cover(container.NewPadded(container.NewBorder(
			container.NewBorder(nil, nil, back, nil, widgets.Title(tag.Text)), nil, nil, nil, v.accesses.object)))
	})
}

// askForToken asks for a watermarking token (ETSI TS 104 002) and a key, and tells what it says.
func (v *logsView) askForToken() {
	token, key := newLongField(), v.window.fileField()
	token.Validator = needed(lang.L("a token is needed"))
	v.window.ask(lang.L("Read a watermarking token"), lang.L("Read"), []*widget.FormItem{
		{Text: lang.L("Token"), Widget: token, HintText: lang.L("as it stands in a log")},
		{
			Text: lang.L("Key"), Widget: key.object,
			HintText: lang.L("file with a PEM public key or a secret; empty: the signature is not checked"),
		},
	}, token, func(ok bool) {
		if !ok {
			return
		}
		background(v.window, func(context.Context) (etsi.Token, error) {
			keys, err := tokenKeys(key.path())
			if err != nil {
				return etsi.Token{}, err
			}
			return etsi.ParseToken(strings.TrimSpace(token.Text), keys)
		}, func(t etsi.Token, err error) {
			v.window.fail(err)
			if err == nil {
				v.window.sheet.open(lang.L("Watermarking token"), container.NewVScroll(tokenFacts(&t)), formWidth, func() {})
			}
		})
	})
}

func tokenKeys(path string) ([]etsi.Key, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := etsi.ParseKey(text)
	return []etsi.Key{key}, err
}

func tokenFacts(t *etsi.Token) fyne.CanvasObject {
	signature, pattern, other := lang.L("not checked: no key was given"), "", ""
	if t.Verified {
		signature = lang.L("holds")
	}
	switch {
	case t.Secret:
		pattern = lang.L("encrypted")
	case t.Pattern.Length > 0:
		pattern, other = t.Pattern.Variants(etsi.BigEndian), t.Pattern.Variants(etsi.LittleEndian)
	}
	issued := time.Time{}
	if t.Issued > 0 {
		issued = time.Unix(t.Issued, 0)
	}
	return widgets.Facts([]widgets.Fact{
		{Name: lang.L("Watermark ID"), Value: t.Name()},
		{Name: lang.L("Form"), Value: t.Form},
		{Name: lang.L("Pattern"), Value: pattern, Code: true},
		{Name: lang.L("In the other order of bits"), Value: other, Code: true},
		{Name: lang.L("Issued"), Value: moment(issued)},
		{Name: lang.L("Signature"), Value: signature},
	})
}
