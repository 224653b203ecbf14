// SPDX-License-Identifier: AGPL-3.0-or-later

// Package assets holds what is bundled with the program and is not code. ATTRIBUTION.md beside it says where each file
// comes from and under which licence.
package assets

import _ "embed"

// DemoClipName is the name under which the demo clip is shown and written.
const DemoClipName = "big-buck-bunny.mp4"

// DemoClipAttribution is the line that the demo clip's licence (CC BY 3.0) asks to be shown with it.
const DemoClipAttribution = "Big Buck Bunny, (c) 2008 Blender Foundation, www.bigbuckbunny.org, CC BY 3.0"

//go:embed demo.mp4
var demoClip string

// DemoClip returns the bundled demo clip, an MP4 file: 12 s of 1280x720 H.264 at 24 frames a second with stereo AAC
// sound. It has flat sky, fine texture, a scene cut, a fade and text. It is a string so that nobody can change it.
func DemoClip() string { return demoClip }

//go:embed icon.png
var icon string

// Icon returns the program's icon, a PNG of 256x256.
func Icon() []byte { return []byte(icon) }

// CountryDatabaseLicence is under which the country database is.
const CountryDatabaseLicence = "PDDL-1.0"

// CountryDatabaseName is its name and date, as results record them.
const CountryDatabaseName = "IPtoASN country 2026-06-17"

//go:embed iptoasn-country.mmdb.zst
var countryDatabase string

// CountryDatabase returns the bundled database of countries of IP addresses: a MaxMind DB, compressed with zstd.
func CountryDatabase() string { return countryDatabase }
