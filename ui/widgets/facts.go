// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/look"
)

// Fact is a name and what it stands for.
type Fact struct {
	Name, Value string
	Code        bool // a hash, an address, an id: in type of even width
}

// Facts is a table of names and values, which can be selected and copied.
func Facts(list []Fact) fyne.CanvasObject {
	grid := container.New(layout.NewFormLayout())
	for _, f := range list {
		if f.Value == "" {
			continue
		}
		value := widget.NewLabelWithStyle(f.Value, fyne.TextAlignLeading, fyne.TextStyle{Monospace: f.Code})
		value.Wrapping, value.Selectable = fyne.TextWrapWord, true
		if f.Code { // hashes have no words
			value.Wrapping = fyne.TextWrapBreak
		}
		name := widget.NewRichText(&widget.TextSegment{Text: f.Name, Style: widget.RichTextStyle{ColorName: look.ColorQuiet, Inline: true}})
		grid.Add(name)
		grid.Add(value)
	}
	return container.NewThemeOverride(container.NewPadded(grid), look.Compact(fyne.CurrentApp().Settings().Theme()))
}

// Captioned puts a quiet name above something that is chosen or typed.
func Captioned(name string, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedVBoxLayout(0), Quiet(name), o)
}
