// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
)

// adopt begins the log of a database that has none, with what is there: one of an earlier version.
func (s *Store) adopt(ctx context.Context) error {
	var entries, cases int
	err := s.read.QueryRowContext(ctx, `select (select count(*) from audit_entries), (select count(*) from cases)`).Scan(&entries, &cases)
	if err != nil || entries > 0 || cases == 0 {
		return err
	}
	return s.change(ctx, "beginning the audit log with what an earlier version left", func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `select count(*) from audit_entries`).Scan(&entries); err != nil || entries > 0 {
			return err // another program was first
		}
		tables, words, err := s.db.audited(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			//nolint:gosec // the names are those of our own tables
			found := `insert into audit_dirty (name, row_key, file, old_row, new_row) select '` + t.name + `', ` +
				t.key("t", words) + `, ` + t.file("t") + `, null, ` + t.row("t", words) + ` from "` + t.name + `" t`
			if _, err := tx.ExecContext(ctx, found); err != nil {
				return err
			}
		}
		return nil
	})
}
