// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/ui/widgets"
)

// rail is the list of places at the left.
type rail struct {
	object  fyne.CanvasObject
	buttons map[*place]*widget.Button
}

const railWidth = 164

func newRail(search fyne.CanvasObject, places []*place, show func(*place)) *rail {
	r := &rail{buttons: map[*place]*widget.Button{}}
	column := container.NewVBox(widgets.Subheading("Spoor"), search)
	for _, p := range places {
		b := widget.NewButtonWithIcon(p.name, p.icon, func() { show(p) })
		b.Alignment, b.Importance = widget.ButtonAlignLeading, widget.LowImportance
		r.buttons[p] = b
		column.Add(b)
	}
	width := canvas.NewRectangle(color.Transparent)
	width.SetMinSize(fyne.NewSize(railWidth, 0))
	column.Add(layout.NewSpacer())
	r.object = container.NewHBox(container.NewStack(width, container.NewPadded(column)), widget.NewSeparator())
	return r
}

// mark shows which place is open.
func (r *rail) mark(open *place) {
	for p, b := range r.buttons {
		b.Importance = widget.LowImportance
		if p == open {
			b.Importance = widget.MediumImportance
		}
		b.Refresh()
	}
}

func iconInbox() fyne.Resource    { return theme.DownloadIcon() }
func iconCases() fyne.Resource    { return theme.FolderIcon() }
func iconTitles() fyne.Resource   { return theme.MediaVideoIcon() }
func iconLogs() fyne.Resource     { return theme.ListIcon() }
func iconSync() fyne.Resource     { return theme.ComputerIcon() }
func iconSettings() fyne.Resource { return theme.SettingsIcon() }
