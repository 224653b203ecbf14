// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// damaged is the error of a database in which something is not as it was written: whose cases it is, and what to do.
func (d sqlite) damaged(ctx context.Context, what string) error {
	affected := "which cases are affected cannot be told"
	if db, err := openSQLiteReader(d.path); err == nil {
		affected = affectedCases(ctx, db)
		_ = db.Close() // it was only read
	}
	return errorf(Damaged, "%s is damaged (%s); %s; %s", d.path, what, affected, restoreHint(filepath.Dir(d.path)))
}

// restoreHint follows what is said of a database that turned out to be damaged while it was used.
func (s *Store) restoreHint() string {
	if _, ok := s.db.(sqlite); !ok {
		return ""
	}
	return "; " + restoreHint(s.home)
}

// restoreHint says how the damaged database of a home is replaced.
func restoreHint(home string) string {
	command := "spoor --home " + shellWord(home) + " backup restore"
	list, err := Backups(home)
	if err != nil || len(list) == 0 {
		return "there is no backup in the home; one that lies elsewhere is put back with: " + command + " FILE"
	}
	return "its newest backup is of " + list[0].At.Format("2006-01-02 15:04") +
		" UTC and is put back, the damaged database being kept, with: " + command
}

// shellWord is a text as one word of a command.
func shellWord(text string) string {
	plain := func(r rune) bool {
		return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+:@", r))
	}
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// affectedCases says in words which cases of a damaged database can no longer be read, as far as that can be found out.
func affectedCases(ctx context.Context, db querier) string {
	type one struct{ id, name string }
	list, err := collect(ctx, db, func(c *one, scan func(...any) error) error { return scan(&c.id, &c.name) },
		`select id, name from cases order by id`)
	if err != nil {
		return "the list of cases itself cannot be read"
	}
	var hit []string
	for _, c := range list {
		for _, query := range caseReads() {
			if readThrough(ctx, db, query, c.id) != nil {
				hit = append(hit, strconv.Quote(c.name))
				break
			}
		}
	}
	switch {
	case ctx.Err() != nil:
		return "which cases are affected was not looked at"
	case len(hit) == 0:
		return "what belongs to cases can still be read"
	case len(hit) == 1:
		return "what belongs to the case " + hit[0] + " can no longer be read, other cases can"
	}
	return "what belongs to these cases can no longer be read: " + strings.Join(hit, ", ")
}

// caseReads are queries that read all that belongs to a case, $1.
func caseReads() []string {
	const exhibits = `(select id from evidence where case_id = $1)`
	const runs = `(select id from backtraces where evidence_id in ` + exhibits + `)`
	return []string{
		`select * from cases where id = $1`, `select * from evidence where case_id = $1`, `select * from notes where case_id = $1`,
		`select * from submissions where case_id = $1`, `select * from bookmarks where evidence_id in ` + exhibits,
		`select * from acquisitions where evidence_id in ` + exhibits, `select * from evidence_sources where evidence_id in ` + exhibits,
		`select * from backtraces where evidence_id in ` + exhibits, `select * from backtrace_records where backtrace_id in ` + runs,
		`select * from findings where backtrace_id in ` + runs, `select * from checkpoints where backtrace_id in ` + runs,
	}
}

// readThrough reads every row of a query, each with all its columns.
func readThrough(ctx context.Context, db querier, query, caseID string) error {
	rows, err := db.QueryContext(ctx, query, caseID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() { // the driver reads the whole row
		continue
	}
	return rows.Err()
}
