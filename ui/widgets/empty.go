// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// Empty is what a place shows that has nothing to show: what it is for, and what to do first.
func Empty(icon fyne.Resource, title, text string, actions ...fyne.CanvasObject) fyne.CanvasObject {
	picture := widget.NewIcon(icon)
	heading := Subheading(title)
	heading.Alignment = fyne.TextAlignCenter
	words := Prose(text)
	words.Alignment = fyne.TextAlignCenter
	column := container.NewVBox(
		container.New(layout.NewCenterLayout(), container.NewGridWrap(fyne.NewSize(48, 48), picture)), heading,
		container.New(&columnLayout{width: 460}, words),
	)
	if len(actions) > 0 {
		row := append([]fyne.CanvasObject{layout.NewSpacer()}, actions...)
		column.Add(container.NewHBox(append(row, layout.NewSpacer())...))
	}
	return container.NewVBox(layout.NewSpacer(), column, layout.NewSpacer())
}

// columnLayout keeps text in a column that is comfortable to read.
type columnLayout struct{ width float32 }

// Layout is for Fyne.
func (c *columnLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := min(size.Width, c.width)
	for _, o := range objects {
		o.Resize(fyne.NewSize(w, size.Height))
		o.Move(fyne.NewPos((size.Width-w)/2, 0))
	}
}

// MinSize is for Fyne.
func (c *columnLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size
}
