// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"spoor/engine/media"
	"spoor/storage"
)

// stitched is a leak that was put together from the segments of a stream.
type stitched struct {
	dir   string // that they lie in
	plan  *media.SegmentFolder
	files []media.SegmentFile
}

// facts is what is recorded about how the exhibit came about.
func (s *stitched) facts(info media.Info) any {
	return struct {
		media.Info
		Assembly any `json:"assembly"`
	}{info, struct {
		Method   string   `json:"method"`
		Playlist []string `json:"playlist,omitempty"`
		Files    int      `json:"files"`
		Missing  []string `json:"missing,omitempty"`
		Notes    []string `json:"notes,omitempty"`
	}{s.plan.Method, s.plan.Playlist, len(s.files), s.plan.Missing, s.plan.Notes}}
}

func (s *stitched) sources() []storage.Source {
	list := make([]storage.Source, len(s.files))
	for i, f := range s.files {
		list[i] = storage.Source{Name: printable(f.Name), SHA256: f.SHA256, Size: f.Size}
	}
	return list
}

// traceStream puts the segments in a folder together into one exhibit, and traces that.
func (e *Engine) traceStream(ctx context.Context, o TraceOptions) (TraceResult, error) {
	dir := o.Leak
	failed := func(err error) (TraceResult, error) {
		words := err.Error()
		return TraceResult{
			Leak: dir, Verdict: string(storage.Failed), Error: &words, Findings: []TraceFinding{}, Tried: []string{},
			ThresholdLog10P: ThresholdLog10P,
		}, err
	}
	plan, err := media.FindSegments(dir)
	if err != nil {
		return failed(err)
	}
	if plan == nil {
		return failed(fault(media.NotRegular, dir, "a folder without the segments of a stream", "give the files in it one by one", nil))
	}
	work := "stream-" + storage.NewID()
	temp, err := e.store.WorkDir(work)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = e.store.RemoveWorkDir(work) }() // it is only a temporary folder
	s := &stitched{dir: dir, plan: plan}
	o.Leak, o.stitched = filepath.Join(temp, "stream"), s
	if s.files, err = stitch(ctx, plan, o.Leak, o.Progress); err != nil {
		return failed(err)
	}
	r, err := e.Trace(ctx, o)
	if err != nil {
		err = &renamedError{err: err, from: o.Leak, to: dir}
		words := err.Error()
		r.Error = &words
	}
	r.Leak, r.Segments = dir, len(s.files)
	return r, err
}

// noteStream says what of a stream is missing or was left out.
func (t *trace) noteStream(plan *media.SegmentFolder) {
	for _, words := range plan.Notes {
		t.note(StreamNote, words)
	}
	if n := len(plan.Missing); n > 0 {
		t.note(SegmentsMissing, n, strconv.Quote(plan.Missing[0]))
	}
}

func stitch(ctx context.Context, plan *media.SegmentFolder, path string, report func(Progress)) ([]media.SegmentFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, openError(path, err)
	}
	files, err := plan.Assemble(ctx, f, newMeter(report, "putting segments together", plan.Size()).at)
	return files, errors.Join(err, f.Close())
}
