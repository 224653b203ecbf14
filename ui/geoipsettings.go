// SPDX-License-Identifier: AGPL-3.0-or-later

package ui

import (
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"spoor/engine/access/geoip"
	"spoor/ui/widgets"
)

// geoipSettings are the databases that tell countries, cities and networks of addresses.
type geoipSettings struct {
	window *Window
	object *fyne.Container
	list   *fyne.Container
}

func newGeoIPSettings(w *Window) *geoipSettings {
	s := &geoipSettings{window: w, list: container.NewVBox()}
	add := widget.NewButtonWithIcon(lang.L("Add a database…"), theme.ContentAddIcon(), s.ask)
	s.object = container.NewVBox(s.list, container.NewHBox(add, layout.NewSpacer()),
		widgets.Hint(lang.L("MaxMind or DB-IP, .mmdb: Country, City, ASN, ISP, Enterprise, Anonymous IP, Connection Type. "+
			"The newest is believed first.")))
	return s
}

func (s *geoipSettings) refresh() {
	background(s.window, func(context.Context) ([]geoip.Info, error) { return s.window.engine.GeoIPDatabases() }, s.fill)
}

func (s *geoipSettings) fill(list []geoip.Info, err error) {
	s.list.RemoveAll()
	if err != nil {
		s.list.Add(widgets.Prose(err.Error()))
	}
	for _, d := range list {
		built := lang.L("undated")
		if !d.Built.IsZero() {
			built = d.Built.Format(time.DateOnly)
		}
		words := fmt.Sprintf("%s, %s: %s", d.Type, built, d.Tells)
		if d.File == "" {
			s.list.Add(widgets.Prose(fmt.Sprintf(lang.L("%s (comes with Spoor, %s)"), words, d.Licence)))
			continue
		}
		remove := widget.NewButtonWithIcon(lang.L("Remove"), theme.DeleteIcon(), func() { s.remove(d.File) })
		s.list.Add(container.NewBorder(nil, nil, nil, remove, widgets.Prose(words)))
	}
	s.list.Refresh()
}

func (s *geoipSettings) ask() {
	s.window.chooseFile(func(path string) {
		background(s.window, func(context.Context) (geoip.Info, error) { return s.window.engine.AddGeoIP(path) },
			func(d geoip.Info, err error) {
				s.window.fail(err)
				if err == nil {
					s.window.status.say(fmt.Sprintf(lang.L("Added %s."), d.Name()))
				}
				s.refresh()
			})
	}, []string{".mmdb"})
}

func (s *geoipSettings) remove(file string) {
	background(s.window, func(context.Context) (struct{}, error) { return struct{}{}, s.window.engine.RemoveGeoIP(file) },
		func(_ struct{}, err error) {
			s.window.fail(err)
			s.refresh()
		})
}
