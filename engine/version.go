// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"runtime"
	"runtime/debug"

	"spoor/assets"
	"spoor/engine/media"
)

// Versions says what a result was made with; it is recorded with every result.
type Versions struct {
	Program     string            `json:"program"`
	Go          string            `json:"go"`
	Platform    string            `json:"platform"` // system and processor, such as linux/amd64
	FFmpeg      string            `json:"ffmpeg"`   // "" where it is not installed or does not run
	Confinement media.Confinement `json:"confinement"`
	SQLite      string            `json:"sqlite"` // module and version of the driver with SQLite in it
	PDF         string            `json:"pdf"`    // module and version of what takes documents apart
	Addresses   string            `json:"geoip"`  // country database in the program: name, date, licence
	Mark        int               `json:"mark"`   // see MarkVersion
}

// Versions returns the versions of everything that has a part in a result. It starts ffmpeg once.
func (e *Engine) Versions() Versions {
	tools, err := e.tools()
	return versionsWith(e.program, tools, err)
}

// InstalledVersions returns the same without a home. program is the version of the program.
func InstalledVersions(program string) Versions {
	tools, err := media.Find()
	return versionsWith(program, tools, err)
}

func versionsWith(program string, tools *media.Tools, err error) Versions {
	v := compiledVersions(program)
	if err == nil {
		m := tools.Versions()
		v.FFmpeg, v.Confinement = m.FFmpeg, m.Confinement
	}
	return v
}

// compiledVersions are the versions of what is compiled in: all but ffmpeg.
func compiledVersions(program string) Versions {
	const sqlite, pdf = "github.com/mattn/go-sqlite3", "github.com/gen2brain/go-fitz"
	v := Versions{Program: program, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Mark: MarkVersion}
	v.Addresses = assets.CountryDatabaseName + " (" + assets.CountryDatabaseLicence + ")"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			switch m.Path {
			case sqlite:
				v.SQLite = m.Path + " " + m.Version
			case pdf:
				v.PDF = m.Path + " " + m.Version
			}
		}
	}
	return v
}
