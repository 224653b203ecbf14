// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"time"

	"spoor/engine"
)

type geoipCommand struct {
	Add    geoipAdd    `cmd:"" help:"Add a MaxMind or DB-IP database (.mmdb): Country, City, ASN, ISP, Enterprise, Anonymous IP, Connection Type."` //nolint:lll // the text of a help
	List   geoipList   `cmd:"" help:"List the databases, in the order in which they are believed."`
	Remove geoipRemove `cmd:"" help:"Remove a database that was added."`
}

type geoipAdd struct {
	File string `arg:"" help:"The .mmdb file."`
}

// Help is the example.
func (geoipAdd) Help() string {
	return "It is verified wholly and copied into the home. What it says is shown with its name and date.\n\n" +
		"Example:\n  spoor geoip add GeoLite2-City.mmdb"
}

// Run adds a database.
func (c *geoipAdd) Run(a *app, e *engine.Engine) error {
	info, err := e.AddGeoIP(c.File)
	if err != nil {
		return err
	}
	a.say("Added %s: %s.", safe(info.Name()), info.Tells)
	return a.print(info)
}

type geoipList struct{}

// Help is the example.
func (geoipList) Help() string { return "Example:\n  spoor geoip list" }

// Run lists databases.
func (geoipList) Run(a *app, e *engine.Engine) error {
	list, err := e.GeoIPDatabases()
	if err != nil {
		return err
	}
	var rows table
	rows.add("FILE", "TYPE", "BUILT", "TELLS")
	for _, d := range list {
		file, built := d.File, "undated"
		if file == "" {
			file = "(comes with spoor, " + d.Licence + ")"
		}
		if !d.Built.IsZero() {
			built = d.Built.Format(time.DateOnly)
		}
		rows.add(file, d.Type, built, d.Tells)
	}
	if !a.json {
		rows.write(a.term.out)
	}
	return a.print(list)
}

type geoipRemove struct {
	File string `arg:"" help:"As spoor geoip list shows it."`
}

// Help is the example.
func (geoipRemove) Help() string { return "Example:\n  spoor geoip remove GeoLite2-City.mmdb" }

// Run removes a database.
func (c *geoipRemove) Run(a *app, e *engine.Engine) error {
	if err := e.RemoveGeoIP(c.File); err != nil {
		return err
	}
	a.say("Removed %s.", safe(c.File))
	return a.print(map[string]string{"removed": c.File})
}
