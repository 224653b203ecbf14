// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// Heading is a line in large type.
func Heading(text string) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	l.SizeName, l.Truncation = theme.SizeNameHeadingText, fyne.TextTruncateEllipsis
	return l
}

// Subheading is a line in somewhat larger type.
func Subheading(text string) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	l.SizeName = theme.SizeNameSubHeadingText
	return l
}

// Title is a line in somewhat larger type that is cut where there is no room.
func Title(text string) *widget.Label {
	l := Subheading(text)
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

// Prose is text that wraps.
func Prose(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// Hint is text of lesser weight that wraps.
func Hint(text string) *widget.Label {
	l := Prose(text)
	l.Importance = widget.LowImportance
	return l
}

// Code is text of even width that wraps, as it stands in a file.
func Code(text string) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Monospace: true})
	l.Wrapping, l.Selectable = fyne.TextWrapBreak, true
	return l
}

// Quiet is text of lesser weight, cut where there is no room.
func Quiet(text string) *widget.RichText { return styled(text, look.ColorQuiet, fyne.TextStyle{}, "") }

// styled is one line of text in a colour of the theme.
func styled(text string, c fyne.ThemeColorName, style fyne.TextStyle, size fyne.ThemeSizeName) *widget.RichText {
	t := widget.NewRichText(&widget.TextSegment{
		Text: text, Style: widget.RichTextStyle{ColorName: c, TextStyle: style, SizeName: size, Inline: true},
	})
	t.Truncation = fyne.TextTruncateEllipsis
	return t
}

// SetStyled changes the text and colour of what styled made, where they differ.
func SetStyled(t *widget.RichText, text string, c fyne.ThemeColorName) {
	s, ok := t.Segments[0].(*widget.TextSegment)
	if !ok || s.Text == text && s.Style.ColorName == c {
		return
	}
	s.Text, s.Style.ColorName = text, c
	t.Refresh()
}

// Strong is text of greater weight, cut where there is no room.
func Strong(text string) *widget.RichText {
	return styled(text, theme.ColorNameForeground, fyne.TextStyle{Bold: true}, "")
}

// SetText changes the words of a line made by Strong or Quiet, and nothing else.
func SetText(t *widget.RichText, text string) {
	if s, ok := t.Segments[0].(*widget.TextSegment); ok {
		SetStyled(t, text, s.Style.ColorName)
	}
}
