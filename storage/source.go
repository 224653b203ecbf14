// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
)

// Source is a file that an exhibit was put together from, such as a segment of a stream.
type Source struct {
	Name   string // below the folder of the exhibit, with slashes
	SHA256 string
	Size   int64 // bytes
}

func scanSource(s *Source, scan func(...any) error) error { return scan(&s.Name, &s.SHA256, &s.Size) }

// SetSources records what an exhibit was put together from, in order. The first record stays: a second one changes
// nothing.
func (s *Store) SetSources(ctx context.Context, evidenceID string, list []Source) error {
	for i := range list {
		if err := cmp.Or(checkLine("name of a source", list[i].Name, maxPath), checkHash(list[i].SHA256)); err != nil {
			return err
		}
	}
	return s.change(ctx, "recording what an exhibit was put together from", func(tx *sql.Tx) error {
		if _, err := getEvidence(ctx, tx, evidenceID); err != nil {
			return err
		}
		var n int
		err := tx.QueryRowContext(ctx, `select count(*) from evidence_sources where evidence_id = $1`, evidenceID).Scan(&n)
		if err != nil || n > 0 {
			return err
		}
		for i, f := range list {
			_, err := tx.ExecContext(ctx, insertInto("evidence_sources", `evidence_id, position, name, sha256, size`),
				evidenceID, i, f.Name, f.SHA256, f.Size)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Sources lists what an exhibit was put together from, in order; nothing for one that came in as one file.
func (s *Store) Sources(ctx context.Context, evidenceID string) ([]Source, error) {
	list, err := collect(ctx, s.read, scanSource,
		`select name, sha256, size from evidence_sources where evidence_id = $1 order by position`, evidenceID)
	return list, s.classify("listing what an exhibit was put together from", err)
}
