// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !linux

package main

// benice does nothing where priorities work otherwise.
func benice() error { return nil }
