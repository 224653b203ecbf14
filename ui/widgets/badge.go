// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Badge is an icon with a word in a colour of the theme: colour never speaks alone.
type Badge struct {
	widget.BaseWidget
	icon *widget.Icon
	word *widget.RichText
}

// NewBadge makes an empty badge.
func NewBadge() *Badge {
	b := &Badge{icon: widget.NewIcon(nil), word: styled("", theme.ColorNameForeground, fyne.TextStyle{Bold: true}, "")}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows a word. icon must be one that takes the theme's colours.
func (b *Badge) Set(icon fyne.Resource, word string, c fyne.ThemeColorName) {
	b.icon.SetResource(theme.NewColoredResource(icon, c))
	SetStyled(b.word, word, c)
}

// CreateRenderer is for Fyne.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewBorder(nil, nil, b.icon, nil, b.word))
}
