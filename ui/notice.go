// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
	"spoor/ui/widgets"
)

// notice tells what went wrong or has to be known, above the status bar, until it is put away. It stops nobody from going on.
type notice struct {
	window *Window
	object *fyne.Container
	words  *widget.Label
	more   *widget.Label
	told   []string // since it was put away the last time, with time and program
}

func newNotice(w *Window) *notice {
	n := &notice{window: w, words: widgets.Prose(""), more: widgets.Hint("")}
	n.words.Selectable = true
	details := widget.NewButtonWithIcon(lang.L("Copy details"), theme.ContentCopyIcon(), func() {
		w.app.Clipboard().SetContent(strings.Join(n.told, "\n"))
	})
	away := widget.NewButtonWithIcon(lang.L("Put away"), theme.CancelIcon(), n.leave)
	icon := widget.NewIcon(theme.NewColoredResource(theme.WarningIcon(), look.ColorMarked))
	buttons := container.NewVBox(container.NewHBox(details, away))
	lines := &mostHeight{container.NewVScroll(container.NewVBox(n.words, n.more))}
	n.object = container.NewStack(widgets.NewPanel(container.NewBorder(nil, nil, container.NewVBox(icon), buttons,
		container.New(lines, lines.scroll)), look.ColorMarked))
	n.object.Hide()
	return n
}

// show tells something; what was told before and not put away stays among the details.
func (n *notice) show(words string) {
	if len(n.told) > 0 && strings.HasSuffix(n.told[len(n.told)-1], words) {
		return
	}
	n.told = append(n.told, fmt.Sprintf("%s Spoor %s: %s", time.Now().UTC().Format(time.RFC3339), n.window.engine.Program(), words))
	n.words.SetText(sentence(words))
	n.more.SetText(fmt.Sprintf(lang.L("%d more are among the details."), len(n.told)-1))
	n.more.Hidden = len(n.told) == 1
	n.object.Show()
	n.window.layOut()
}

func (n *notice) leave() {
	n.told = nil
	n.object.Hide()
	n.window.layOut()
}

// sentence begins with a capital letter, as sentences do.
func sentence(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}

// mostHeight shows a text of any length in a few lines; the rest is scrolled to.
type mostHeight struct{ scroll *container.Scroll }

const noticeHeight = 96

// Layout is for Fyne.
func (m *mostHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

// MinSize is for Fyne.
func (m *mostHeight) MinSize([]fyne.CanvasObject) fyne.Size {
	m.scroll.Content.Resize(fyne.NewSize(m.scroll.Size().Width, 0)) // so that it wraps before it is asked how high it is
	return fyne.NewSize(120, min(m.scroll.Content.MinSize().Height, noticeHeight))
}

// fail tells an error in words.
func (w *Window) fail(err error) {
	if err != nil && w.ctx.Err() == nil {
		w.notice.show(err.Error())
	}
}
