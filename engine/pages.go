// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"image"
	"time"
)

// RenderPDF renders each page of a PDF into a PNG file in a folder, in a confined child, and returns their names in order.
func (e *Engine) RenderPDF(ctx context.Context, path, dir string, dpi float64) ([]string, error) {
	tools, err := e.tools()
	if err != nil {
		return nil, err
	}
	doc, err := tools.Pages(ctx, path, dir, dpi)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, part := range doc.Parts {
		names = append(names, part.File)
	}
	return names, nil
}

// TitlePicture is the picture that the reference of a title has nearest to a time: small and grey, but there as long as
// the title is, wherever its original has gone.
func (e *Engine) TitlePicture(ctx context.Context, titleID string, at time.Duration) (Shot, error) {
	f, err := e.openReference(titleID)
	if err != nil {
		return Shot{}, err
	}
	defer f.Close()
	list, err := e.referencePictures(ctx, f, max(at-2*time.Second, 0), at+2*time.Second)
	if err != nil || len(list) == 0 {
		return Shot{}, err
	}
	best := list[0]
	for _, p := range list {
		if (p.Time - at).Abs() < (best.Time - at).Abs() {
			best = p
		}
	}
	shot := Shot{Image: image.NewRGBA(image.Rect(0, 0, best.W, best.H)), Time: best.Time}
	for i, v := range best.Pix[:best.W*best.H] {
		shot.Image.Pix[4*i], shot.Image.Pix[4*i+1], shot.Image.Pix[4*i+2], shot.Image.Pix[4*i+3] = v, v, v, 255
	}
	return shot, nil
}
