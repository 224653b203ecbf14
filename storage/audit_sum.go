// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"crypto/sha256"
	"crypto/sha3"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

const (
	sumLanes = 1024
	sumBytes = 2 * sumLanes
)

// tableSum stands for all rows of a table, whatever their order: each row is stretched to 1024 numbers of 16 bits by
// SHAKE128, and they are added lane by lane. So a change costs what its rows cost, not what the table does, and two
// tables with one sum cannot be found. This is LtHash: Bellare and Micciancio, "A new paradigm for collision-free
// hashing", 1997; Lewi et al., "Securing update propagation with homomorphic hashing", 2019.
type tableSum [sumLanes]uint16

func (s *tableSum) add(table, row string) {
	var b [sumBytes]byte
	stretch(&b, table, row)
	for i := range s {
		s[i] += binary.LittleEndian.Uint16(b[2*i:])
	}
}

func (s *tableSum) remove(table, row string) {
	var b [sumBytes]byte
	stretch(&b, table, row)
	for i := range s {
		s[i] -= binary.LittleEndian.Uint16(b[2*i:])
	}
}

func stretch(to *[sumBytes]byte, table, row string) {
	h := sha3.NewSHAKE128()
	_, _ = h.Write([]byte(table + "\x00")) // documented never to fail
	_, _ = h.Write([]byte(row))
	_, _ = h.Read(to[:])
}

func (s *tableSum) bytes() []byte {
	b := make([]byte, sumBytes)
	for i, v := range s {
		binary.LittleEndian.PutUint16(b[2*i:], v)
	}
	return b
}

func (s *tableSum) digest() string {
	h := sha256.Sum256(s.bytes())
	return hex.EncodeToString(h[:])
}

// loadSum reads the sum of a table and how many rows it has; of a table that nothing is known of, nothing.
func loadSum(ctx context.Context, db querier, table string) (sum tableSum, rows int64, err error) {
	var b []byte
	err = db.QueryRowContext(ctx, `select rows, state from audit_sums where name = $1`, table).Scan(&rows, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return sum, 0, nil
	}
	if err == nil && len(b) != sumBytes {
		err = errorf(Damaged, "the sum of the table %s has a wrong length", table)
	}
	if err != nil {
		return sum, 0, err
	}
	for i := range sum {
		sum[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return sum, rows, nil
}
