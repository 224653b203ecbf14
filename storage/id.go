// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

const idLength = 24

// NewID returns an id of 24 lower-case hex digits: 14 of microseconds since
// 1970, so that ids sort by the time they were made, and 10 of randomness, so that
// machines that never met do not make the same one. A clock that goes back
// spoils the order, never the uniqueness.
func NewID() string {
	var b [12]byte
	binary.BigEndian.PutUint64(b[:8], uint64(time.Now().UnixMicro())<<8)
	_, _ = rand.Read(b[7:]) // documented never to fail
	return hex.EncodeToString(b[:])
}

// IsID says whether text has the form of an id.
func IsID(text string) bool {
	if len(text) != idLength {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
