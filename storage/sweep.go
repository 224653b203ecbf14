// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// forgottenAfter is the age from which a temporary folder of work/ cannot belong to a running program.
const forgottenAfter = 72 * time.Hour

// temporaryWork are the beginnings of names in work/ of what nobody goes on with: what came through a pipe, was taken apart, put
// together, or opened, for one command. Copies and backtraces go on with theirs.
func temporaryWork() []string {
	return []string{"log-", "document-", "pictures-", "stream-", "export-", "import-"}
}

// sweepWork removes temporary folders that killed programs left: they may hold whole logs and exhibits.
func (s *Store) sweepWork() error {
	list, err := os.ReadDir(filepath.Join(s.home, workName))
	if err != nil { // there is none yet
		return nil //nolint:nilerr // and one that cannot be read is told by whoever needs it
	}
	for _, d := range list {
		begins := func(prefix string) bool { return strings.HasPrefix(d.Name(), prefix) && IsID(d.Name()[len(prefix):]) }
		dir := filepath.Join(s.home, workName, d.Name())
		if !d.IsDir() || !slices.ContainsFunc(temporaryWork(), begins) || time.Since(lastWritten(dir)) < forgottenAfter {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return s.classify("removing "+dir, err)
		}
	}
	return nil
}

// lastWritten is when something below a folder was written last.
func lastWritten(dir string) (last time.Time) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error { // what vanishes meanwhile is no longer written
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		if info, err := d.Info(); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
		return nil
	})
	return last
}
