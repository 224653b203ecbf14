// SPDX-License-Identifier: AGPL-3.0-or-later

package reference

// OpenUnsummed opens a reference without asking whether its checksums are right, so that a fuzzer gets past them.
func OpenUnsummed(path string) (*File, error) { return open(path, true) }

// Crowd lets segments of the index hold no more than so many pictures.
func (x *Index) Crowd(pictures int) { x.mostPictures = pictures }
