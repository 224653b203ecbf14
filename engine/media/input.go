// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// fileID tells one state of one file from any other.
type fileID struct {
	path  string
	size  int64
	mtime time.Time
}

// openInput opens the one file a child may read. The descriptor is handed to
// the child, so no file name ever reaches ffmpeg: none can act as an option,
// a protocol or a pattern.
func openInput(path string) (*os.File, fileID, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0) // a FIFO must not block us
	if err != nil {
		return nil, fileID{}, openError(path, err)
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, fileID{}, openError(path, err)
	}
	switch {
	case !st.Mode().IsRegular():
		_ = f.Close()
		return nil, fileID{}, &Error{Kind: NotRegular, File: path, What: "not a regular file", Do: "give a video or picture file"}
	case st.Size() == 0:
		_ = f.Close()
		return nil, fileID{}, &Error{Kind: Empty, File: path, What: "the file is empty (zero bytes)", Do: "copy it again from its source"}
	}
	return f, fileID{path: path, size: st.Size(), mtime: st.ModTime()}, nil
}

func openError(path string, err error) error {
	e := &Error{File: path, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Kind, e.What = Missing, "no such file"
	case errors.Is(err, fs.ErrPermission):
		e.Kind, e.What, e.Do = Denied, "permission denied", "check who may read the file"
	case errors.Is(err, syscall.ENAMETOOLONG):
		e.Kind, e.What = Missing, "the file name is too long"
	default:
		e.Kind, e.What = Missing, "cannot be opened: "+reason(err)
	}
	return e
}

// reason strips the path and operation that os puts around a system error.
func reason(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return err.Error()
}
