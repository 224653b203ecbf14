// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// segments are the finished parts of a transcode: encoded video as NUT, one
// for each stretch of time. With a folder they are files, named by number and
// frame count, that outlive the program; else they have no names.
type segments struct {
	dir   string // where files are made
	named bool   // they are kept in dir
	lock  *os.File
	mu    sync.Mutex
	done  []segment
}

type segment struct {
	file   *os.File
	frames int64
}

// openSegments finds what an earlier call of the same work has finished.
func openSegments(x *transcode, id fileID) (*segments, error) {
	s := &segments{dir: filepath.Dir(x.dst)}
	if x.opt.WorkDir == "" {
		return s, nil
	}
	s.named, s.dir = true, filepath.Join(x.opt.WorkDir, x.workKey(id))
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, writeError(x.opt.WorkDir, err)
	}
	lock, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, writeError(s.dir, err)
	}
	s.lock = lock
	if err := lockFile(lock); err != nil {
		_ = lock.Close()
		return nil, &Error{Kind: Busy, File: x.dst, What: "another run is making this copy", Do: "wait for it or stop it", Err: err}
	}
	for s.load() {
	}
	return s, nil
}

// workKey names one piece of work: the same source, options and program make
// the same segments.
func (x *transcode) workKey(id fileID) string {
	text, _ := json.Marshal([]any{ //nolint:errchkjson // plain values
		1,
		x.opt.ID,
		id.size,
		id.mtime.UnixNano(),
		x.opt.From,
		x.opt.Length,
		x.opt.Encoder,
		x.opt.Threads,
		x.opt.Segment,
		x.layout.name,
		x.t.version,
	})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// load takes up the next finished segment, if it is there.
func (s *segments) load() bool {
	found, err := filepath.Glob(filepath.Join(s.dir, fmt.Sprintf("%06d-*.nut", len(s.done))))
	if err != nil || len(found) != 1 {
		return false
	}
	var number int
	var frames int64
	if _, err := fmt.Sscanf(filepath.Base(found[0]), "%06d-%d.nut", &number, &frames); err != nil || frames < 0 {
		return false
	}
	f, err := os.Open(found[0])
	if err != nil {
		return false
	}
	s.done = append(s.done, segment{file: f, frames: frames})
	return true
}

// add keeps a finished segment. Numbers left out since the last are stretches
// of time without a frame.
func (s *segments) add(number int, frames int64, out *outFile) error {
	for s.count() < number {
		if err := s.addEmpty(); err != nil {
			return err
		}
	}
	f, err := s.keep(number, frames, out)
	if err != nil {
		return err
	}
	s.append(segment{file: f, frames: frames})
	return nil
}

func (s *segments) keep(number int, frames int64, out *outFile) (*os.File, error) {
	if !s.named {
		return reopen(out)
	}
	path := filepath.Join(s.dir, fmt.Sprintf("%06d-%d.nut", number, frames))
	if err := out.keep(path, true); err != nil {
		return nil, err
	}
	return os.Open(path)
}

func (s *segments) addEmpty() error {
	if s.named {
		f, err := createOut(s.dir)
		if err != nil {
			return err
		}
		defer f.drop()
		if err := f.keep(filepath.Join(s.dir, fmt.Sprintf("%06d-0.nut", s.count())), true); err != nil {
			return err
		}
	}
	s.append(segment{})
	return nil
}

func (s *segments) append(g segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, g)
}

// count is the number of finished segments.
func (s *segments) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.done)
}

// frames is the number of frames in finished segments.
func (s *segments) frames() (n int64) {
	for _, g := range s.done {
		n += g.frames
	}
	return n
}

// writeTo writes all segments as one NUT stream: the headers of the first,
// the frames of all.
func (s *segments) writeTo(w io.Writer) error {
	var header []byte
	for i, g := range s.done {
		if g.frames == 0 || g.file == nil {
			continue
		}
		if _, err := g.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		n, err := newNUTReader(g.file)
		if err != nil {
			return fmt.Errorf("segment %d: %w", i, err)
		}
		off := int64(len(nutMagic) + len(n.header))
		switch {
		case header == nil:
			header, off = n.header, 0
		case string(header) != string(n.header):
			return fmt.Errorf("segment %d does not go with the first one; remove %s", i, s.dir)
		}
		if _, err := g.file.Seek(off, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(w, g.file); err != nil {
			return err
		}
	}
	return nil
}

// bytes is the size of all segments.
func (s *segments) bytes() (n int64) {
	for _, g := range s.done {
		if g.file == nil {
			continue
		}
		if st, err := g.file.Stat(); err == nil {
			n += st.Size()
		}
	}
	return n
}

// close lets go of the files and the lock.
func (s *segments) close() {
	for _, g := range s.done {
		if g.file != nil {
			_ = g.file.Close()
		}
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

// remove deletes the kept files after success. What cannot be deleted does no
// harm.
func (s *segments) remove() {
	if s.named {
		_ = os.RemoveAll(s.dir)
	}
}
