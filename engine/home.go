// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"os"
	"path/filepath"
	"runtime"
)

// DefaultHome is the home of a person who chose none: in the platform's folder for the data of programs.
func DefaultHome() string {
	name := "spoor"
	var base string
	user, _ := os.UserHomeDir() // without one it is the current folder
	switch runtime.GOOS {
	case "windows":
		base, name = os.Getenv("LOCALAPPDATA"), "Spoor"
	case "darwin":
		base, name = filepath.Join(user, "Library", "Application Support"), "Spoor"
	default:
		if base = os.Getenv("XDG_DATA_HOME"); !filepath.IsAbs(base) {
			base = filepath.Join(user, ".local", "share")
		}
	}
	return filepath.Join(base, name)
}
