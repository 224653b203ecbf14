// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"io"
	"time"

	"spoor/engine/media"
	"spoor/engine/watermark"
)

const (
	surveyWhole  = time.Minute     // titles up to this length are gone through from end to end
	surveyApart  = 2 * time.Second // of two looks at them
	surveyPlaces = 24              // where longer ones are looked at, evenly spread
)

// Room finds out how much more than usual the busy ground of a title may carry, 0 to 1 (see [watermark.Format]). It is the
// same whenever the same file is asked about, so that a copy can be gone on with after an interruption.
func Room(ctx context.Context, tools *media.Tools, path string, info media.Info) (float64, error) {
	survey, err := watermark.NewSurvey(watermark.Format{Width: info.Width, Height: info.Height, Aspect: aspectOf(info), Depth: 8})
	if err != nil {
		return 0, refuseFile(path, err.Error())
	}
	s := surveyor{tools: tools, path: path, survey: survey, full: info.FullRange()}
	if info.Duration <= surveyWhole {
		err := s.walk(ctx, media.DecodeOptions{}, surveyApart)
		return survey.Room(), err
	}
	for i := range surveyPlaces {
		from := time.Duration((float64(i) + 0.5) / surveyPlaces * float64(info.Duration))
		if err := s.walk(ctx, media.DecodeOptions{From: from, Length: surveyApart}, surveyApart); err != nil {
			return 0, err
		}
	}
	return survey.Room(), nil
}

// surveyor shows a survey frames of one title.
type surveyor struct {
	tools         *media.Tools
	path          string
	survey        *watermark.Survey
	full          bool // range of the samples that are marked
	before, frame []byte
}

// walk decodes a stretch and shows two frames on end every so often.
func (s *surveyor) walk(ctx context.Context, o media.DecodeOptions, apart time.Duration) error {
	r, err := s.tools.Decode(ctx, s.path, o)
	if err != nil {
		return err
	}
	defer r.Close()
	next := o.From
	s.frame = s.frame[:0]
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		s.before, s.frame = s.frame, append(s.before[:0], f.Pix...)
		if f.Time < next || len(s.before) != len(s.frame) {
			continue
		}
		next = f.Time + apart
		s.asMarked(s.before)
		s.asMarked(s.frame)
		if err := s.survey.Add(s.before, s.frame); err != nil {
			return err
		}
		s.frame = s.frame[:0] // it is changed
	}
}

// asMarked brings samples of full range, as frames are decoded, to the range in which they are marked.
func (s *surveyor) asMarked(pix []byte) {
	if s.full {
		return
	}
	for i, v := range pix {
		pix[i] = byte(16 + (int(v)*219+127)/255)
	}
}
