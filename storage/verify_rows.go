// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"database/sql"
	"slices"
)

// verifyTables compares every table with what the log says of it.
func (s *Store) verifyTables(ctx context.Context, tx *sql.Tx, w *auditWalk) error {
	tables, words, err := s.db.audited(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := w.table(ctx, tx, t, words); err != nil {
			return err
		}
		delete(w.last, t.name)
	}
	for name, sum := range w.last {
		if sum.Rows > 0 {
			w.v.fault("table "+name, "it is gone; entry %d says that it has %d rows", sum.entry, sum.Rows)
		}
	}
	return nil
}

// table compares one table: row by row where the log lists them, and as a whole.
func (w *auditWalk) table(ctx context.Context, tx *sql.Tx, t auditedTable, words auditWords) error {
	where := "table " + t.name
	faults := len(w.v.Faults)
	known, last := w.rows[t.name], w.last[t.name]
	var sum tableSum
	var count int64
	err := eachRow(ctx, tx, t, words, func(key, row string) {
		count++
		sum.add(t.name, row)
		listed, ok := known[key]
		switch {
		case ok && listed.hash == "":
			w.v.fault(where, "the row %s is there, and entry %d says that it was deleted", key, listed.entry)
		case ok && listed.hash != rowHash(row):
			w.v.fault(where, "the row %s was altered: it is not what entry %d says", key, listed.entry)
		case !ok && !last.bulk:
			w.v.fault(where, "the row %s was slipped in: no entry knows it", key)
		}
		delete(known, key)
	})
	w.v.Rows += count
	if sqliteCode(err) == TooLarge {
		w.v.fault(where, "a row was blown up: after %d rows comes one of more than 256 MB, which none of Spoor's has", count)
		return nil
	}
	if err != nil {
		return err
	}
	for _, key := range missingKeys(known) {
		w.v.fault(where, "the row %s is gone: entry %d says that it is there", key, known[key].entry)
	}
	if len(w.v.Faults) > faults {
		return nil // the sum cannot be right either
	}
	if (last.Sum != "" || count > 0) && last.Sum != sum.digest() {
		w.v.fault(where, "rows were altered, slipped in or removed: entry %d says that there are %d, "+
			"with another sum than the %d that are there",
			last.entry, last.Rows, count)
	}
	kept, _, err := loadSum(ctx, tx, t.name)
	if err != nil || kept != sum {
		w.v.fault("sum of the table "+t.name, "it was altered")
	}
	return nil
}

func missingKeys(known map[string]listedRow) []string {
	var keys []string
	for key, r := range known {
		if r.hash != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// eachRow reads a table row by row; it may be larger than the memory.
func eachRow(ctx context.Context, tx *sql.Tx, t auditedTable, words auditWords, visit func(key, row string)) error {
	//nolint:gosec // the names are those of our own tables
	all := `select ` + t.key("t", words) + `, ` + t.row("t", words) + ` from "` + t.name + `" t`
	rows, err := tx.QueryContext(ctx, all)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key, row string
		if err := rows.Scan(&key, &row); err != nil {
			return err
		}
		visit(key, row)
	}
	return rows.Err()
}
