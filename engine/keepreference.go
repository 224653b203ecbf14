// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"spoor/engine/media"
	"spoor/engine/reference"
	"spoor/storage"
)

// ReferenceFacts returns what the reference of a title holds. Where there is none, or none that can be read, the error
// is a [reference.Error].
func (e *Engine) ReferenceFacts(titleID string) (reference.Facts, error) {
	f, err := e.openReference(titleID)
	if err != nil {
		return reference.Facts{}, err
	}
	return f.Facts(), f.Close()
}

// BuildReference builds the reference of a title again, from its original: the file that it was registered from, or
// another place where that very file lies now. The old reference stays until the new one is complete.
func (e *Engine) BuildReference(ctx context.Context, idOrName, original string, report func(Progress)) (reference.Facts, error) {
	t, err := e.Title(ctx, idOrName)
	if err != nil {
		return reference.Facts{}, err
	}
	path := original
	if path == "" {
		path = t.Original.path()
	}
	if _, err := os.Stat(path); err != nil {
		return reference.Facts{}, fault(media.Missing, path, "the original of the title "+t.Name+" is not there",
			"say where it is now: spoor title reference "+t.ID+" --original FILE", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hashed := make(chan error, 1)
	go func() {
		facts, err := hashFile(ctx, path, "", nil)
		if err == nil && facts.SHA256 != t.SHA256 {
			err = refuseFile(path, "this is not the file that the title "+t.Name+" was registered from, or it was changed")
		}
		if err != nil {
			cancel(err)
		}
		hashed <- err
	}()
	sum := func() (string, error) {
		err := <-hashed
		hashed <- err
		return t.SHA256, err
	}
	facts := reference.Facts{TitleID: t.ID, Name: t.Name, KeyID: t.KeyID, Aspect: t.Original.Aspect(), Duration: t.Duration}
	meter := newMeter(report, "reading "+t.FileName, t.Duration.Milliseconds())
	if err := e.buildReference(ctx, path, facts, sum, meter); err != nil {
		cancel(err)
		<-hashed //nolint:errcheck // the sum is of no use now
		return reference.Facts{}, ended(ctx, err)
	}
	return e.ReferenceFacts(t.ID)
}

// ExportReference writes the reference of a title as one file, for a home that has the title but not its original.
// An existing file is replaced only with overwrite. Every part is checked on the way.
func (e *Engine) ExportReference(ctx context.Context, idOrName, out string, overwrite bool) (reference.Facts, error) {
	t, err := e.Title(ctx, idOrName)
	if err != nil {
		return reference.Facts{}, err
	}
	f, err := e.openReference(t.ID)
	if err != nil {
		return reference.Facts{}, err
	}
	defer f.Close()
	if err := f.Check(); err != nil {
		return reference.Facts{}, err
	}
	if _, err := os.Lstat(out); err == nil && !overwrite {
		return reference.Facts{}, fault(media.Exists, out, "the file is there already", "choose another name, or --force", fs.ErrExist)
	}
	from, err := e.store.ReferencePath(t.ID)
	if err != nil {
		return reference.Facts{}, err
	}
	return f.Facts(), copyWhole(from, out)
}

// ImportReference takes over the reference of a title of this home that was built elsewhere. All of it is checked; one
// that is damaged, of a newer version or of a title that is not here is refused, and what was there stays.
func (e *Engine) ImportReference(ctx context.Context, path string) (reference.Facts, error) {
	f, err := reference.Open(path)
	if err != nil {
		return reference.Facts{}, err
	}
	defer f.Close()
	facts := f.Facts()
	t, err := e.store.Title(ctx, facts.TitleID)
	if storage.CodeOf(err) == storage.NotFound || err == nil && t.ID != facts.TitleID {
		return facts, &reference.Error{
			Kind: reference.Foreign, File: path,
			What: fmt.Sprintf("this is the reference of the title %q (%s), which is not registered here",
				printable(facts.Name), printable(facts.TitleID)),
			Do: "references go to homes that have the title and its key",
		}
	}
	if err != nil {
		return facts, err
	}
	if t.SHA256 != facts.Original {
		return facts, &reference.Error{
			Kind: reference.Foreign, File: path, What: fmt.Sprintf("it was built from another file than the title %q", t.Name),
		}
	}
	if err := f.Check(); err != nil {
		return facts, err
	}
	to, err := e.store.ReferencePath(t.ID)
	if err != nil {
		return facts, err
	}
	return facts, copyWhole(path, to)
}

// copyWhole makes a copy of a file that is there completely or not at all.
func copyWhole(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return openError(from, err)
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".spoor-*.part")
	if err != nil {
		return copyError(to, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, out.Close(), os.Remove(out.Name()))
		}
	}()
	if _, err := io.Copy(out, in); err != nil {
		return copyError(to, err)
	}
	if err := out.Sync(); err != nil {
		return copyError(to, err)
	}
	if err := os.Rename(out.Name(), to); err != nil {
		return copyError(to, err)
	}
	return out.Close()
}

func copyError(path string, err error) error {
	if isDiskFull(err) {
		return fault(media.DiskFull, path, "the disk is full", "make room or choose another place", err)
	}
	return fault(media.Denied, path, "cannot be written: "+reason(err), "check the folder and the room on its disk", err)
}
