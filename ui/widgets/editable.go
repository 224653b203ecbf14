// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// Editable is a line of text that becomes a field when it is tapped. Enter, or going elsewhere, keeps what was typed; Escape
// leaves everything as it was.
type Editable struct {
	widget.BaseWidget
	OnChanged func(text string) // is told what was typed, where that is something else

	text, placeHolder string
	fixed             bool
	label             *widget.Label
	entry             *editEntry
}

var (
	_ fyne.Tappable      = (*Editable)(nil)
	_ desktop.Cursorable = (*Editable)(nil)
)

// NewEditable makes an empty line. placeHolder stands where there is no text; size is that of the type, such as
// [theme.SizeNameHeadingText].
func NewEditable(placeHolder string, size fyne.ThemeSizeName) *Editable {
	e := &Editable{placeHolder: placeHolder, label: widget.NewLabel(placeHolder)}
	e.label.SizeName, e.label.Truncation = size, fyne.TextTruncateEllipsis
	e.label.TextStyle.Bold = size == theme.SizeNameHeadingText
	e.entry = &editEntry{left: e.leave}
	e.entry.ExtendBaseWidget(e.entry)
	e.entry.SetPlaceHolder(placeHolder)
	e.entry.OnSubmitted = func(string) { e.leave(true) }
	e.entry.Hide()
	e.ExtendBaseWidget(e)
	return e
}

// Set shows a text. Whoever is typing at this moment goes on typing.
func (e *Editable) Set(text string) {
	e.text = text
	e.label.Importance = widget.MediumImportance
	if text == "" {
		text = e.placeHolder
		e.label.Importance = widget.LowImportance
	}
	e.label.SetText(text)
}

// Fix keeps the text from being edited, or no longer.
func (e *Editable) Fix(fixed bool) { e.fixed = fixed }

// Tapped is for Fyne.
func (e *Editable) Tapped(*fyne.PointEvent) { e.Edit() }

// Edit makes it a field.
func (e *Editable) Edit() {
	if e.fixed || e.entry.Visible() {
		return
	}
	e.entry.SetText(e.text)
	e.entry.CursorColumn = len([]rune(e.text))
	e.label.Hide()
	e.entry.Show()
	if c := fyne.CurrentApp().Driver().CanvasForObject(e); c != nil {
		c.Focus(e.entry)
	}
	e.Refresh()
}

// leave ends the editing.
func (e *Editable) leave(keep bool) {
	if !e.entry.Visible() {
		return
	}
	e.entry.Hide()
	e.label.Show()
	e.Refresh()
	text := strings.TrimSpace(e.entry.Text)
	if keep && text != e.text && e.OnChanged != nil {
		e.OnChanged(text)
	}
}

// Cursor is for Fyne.
func (e *Editable) Cursor() desktop.Cursor {
	if e.fixed {
		return desktop.DefaultCursor
	}
	return desktop.TextCursor
}

// CreateRenderer is for Fyne.
func (e *Editable) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(e.label, e.entry))
}

// editEntry is a field that tells when it is left, and whether what was typed is to be kept.
type editEntry struct {
	widget.Entry
	left func(keep bool)
}

// TypedKey is for Fyne.
func (e *editEntry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		e.left(false)
		return
	}
	e.Entry.TypedKey(k)
}

// FocusLost is for Fyne.
func (e *editEntry) FocusLost() {
	e.Entry.FocusLost()
	e.left(true)
}

// Field is an editable line with its name before it.
func Field(name string, value *Editable) fyne.CanvasObject {
	title := widget.NewRichText(&widget.TextSegment{Text: name, Style: widget.RichTextStyle{ColorName: look.ColorQuiet, Inline: true}})
	return container.NewBorder(nil, nil, title, nil, value)
}
