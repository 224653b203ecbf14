// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/widgets"
)

// sheet stands beside the place that is open, and asks for something while all the rest can be looked at and used.
type sheet struct {
	window *Window
	object *fyne.Container
	left   func() // told when it is left without an answer; nil where nothing is open
}

const (
	formWidth = 380 // of a sheet with a form, in units of the screen
	listWidth = 500 // of a sheet with a list
)

func newSheet(w *Window) *sheet {
	s := &sheet{window: w, object: container.NewStack()}
	s.object.Hide()
	return s
}

// open shows something in place of what is asked now, which is left without an answer. left is told when this one is.
func (s *sheet) open(title string, content fyne.CanvasObject, width float32, left func()) {
	s.leave()
	s.left = left
	away := widget.NewButtonWithIcon("", theme.CancelIcon(), s.leave)
	away.Importance = widget.LowImportance
	head := container.NewBorder(nil, nil, nil, away, widgets.Title(title))
	column := container.New(&leastWidth{width}, container.NewPadded(container.NewBorder(head, nil, nil, nil, content)))
	s.object.Objects = []fyne.CanvasObject{container.NewBorder(nil, nil, widget.NewSeparator(), nil, column)}
	s.object.Show()
	s.window.layOut()
}

// leave closes it without an answer, and tells whether there was anything to close.
func (s *sheet) leave() {
	left := s.left
	s.close()
	if left != nil {
		left()
	}
}

func (s *sheet) close() {
	if s.left == nil {
		return
	}
	s.left, s.object.Objects = nil, nil
	s.object.Hide()
	s.window.layOut()
	s.window.win.Canvas().Unfocus()
}

// ask asks for what a form has, beside the place that is open. done is told whether it was confirmed or left. first takes
// what is typed; it may be nil.
func (w *Window) ask(title, confirm string, items []*widget.FormItem, first fyne.Focusable, done func(ok bool)) {
	form := &widget.Form{Items: items, SubmitText: confirm, CancelText: lang.L("Cancel"), Orientation: widget.Vertical}
	form.OnSubmit = func() {
		w.sheet.close()
		done(true)
	}
	form.OnCancel = w.sheet.leave
	for _, i := range items {
		if f, ok := i.Widget.(*field); ok {
			f.leave = w.sheet.leave
			f.OnSubmitted = func(string) {
				if form.Validate() == nil {
					form.OnSubmit()
				}
			}
		}
	}
	w.sheet.open(title, container.NewVScroll(form), formWidth, func() { done(false) })
	if first != nil {
		w.win.Canvas().Focus(first)
	}
}

// choice is one of the answers to a question.
type choice struct {
	name string
	take func()
}

// askWhich asks which of several things is meant, beside the place that is open. The first answer is the likely one.
func (w *Window) askWhich(title, words string, choices ...choice) {
	column := container.NewVBox(widgets.Prose(words))
	for i, c := range choices {
		b := widget.NewButton(c.name, func() {
			w.sheet.close()
			c.take()
		})
		if i == 0 {
			b.Importance = widget.HighImportance
		}
		column.Add(b)
	}
	w.sheet.open(title, container.NewVScroll(column), formWidth, func() {})
}

// field is a field of a form that Escape leaves, with the form.
type field struct {
	widget.Entry
	leave func()
}

func newField(text string) *field {
	f := &field{leave: func() {}}
	f.ExtendBaseWidget(f)
	f.SetText(text)
	return f
}

// typed is what stands in a field, without blanks around it.
func typed(f *field) string { return strings.TrimSpace(f.Text) }

// newSecret is a field that shows nothing of what is typed.
func newSecret() *field {
	f := newField("")
	f.Password = true
	return f
}

// newLongField is a field of several lines.
func newLongField() *field {
	f := newField("")
	f.MultiLine, f.Wrapping = true, fyne.TextWrapWord
	return f
}

// TypedKey is for Fyne.
func (f *field) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		f.leave()
		return
	}
	f.Entry.TypedKey(k)
}

// fileField is a field for the name of a file, which may be typed or chosen.
type fileField struct {
	*field
	object fyne.CanvasObject
}

func (w *Window) fileField() *fileField {
	f := &fileField{field: newField("")}
	choose := widget.NewButtonWithIcon("", theme.FolderOpenIcon(), func() { w.chooseFile(f.SetText, nil) })
	f.object = container.NewBorder(nil, nil, nil, choose, f.field)
	return f
}

// path is what was typed or chosen; "" for nothing.
func (f *fileField) path() string { return typed(f.field) }
