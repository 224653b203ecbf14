// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"time"
)

const idLength = 24

// NewID returns an id of 24 lower-case hex digits: 14 of microseconds since 1970, so that ids sort by the time they were made,
// and 10 of randomness, so that machines that never met do not make the same one. Rows of lists get theirs from [Store.nextID].
func NewID() string { return idAt(time.Now().UnixMicro()) }

func idAt(microseconds int64) string {
	var b [12]byte
	binary.BigEndian.PutUint64(b[:8], uint64(microseconds)<<8)
	_, _ = rand.Read(b[7:]) // documented never to fail
	return hex.EncodeToString(b[:])
}

// nextID is the id of a row that is about to be inserted: after those of all rows of a table (or some: SQL), also where the
// clock was set back, or that of another computer is ahead. Lists are sorted by id, and page through it.
func (s *Store) nextID(ctx context.Context, tx *sql.Tx, rows string) (string, error) {
	var last string
	if err := tx.QueryRowContext(ctx, `select coalesce(max(id), '') from `+rows).Scan(&last); err != nil {
		return "", err
	}
	id := idAt(s.clock().UnixMicro())
	if id > last || !IsID(last) {
		return id, nil
	}
	b, err := hex.DecodeString("00" + last[:14])
	if err != nil {
		return "", err
	}
	microseconds := binary.BigEndian.Uint64(b)
	if microseconds == lastMicrosecond { // of a case from elsewhere, made to be the last for ever
		return id, nil
	}
	return idAt(int64(microseconds) + 1), nil
}

const lastMicrosecond = 1<<56 - 1 // that an id has room for

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
