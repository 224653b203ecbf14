// SPDX-License-Identifier: AGPL-3.0-or-later

package ui_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"spoor/engine"
	"spoor/engine/media"
	"spoor/ui"
)

func TestMain(m *testing.M) {
	media.ChildMain()
	os.Exit(m.Run())
}

// office is a window on a home of its own, without a screen. What the window's goroutine has to do waits in a line and is
// done by the test itself: nothing happens at the same time.
type office struct {
	t      *testing.T
	engine *engine.Engine
	view   *ui.Window
	window fyne.Window
	app    fyne.App
	line   *line
	team   *team

	passphrase ui.Passphrase
	around     func(task func()) // does what is to be done on the window's goroutine
}

// line is a driver that lets what is to be done on the window's goroutine wait.
type line struct {
	fyne.Driver
	mu    sync.Mutex
	tasks []func()
	ring  chan struct{}
}

// DoFromGoroutine is for Fyne.
func (l *line) DoFromGoroutine(f func(), wait bool) {
	done := make(chan struct{})
	l.mu.Lock()
	l.tasks = append(l.tasks, func() { f(); close(done) })
	l.mu.Unlock()
	select {
	case l.ring <- struct{}{}:
	default:
	}
	if wait {
		<-done
	}
}

// next takes what is to be done, in order.
func (l *line) next() []func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	tasks := l.tasks
	l.tasks = nil
	return tasks
}

// lined is an app with that driver.
type lined struct {
	fyne.App
	line *line
}

// Driver is for Fyne.
func (a *lined) Driver() fyne.Driver { return a.line }

// newOffice opens a window. prepare, which may be nil, fills the home before.
func newOffice(t *testing.T, prepare func(*engine.Engine)) *office {
	t.Helper()
	return newOfficeAt(t, filepath.Join(t.TempDir(), "home"), prepare)
}

// newOfficeAt opens a window on a home.
func newOfficeAt(t *testing.T, home string, prepare func(*engine.Engine)) *office {
	t.Helper()
	o := &office{t: t, team: &team{}, around: func(task func()) { task() }}
	e, err := engine.Open(t.Context(), home, engine.WithPassphrase(o.passphrase.Ask))
	require.NoError(t, err)
	o.engine = e
	if prepare != nil {
		prepare(e)
	}
	plain := test.NewTempApp(t)
	o.line = &line{Driver: plain.Driver(), ring: make(chan struct{}, 1)}
	o.app = &lined{App: plain, line: o.line}
	fyne.SetCurrentApp(o.app)
	w, err := ui.New(o.app, e, o.team, hosting{e}, &o.passphrase)
	require.NoError(t, err)
	o.view = w
	windows := plain.Driver().AllWindows()
	o.window = windows[len(windows)-1]
	o.window.Resize(fyne.NewSize(1280, 800))
	t.Cleanup(func() {
		w.Close()
		require.NoError(t, e.Close())
	})
	return o
}

// until does what is to be done until something holds.
func (o *office) until(holds func() bool) {
	o.t.Helper()
	for {
		for _, task := range o.line.next() {
			o.around(task)
		}
		if holds() {
			return
		}
		select {
		case <-o.line.ring:
		case <-o.t.Context().Done():
			o.t.Fatal("the window does not come to it")
		}
	}
}

// objects are all that can be seen: those of the dialog on top, where there is one.
func (o *office) objects() []fyne.CanvasObject {
	c := o.window.Canvas()
	if top := c.Overlays().Top(); top != nil {
		return seen(nil, top)
	}
	return seen(nil, c.Content())
}

// seen adds what is not hidden of a thing and what it is made of.
func seen(list []fyne.CanvasObject, x fyne.CanvasObject) []fyne.CanvasObject {
	if !x.Visible() {
		return list
	}
	list = append(list, x)
	switch x := x.(type) {
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(x).Objects() {
			list = seen(list, child)
		}
	case *fyne.Container:
		for _, child := range x.Objects {
			list = seen(list, child)
		}
	}
	return list
}

// find returns the first thing of a kind that can be seen and is as asked for.
func find[T fyne.CanvasObject](o *office, is func(T) bool) (T, bool) {
	for _, x := range o.objects() {
		if found, ok := x.(T); ok && found.Visible() && is(found) {
			return found, true
		}
	}
	var none T
	return none, false
}

// see waits until a thing can be seen, and returns it.
func see[T fyne.CanvasObject](o *office, is func(T) bool) T {
	o.t.Helper()
	var found T
	o.until(func() (ok bool) {
		found, ok = find(o, is)
		return ok
	})
	return found
}

// reads tells whether a text can be read somewhere.
func (o *office) reads(text string) bool {
	for _, x := range o.objects() {
		if words(x) == text && x.Visible() {
			return true
		}
	}
	return false
}

// texts are all that can be read.
func (o *office) texts() (list []string) {
	for _, x := range o.objects() {
		if text := words(x); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// words are those of a label, a button or a line of text.
func words(x fyne.CanvasObject) string {
	switch x := x.(type) {
	case *widget.Label:
		return x.Text
	case *widget.Button:
		return x.Text
	case *canvas.Text:
		return x.Text
	case *widget.RichText:
		return x.String()
	}
	return ""
}

// press presses a button by its words.
func (o *office) press(text string) {
	o.t.Helper()
	b := see(o, func(b *widget.Button) bool { return b.Text == text && !b.Disabled() })
	test.Tap(b)
}

// fill types into the field of a form.
func (o *office) fill(name, text string) {
	o.t.Helper()
	var entry interface{ SetText(text string) }
	see(o, func(f *widget.Form) bool {
		for _, item := range f.Items {
			if e, ok := item.Widget.(interface{ SetText(text string) }); ok && item.Text == name {
				entry = e
				return true
			}
		}
		return false
	})
	entry.SetText(text)
}

// choose chooses an entry of the menu, as soon as it is there.
func (o *office) choose(menu, entry string) {
	o.t.Helper()
	var action func()
	o.until(func() bool {
		for _, m := range o.window.MainMenu().Items {
			for _, i := range m.Items {
				if m.Label == menu && i.Label == entry && !i.Disabled {
					action = i.Action
				}
			}
		}
		return action != nil
	})
	action()
}

// read waits until a text can be read.
func (o *office) read(text string) {
	o.t.Helper()
	o.until(func() bool { return o.reads(text) })
}

// pick chooses an entry of the menu that has popped up.
func (o *office) pick(entry string) {
	o.t.Helper()
	type item interface {
		fyne.Widget
		fyne.Tappable
	}
	see(o, func(x item) bool {
		for _, child := range test.WidgetRenderer(x).Objects() {
			if words(child) == entry {
				return true
			}
		}
		return false
	}).Tapped(nil)
}

// tappable is something that can be pressed.
type tappable interface {
	fyne.CanvasObject
	fyne.Tappable
}

// tabReads tells whether a thing is made of a text and little else, as the name of a tab is.
func tabReads(x fyne.CanvasObject, text string) bool {
	parts := seen(nil, x)
	for _, part := range parts {
		if words(part) == text {
			return len(parts) < 8
		}
	}
	return false
}
