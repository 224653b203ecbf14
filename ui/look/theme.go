// SPDX-License-Identifier: AGPL-3.0-or-later

// Package look is how Spoor looks: one accent colour on quiet grounds, in a light and a dark variant, and the colours
// that verdicts carry beside their words.
package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Variant is the choice between light and dark.
type Variant string

// The variants; System follows the desktop's own setting.
const (
	System Variant = "system"
	Light  Variant = "light"
	Dark   Variant = "dark"
)

// Theme is Spoor's theme for Fyne.
type Theme struct {
	fyne.Theme
	variant Variant
	scale   float32
}

// New makes a theme. scale multiplies the size of text and spacing; 0 is 1.
func New(v Variant, scale float32) *Theme {
	if scale <= 0 {
		scale = 1
	}
	return &Theme{Theme: theme.DefaultTheme(), variant: v, scale: scale}
}

// Names of colours beyond those of Fyne.
const (
	ColorPanel  fyne.ThemeColorName = "spoorPanel"  // ground of cards and bars
	ColorQuiet  fyne.ThemeColorName = "spoorQuiet"  // text of lesser weight
	ColorFound  fyne.ThemeColorName = "spoorFound"  // a tag was named
	ColorMarked fyne.ThemeColorName = "spoorMarked" // a mark, no tag
	ColorUnsure fyne.ThemeColorName = "spoorUnsure" // inconclusive
	ColorNone   fyne.ThemeColorName = "spoorNone"   // nothing
)

// Color returns the colour of a name.
func (t *Theme) Color(name fyne.ThemeColorName, system fyne.ThemeVariant) color.Color {
	dark := t.variant == Dark || t.variant != Light && system == theme.VariantDark
	if c, ok := palette(dark)[name]; ok {
		return c
	}
	variant := theme.VariantLight
	if dark {
		variant = theme.VariantDark
	}
	return t.Theme.Color(name, variant)
}

// Size returns the size of a name.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	size := t.Theme.Size(name)
	switch name {
	case theme.SizeNameText:
		size = 13.5
	case theme.SizeNameSubHeadingText:
		size = 17
	case theme.SizeNameHeadingText:
		size = 23
	case theme.SizeNameCaptionText:
		size = 11.5
	case theme.SizeNameInnerPadding:
		size = 6
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		size = 6
	}
	return size * t.scale
}

func palette(dark bool) map[fyne.ThemeColorName]color.Color {
	if dark {
		return map[fyne.ThemeColorName]color.Color{
			theme.ColorNameBackground: rgb(0x16191d), theme.ColorNameForeground: rgb(0xe7e9ec),
			theme.ColorNamePrimary: rgb(0x4fb3a5), theme.ColorNameFocus: rgb(0x4fb3a5), theme.ColorNameHyperlink: rgb(0x6cc4b8),
			theme.ColorNameForegroundOnPrimary: rgb(0x0e1513), theme.ColorNameInputBackground: rgb(0x20242a),
			theme.ColorNameButton: rgb(0x2a2f36), theme.ColorNameSeparator: rgb(0x2b3037), theme.ColorNameSelection: rgb(0x25423e),
			theme.ColorNameHover: rgba(0xffffff, 0x12), theme.ColorNameMenuBackground: rgb(0x20242a),
			theme.ColorNameOverlayBackground: rgb(0x1b1f24), theme.ColorNameInputBorder: rgb(0x3a414a),
			theme.ColorNamePlaceHolder: rgb(0x8a929c), theme.ColorNameDisabled: rgb(0x8a929c),
			theme.ColorNameHeaderBackground: rgb(0x1c2025),
			ColorPanel:                      rgb(0x1d2126), ColorQuiet: rgb(0x9aa3ad),
			theme.ColorNameSuccess: rgb(0x5fb8a9), theme.ColorNameWarning: rgb(0xe0b05f),
			ColorFound: rgb(0xe07a5f), ColorMarked: rgb(0xe0b05f), ColorUnsure: rgb(0x8fa8c8), ColorNone: rgb(0x8a929c),
		}
	}
	return map[fyne.ThemeColorName]color.Color{
		theme.ColorNameBackground: rgb(0xf7f7f5), theme.ColorNameForeground: rgb(0x1d2126),
		theme.ColorNamePrimary: rgb(0x1f7a6d), theme.ColorNameFocus: rgb(0x1f7a6d), theme.ColorNameHyperlink: rgb(0x1f7a6d),
		theme.ColorNameForegroundOnPrimary: rgb(0xffffff), theme.ColorNameInputBackground: rgb(0xffffff),
		theme.ColorNameButton: rgb(0xe7e8e5), theme.ColorNameSeparator: rgb(0xdcdedb), theme.ColorNameSelection: rgb(0xcfe5e0),
		theme.ColorNameHover: rgba(0x000000, 0x0c), theme.ColorNameMenuBackground: rgb(0xffffff),
		theme.ColorNameOverlayBackground: rgb(0xffffff), theme.ColorNameInputBorder: rgb(0xc3c8c5),
		theme.ColorNamePlaceHolder: rgb(0x737b82), theme.ColorNameDisabled: rgb(0x737b82), theme.ColorNameHeaderBackground: rgb(0xefefec),
		ColorPanel: rgb(0xffffff), ColorQuiet: rgb(0x5b646c),
		theme.ColorNameSuccess: rgb(0x1f7a6d), theme.ColorNameWarning: rgb(0x8f6410),
		ColorFound: rgb(0xb3452a), ColorMarked: rgb(0x8f6410), ColorUnsure: rgb(0x3d5f8a), ColorNone: rgb(0x5b646c),
	}
}

func rgb(v uint32) color.Color { return rgba(v, 0xff) }

func rgba(v uint32, alpha uint8) color.Color {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: alpha}
}

// Compact is a theme with less room around every line, for tables of facts.
func Compact(t fyne.Theme) fyne.Theme { return compact{t} }

type compact struct{ fyne.Theme }

// Size returns the size of a name.
func (c compact) Size(name fyne.ThemeSizeName) float32 {
	if name == theme.SizeNameInnerPadding || name == theme.SizeNamePadding {
		return c.Theme.Size(name) / 2
	}
	return c.Theme.Size(name)
}
