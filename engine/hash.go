// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"spoor/engine/media"
)

// fileFacts are what identifies a file.
type fileFacts struct {
	SHA256  string // lower-case hex
	Size    int64  // bytes
	ModTime time.Time
}

// hashFile reads a whole file.
func hashFile(ctx context.Context, path, stage string, report func(Progress)) (fileFacts, error) {
	f, err := os.Open(path)
	if err != nil {
		return fileFacts{}, openError(path, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return fileFacts{}, openError(path, err)
	}
	if !st.Mode().IsRegular() {
		return fileFacts{}, fault(media.NotRegular, path, "not a regular file", "give a video file", nil)
	}
	sum := sha256.New()
	meter := newMeter(report, stage, st.Size())
	buf := make([]byte, 1<<20)
	var n int64
	for {
		if err := context.Cause(ctx); err != nil {
			return fileFacts{}, err
		}
		k, err := f.Read(buf)
		sum.Write(buf[:k])
		n += int64(k)
		meter.at(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fileFacts{}, fault(media.Damaged, path, "cannot be read: "+reason(err), "check the disk", err)
		}
	}
	return fileFacts{SHA256: hex.EncodeToString(sum.Sum(nil)), Size: n, ModTime: st.ModTime()}, nil
}

// fault is what is wrong with a file, and what to do about it.
func fault(kind media.Kind, path, what, do string, cause error) error {
	return &media.Error{Kind: kind, File: path, What: what, Do: do, Err: cause}
}

func openError(path string, err error) error {
	e := &media.Error{Kind: media.Denied, File: path, What: "cannot be opened: " + err.Error(), Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Kind, e.What, e.Do = media.Missing, "there is no such file", "check the name"
	case errors.Is(err, fs.ErrPermission):
		e.What, e.Do = "permission to read denied", "choose a file you may read"
	}
	return e
}
