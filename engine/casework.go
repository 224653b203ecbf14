// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"io"
	"time"

	"spoor/storage"
)

// EditCase changes the fields of a case, by its id or name, and returns it.
func (e *Engine) EditCase(ctx context.Context, idOrName string, edit storage.CaseEdit) (Case, error) {
	return e.withCase(ctx, idOrName, func(id string) error { return e.store.EditCase(ctx, id, edit) })
}

// SetCaseState closes a case or makes it a draft again.
func (e *Engine) SetCaseState(ctx context.Context, idOrName string, state storage.CaseState) (Case, error) {
	return e.withCase(ctx, idOrName, func(id string) error { return e.store.SetCaseState(ctx, id, state) })
}

// ReviewCase records that a second examiner agrees with a case.
func (e *Engine) ReviewCase(ctx context.Context, idOrName, reviewer string) (Case, error) {
	return e.withCase(ctx, idOrName, func(id string) error { return e.store.ReviewCase(ctx, id, reviewer) })
}

// HoldCase puts a case under legal hold or lifts it.
func (e *Engine) HoldCase(ctx context.Context, idOrName string, on bool) (Case, error) {
	return e.withCase(ctx, idOrName, func(id string) error { return e.store.HoldCase(ctx, id, on) })
}

// withCase does something to a case and returns how it is afterwards.
func (e *Engine) withCase(ctx context.Context, idOrName string, do func(id string) error) (Case, error) {
	c, err := e.store.Case(ctx, idOrName)
	if err != nil {
		return Case{}, err
	}
	if err := do(c.ID); err != nil {
		return Case{}, err
	}
	return e.Case(ctx, c.ID)
}

// MergeCases moves everything of one case into another and returns that.
func (e *Engine) MergeCases(ctx context.Context, from, into string) (Case, error) {
	source, err := e.store.Case(ctx, from)
	if err != nil {
		return Case{}, err
	}
	return e.withCase(ctx, into, func(id string) error { return e.store.MergeCases(ctx, source.ID, id) })
}

// AddBookmark points at a place in an exhibit.
func (e *Engine) AddBookmark(ctx context.Context, evidenceID string, at time.Duration, author, text string) (storage.Bookmark, error) {
	return e.store.AddBookmark(ctx, evidenceID, at, author, text)
}

// FrameHashes writes a hash of every decoded frame of an exhibit, as ffmpeg's framehash muxer does, after checking the
// exhibit's own hash. algorithm is sha256, md5 or another that ffmpeg knows.
func (e *Engine) FrameHashes(ctx context.Context, evidenceID, algorithm string, to io.Writer) error {
	tools, err := e.tools()
	if err != nil {
		return err
	}
	ev, err := e.store.Evidence(ctx, evidenceID)
	if err != nil {
		return err
	}
	path, err := e.store.CheckedPath(ctx, ev.SHA256, nil)
	if err != nil {
		return err
	}
	if err := tools.FrameHashes(ctx, path, algorithm, to); err != nil {
		return &renamedError{err: err, from: path, to: ev.FileName}
	}
	return nil
}

// ExportCase writes a case with all its evidence into a new file, and returns the file's SHA-256.
func (e *Engine) ExportCase(ctx context.Context, idOrName, path string, report func(Progress)) (Case, string, error) {
	c, err := e.Case(ctx, idOrName)
	if err != nil {
		return Case{}, "", err
	}
	if err := e.store.ExportCase(ctx, c.ID, path, bytesOf(report, "writing the evidence")); err != nil {
		return Case{}, "", err
	}
	facts, err := hashFile(ctx, path, "hashing the case file", report)
	return c, facts.SHA256, err
}

// ImportCase takes in a case that was exported here or elsewhere, after checking all of it.
func (e *Engine) ImportCase(ctx context.Context, path string, report func(Progress)) (Case, error) {
	c, err := e.store.ImportCase(ctx, path, bytesOf(report, "checking and taking in the evidence"))
	if err != nil {
		return Case{}, err
	}
	return e.Case(ctx, c.ID)
}

// CheckCaseFile checks a case file, every hash included, and changes nothing. It returns the case and the number of its
// files.
func (e *Engine) CheckCaseFile(ctx context.Context, path string, report func(Progress)) (Case, int, error) {
	c, files, err := e.store.CheckCaseFile(ctx, path, bytesOf(report, "checking the evidence"))
	return Case{Case: c}, files, err
}

// DeleteCase removes a case with everything in it, for good.
func (e *Engine) DeleteCase(ctx context.Context, idOrName string) (storage.Case, storage.Deleted, error) {
	c, err := e.store.Case(ctx, idOrName)
	if err != nil {
		return storage.Case{}, storage.Deleted{}, err
	}
	d, err := e.store.DeleteCase(ctx, c.ID)
	return c, d, err
}

// bytesOf turns the store's count of bytes into progress.
func bytesOf(report func(Progress), stage string) func(done, total int64) {
	var m *meter
	return func(done, total int64) {
		if m == nil {
			m = newMeter(report, stage, total)
		}
		m.at(done)
	}
}
