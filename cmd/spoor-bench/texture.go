// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"

	"spoor/engine/media"
)

// textured is the share of flat ground up to which a frame counts as one with texture.
const textured = 0.5

// flatShare returns how much of a picture is flat ground, see flatFigures.
func flatShare(ctx context.Context, tools *media.Tools, path string) (float64, error) {
	p, err := tools.Still(ctx, path, 0, media.StillOptions{})
	if err != nil {
		return 0, err
	}
	size := p.Gray.Bounds()
	plane := make([]byte, 0, size.Dx()*size.Dy())
	for y := range size.Dy() {
		plane = append(plane, p.Gray.Pix[y*p.Gray.Stride:][:size.Dx()]...)
	}
	w := newFlatWatch(size.Dx(), size.Dy(), 8)
	w.add(plane, plane, 0)
	return w.figures().Share, nil
}
