// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// outFile is a file being written that has no name until it is complete, so
// that nothing is left behind when this program is killed. Where the system
// has no nameless files it is a hidden temporary file.
type outFile struct {
	*os.File
	named bool
}

// createOut makes an output in a folder.
func createOut(dir string) (*outFile, error) {
	if f, err := createNameless(dir); err == nil {
		return &outFile{File: f}, nil
	} else if !errors.Is(err, errNameless) {
		return nil, writeError(dir, err)
	}
	f, err := os.CreateTemp(dir, ".spoor-*.part")
	if err != nil {
		return nil, writeError(dir, err)
	}
	return &outFile{File: f, named: true}, nil
}

var errNameless = errors.New("nameless files are not supported here")

// keep makes the file durable and gives it its name, in one step for everyone
// who looks. Without overwrite, a file of that name is left alone.
func (o *outFile) keep(path string, overwrite bool) error {
	if err := o.Sync(); err != nil {
		return writeError(path, err)
	}
	err := o.name(path, overwrite)
	if errors.Is(err, fs.ErrExist) {
		return alreadyThere(path)
	}
	if err != nil {
		return writeError(path, err)
	}
	o.named = false
	return syncDir(filepath.Dir(path))
}

func (o *outFile) name(path string, overwrite bool) error {
	if !overwrite {
		if o.named {
			if _, err := os.Lstat(path); err == nil {
				return fs.ErrExist
			}
			return os.Rename(o.Name(), path)
		}
		return linkNameless(o.File, path)
	}
	if o.named {
		return os.Rename(o.Name(), path)
	}
	// A nameless file cannot take a name in use: first a name beside it.
	temp, err := freeName(path)
	if err != nil {
		return err
	}
	if err := linkNameless(o.File, temp); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}

// freeName returns the name of a file in the folder of path that is not there.
func freeName(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".spoor-*.part")
	if err != nil {
		return "", err
	}
	return f.Name(), errors.Join(f.Close(), os.Remove(f.Name()))
}

// drop closes the file; unless it was kept, it is gone.
func (o *outFile) drop() {
	_ = o.Close()
	if o.named {
		_ = os.Remove(o.Name())
	}
}

func alreadyThere(path string) error {
	return &Error{
		Kind: Exists,
		File: path,
		What: "the output is there already",
		Do:   "choose another name, or ask to overwrite it",
		Err:  fs.ErrExist,
	}
}

func writeError(path string, err error) error {
	e := &Error{File: path, Err: err}
	switch {
	case KindOf(err) != "":
		return err
	case isNoSpace(err):
		e.Kind, e.What, e.Do = DiskFull, "the disk is full", "make room or choose another place"
	case errors.Is(err, fs.ErrPermission):
		e.Kind, e.What, e.Do = Denied, "permission to write denied", "choose a folder you may write to"
	case errors.Is(err, fs.ErrNotExist):
		e.Kind, e.What, e.Do = Missing, "the folder does not exist", "make it first"
	case isReadOnly(err):
		e.Kind, e.What, e.Do = Denied, "the disk is read-only", "choose another place"
	default:
		e.Kind, e.What = Denied, "cannot be written: "+reason(err)
	}
	return e
}
