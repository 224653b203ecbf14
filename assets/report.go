// SPDX-License-Identifier: AGPL-3.0-or-later

package assets

import (
	"embed"
	"fmt"
)

//go:embed fonts/NotoSans-Regular.ttf
var sans string

//go:embed fonts/NotoSans-Bold.ttf
var sansBold string

//go:embed fonts/DejaVuSansMono.ttf
var mono string

//go:embed fonts/more/*.ttf.zst
var more embed.FS

//go:embed world.json
var world string

// Sans returns the face that reports are set in: Latin, Greek, Cyrillic.
func Sans() string { return sans }

// SansBold returns the bold face beside [Sans].
func SansBold() string { return sansBold }

// Mono returns the face for hashes and addresses, which also has Armenian and Georgian letters and many signs.
func Mono() string { return mono }

// Face returns the face of another script, such as "NotoSansArabic-Regular": a TrueType font, compressed with zstd. They
// are compressed because few reports need one.
func Face(name string) ([]byte, error) {
	content, err := more.ReadFile("fonts/more/" + name + ".ttf.zst")
	if err != nil {
		return nil, fmt.Errorf("the font %s is not bundled: %w", name, err)
	}
	return content, nil
}

// World returns the outlines of the countries of the world, coarse, as TopoJSON: object "countries", ids ISO 3166 numbers.
func World() string { return world }
