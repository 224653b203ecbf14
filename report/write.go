// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write writes a report in a format.
func Write(ctx context.Context, w io.Writer, r *Report, format Format, o Options) error {
	switch format {
	case PDF:
		return WritePDF(ctx, w, r, o)
	case JSON:
		return WriteJSON(ctx, w, r, o)
	case XML:
		return WriteXML(ctx, w, r, o)
	case CASE:
		return WriteCASE(ctx, w, r, o)
	case CSV:
		return WriteCSV(ctx, w, r, o)
	case Package:
		return WritePackage(ctx, w, r, o)
	}
	return fmt.Errorf("reports are not written as %q: use %s", format, list(Formats()))
}

// ErrExists is what a file gives that is there already and was not to be replaced.
var ErrExists = errors.New("is there already: choose another name")

// WriteFile writes a file that everybody may read, whole or not at all. One that is there is replaced only where that is
// asked for, else the error is [ErrExists].
func WriteFile(path string, replace bool, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil && !replace {
		return fmt.Errorf("%s %w", path, ErrExists)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".spoor-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, reasonOf(err))
	}
	defer func() { _ = os.Remove(f.Name()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, reasonOf(err))
	}
	return nil
}

// reasonOf leaves out the name of a temporary file, which tells nobody anything.
func reasonOf(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
