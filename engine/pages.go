// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"image"
	"slices"
	"time"

	"spoor/engine/media"
	"spoor/storage"
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

// DocumentPictures takes pictures out of a document that is an exhibit, each scaled to a height in lines, and pages as a
// whole: one for each place, without an image where there is none. The document is taken apart for it in the confined
// child.
func (e *Engine) DocumentPictures(ctx context.Context, evidenceID string, places []Place, height int) (list []Shot, err error) {
	tools, err := e.tools()
	if err != nil {
		return nil, err
	}
	path, err := e.pathOf(ctx, evidenceID)
	if err != nil {
		return nil, err
	}
	work := "pictures-" + storage.NewID()
	dir, err := e.store.WorkDir(work)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.store.RemoveWorkDir(work)) }()
	doc, err := tools.Document(ctx, path, dir, nil)
	if err != nil {
		return nil, err
	}
	list = make([]Shot, len(places))
	for i, place := range places {
		k := slices.IndexFunc(doc.Parts, func(p media.DocumentPart) bool { return p.Page == place.Page && p.Picture == place.Picture })
		if k < 0 {
			continue
		}
		file := func() (string, error) { return doc.Parts[k].File, nil }
		for shot, err := range e.shots(ctx, file, media.DecodeOptions{Height: height, Color: true}) {
			if err != nil {
				return nil, err
			}
			list[i] = shot
			break
		}
	}
	return list, nil
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
