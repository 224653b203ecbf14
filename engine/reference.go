// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"spoor/engine/media"
	"spoor/engine/reference"
)

// referenceCRF is x264's rate factor of the pictures of a reference.
const referenceCRF = 30

// openReference opens the reference of a title; the caller closes it. Errors are those of [reference.Open], and
// reference.Foreign where the file is that of another title.
func (e *Engine) openReference(titleID string) (*reference.File, error) {
	path, err := e.store.ReferencePath(titleID)
	if err != nil {
		return nil, err
	}
	f, err := reference.Open(path)
	if err != nil {
		return nil, err
	}
	if id := f.Facts().TitleID; id != titleID {
		_ = f.Close()
		return nil, &reference.Error{
			Kind: reference.Foreign, File: path, What: fmt.Sprintf("this is the reference of the title %s, not of %s", id, titleID),
			Do: "build it again from the original: spoor title reference " + titleID,
		}
	}
	return f, nil
}

// referencePictures decodes the pictures of a reference from a time of the title up to another.
func (e *Engine) referencePictures(ctx context.Context, f *reference.File, from, to time.Duration) ([]reference.Picture, error) {
	tools, err := e.tools()
	if err != nil {
		return nil, err
	}
	s, err := f.Stretch(from, to)
	if err != nil || len(s.Times) == 0 {
		return nil, err
	}
	var list []reference.Picture
	i := 0
	o := media.GrayOptions{Width: s.Width, Height: s.Height}
	err = tools.DecodeGray(ctx, bytes.NewReader(s.Video), o, func(pix []byte) error {
		if i >= len(s.Times) {
			return io.ErrUnexpectedEOF
		}
		if t := s.Times[i]; t >= from && t < to {
			list = append(list, reference.Picture{Time: t, W: s.Width, H: s.Height, Pix: bytes.Clone(pix)})
		}
		i++
		return nil
	})
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil || i != len(s.Times) {
		return nil, &reference.Error{
			Kind: reference.Damaged, What: fmt.Sprintf("the pictures of the reference of %s cannot be decoded", f.Facts().TitleID),
			Do: "build it again from the original: spoor title reference " + f.Facts().TitleID, Err: err,
		}
	}
	return list, nil
}

// referenceJob builds one reference.
type referenceJob struct {
	engine  *Engine
	tools   *media.Tools
	path    string // of the original
	facts   reference.Facts
	known   func() (sha256 string, err error)
	builder *reference.Builder
	pace    *reference.Pace
	extract *reference.Extractor
	encoder *media.GrayEncoder
	small   []byte
	points  []reference.Point
}

// buildReference reads an original from beginning to end and stores its reference. original gives the hash of the
// file, which is asked for at the end only. Nothing is left behind unless all succeeds.
func (e *Engine) buildReference(ctx context.Context, path string, facts reference.Facts, original func() (string, error), meter *meter,
) (err error) {
	tools, err := e.tools()
	if err != nil {
		return err
	}
	to, err := e.store.ReferencePath(facts.TitleID)
	if err != nil {
		return err
	}
	work, err := e.store.WorkDir("reference-" + facts.TitleID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.store.RemoveWorkDir("reference-"+facts.TitleID)) }()
	spool, err := os.Create(filepath.Join(work, "points"))
	if err != nil {
		return workError(err)
	}
	defer spool.Close()
	video, err := os.Create(filepath.Join(work, "video"))
	if err != nil {
		return workError(err)
	}
	defer video.Close()
	facts.Program = e.program
	j := &referenceJob{engine: e, tools: tools, path: path, facts: facts, known: original, builder: reference.NewBuilder(facts, spool)}
	if err := j.read(ctx, video, meter); err != nil {
		return err
	}
	return j.store(video, filepath.Join(work, "reference"), to)
}

func workError(err error) error {
	if isDiskFull(err) {
		return fault(media.DiskFull, "", "the disk is full: the reference cannot be written",
			"make room on the disk that the home is on", err)
	}
	return fault(media.Denied, "", "the reference cannot be written: "+reason(err), "check the disk that the home is on", err)
}

// read decodes the original and encodes its pictures.
func (j *referenceJob) read(ctx context.Context, video *os.File, meter *meter) error {
	w, h := reference.PictureSize(j.facts.Aspect)
	j.pace, j.extract, j.small = reference.NewPace(w, h), reference.NewExtractor(), make([]byte, w*h)
	r, err := j.tools.Decode(ctx, j.path, media.DecodeOptions{
		Width: reference.PointsScale * w, Height: reference.PointsScale * h, FPS: reference.CandidateRate,
	})
	if err != nil {
		return err
	}
	defer r.Close()
	o := media.GrayOptions{Width: w, Height: h, Group: reference.GroupLength, CRF: referenceCRF, Threads: 1}
	if j.encoder, err = j.tools.EncodeGray(ctx, video, o); err != nil {
		return err
	}
	defer j.encoder.Stop()
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := j.frame(f); err != nil {
			return err
		}
		meter.at(f.Time.Milliseconds())
	}
	if damage := r.Damage(); damage != "" {
		return refuseFile(j.path, "the file is damaged: "+damage+"; register an undamaged original")
	}
	return j.encoder.Finish()
}

func (j *referenceJob) frame(f media.Frame) error {
	reference.Halve(j.small, f.Pix, f.Width, f.Height)
	choice := j.pace.Choose(f.Time, j.small)
	if choice == reference.Skip {
		return nil
	}
	j.points = j.points[:0]
	if choice == reference.KeepPoints {
		j.points = j.extract.Extract(j.points, f.Pix, f.Width, f.Height, reference.PicturePoints)
	}
	if err := j.builder.Add(f.Time, j.points); err != nil {
		return workError(err)
	}
	return j.encoder.Write(j.small)
}

// store puts the reference together and gives it its place.
func (j *referenceJob) store(video *os.File, temp, to string) error {
	if _, err := video.Seek(0, io.SeekStart); err != nil {
		return workError(err)
	}
	sum, err := j.known()
	if err != nil {
		return err
	}
	out, err := os.Create(temp)
	if err != nil {
		return workError(err)
	}
	defer out.Close()
	if _, err := j.builder.Write(out, video, sum); err != nil {
		return workError(err)
	}
	if err := out.Sync(); err != nil {
		return workError(err)
	}
	if err := os.Rename(temp, to); err != nil {
		return workError(err)
	}
	return nil
}
