// SPDX-License-Identifier: AGPL-3.0-or-later

package desk

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"path/filepath"
	"strings"

	"spoor/engine"
	"spoor/engine/job"
	"spoor/storage"
)

// TakeLeaks has every leak in files and folders traced into a case, as work that add keeps. In folders, files that are plainly
// no pictures, by the kind that their names speak of, are passed over. What cannot be looked into is told in the end, and
// costs itself only.
func TakeLeaks(
	ctx context.Context, paths []string, caseID string, add func(context.Context, storage.NewJob) error, report func(engine.Progress),
) error {
	report(engine.Progress{Stage: "looking for leaks"})
	leaks, unread := engine.FindLeaks(paths)
	passed := 0
	for i, leak := range leaks {
		report(engine.Progress{Stage: "taking in leaks", Done: int64(i), Total: int64(len(leaks))})
		if leak.Inside && foreignName(leak.Path) {
			passed++
			continue
		}
		path, err := filepath.Abs(leak.Path)
		if err != nil {
			return fmt.Errorf("%s: %w", leak.Path, err)
		}
		if err := add(ctx, job.Trace{Leak: path, Case: caseID, Method: "auto"}.Job()); err != nil {
			return err
		}
	}
	var all error
	for _, u := range unread {
		all = errors.Join(all, u.Err)
	}
	if all == nil && passed > 0 && passed == len(leaks) {
		return fmt.Errorf("none of %d files is a video, a picture or a PDF by its name: "+
			"drop a file by itself to have it traced all the same", passed)
	}
	return all
}

// foreignName tells whether a file's name speaks of something that has no pictures.
func foreignName(path string) bool {
	kind, _, _ := strings.Cut(mime.TypeByExtension(strings.ToLower(filepath.Ext(path))), ";")
	room, _, _ := strings.Cut(kind, "/")
	switch room {
	case "text", "audio", "font", "message", "model":
		return !strings.HasSuffix(path, ".ts") // a transport stream, which some systems take for a script
	case "application":
		switch kind {
		case "application/pdf", "application/octet-stream", "application/mxf", "application/ogg", "application/vnd.rn-realmedia":
			return false
		}
		return true
	}
	return false
}
