// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !unix

package reference

// mapFile reads a file.
func mapFile(path string) (data []byte, unmap func() error, err error) {
	return readWhole(path)
}
