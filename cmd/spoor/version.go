// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"

	"spoor/engine"
)

type versionCommand struct{}

// Help is the example.
func (versionCommand) Help() string {
	return "Everything here is recorded with each result, so that the result can be repeated.\n\nExample:\n  spoor version --json"
}

// Run prints versions. It does without a home.
func (versionCommand) Run(a *app) error {
	v := engine.InstalledVersions(version)
	ffmpeg := v.FFmpeg
	if ffmpeg == "" {
		ffmpeg = "not found, or does not run"
	}
	if !a.json {
		var rows table
		rows.add("spoor", v.Program)
		rows.add("mark", fmt.Sprintf("version %d", v.Mark))
		rows.add("go", v.Go+" "+v.Platform)
		rows.add("sqlite", v.SQLite)
		rows.add("addresses", v.Addresses)
		rows.add("ffmpeg", ffmpeg)
		rows.add("confinement", v.Confinement.String())
		rows.write(a.term.out)
	}
	return a.print(v)
}
