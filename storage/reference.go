// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"errors"
	"io/fs"
	"os"
)

const referencesName = "references"

// ReferencePath returns where the reference of a title is or would be, and
// makes the folder.
func (s *Store) ReferencePath(titleID string) (string, error) {
	if !IsID(titleID) {
		return "", errorf(Invalid, "%q is not an id", titleID)
	}
	return s.below(referencesName, []string{titleID + ".ref"})
}

// RemoveReference deletes the reference of a title. It is no error if there is none.
func (s *Store) RemoveReference(titleID string) error {
	path, err := s.ReferencePath(titleID)
	if err != nil {
		return err
	}
	err = os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return s.classify("removing the reference of "+titleID, err)
}
