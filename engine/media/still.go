// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"time"
)

// Picture is one frame in two forms.
type Picture struct {
	Gray *image.Gray   // luma as [Reader.Next] gives it
	RGB  *image.RGBA   // opaque
	Time time.Duration // of the frame, see [Frame.Time]
}

// StillOptions shape a picture.
type StillOptions struct {
	Width, Height int // 0: as displayed; one alone keeps the shape
	Turn          int // quarter turns clockwise
}

// Still decodes the first frame at or after a time, for pictures in reports.
func (t *Tools) Still(ctx context.Context, path string, at time.Duration, o StillOptions) (Picture, error) {
	var p Picture
	opt := DecodeOptions{Width: o.Width, Height: o.Height, Turn: o.Turn, From: at, Wall: 10 * time.Minute}
	f, err := t.Decode(ctx, path, opt)
	if err != nil {
		return p, err
	}
	defer f.Close()
	frame, err := f.Next()
	if err != nil {
		return p, noStill(path, at, err)
	}
	p.Time = frame.Time
	p.Gray = image.NewGray(image.Rect(0, 0, frame.Width, frame.Height))
	copy(p.Gray.Pix, frame.Pix)
	if err := f.Close(); err != nil {
		return Picture{}, err
	}
	opt.Color = true
	c, err := t.Decode(ctx, path, opt)
	if err != nil {
		return Picture{}, err
	}
	defer c.Close()
	frame, err = c.Next()
	if err != nil {
		return Picture{}, noStill(path, at, err)
	}
	p.RGB = image.NewRGBA(p.Gray.Rect)
	copy(p.RGB.Pix, frame.Pix)
	for i := 3; i < len(p.RGB.Pix); i += 4 {
		p.RGB.Pix[i] = 255
	}
	return p, nil
}

func noStill(path string, at time.Duration, err error) error {
	if errors.Is(err, io.EOF) {
		return &Error{
			Kind: Missing,
			File: path,
			What: fmt.Sprintf("there is no frame at or after %v", at),
			Do:   "choose an earlier time",
			Err:  err,
		}
	}
	return err
}
