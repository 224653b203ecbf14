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

// FrameHashes writes a hash of every decoded frame of an exhibit, as ffmpeg's framehash muxer does, after checking the exhibit's own
// hash. algorithm is sha256, md5 or another that ffmpeg knows.
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
