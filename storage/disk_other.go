// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !linux

package storage

// networkDisk is not known here.
func networkDisk(string) string { return "" }
