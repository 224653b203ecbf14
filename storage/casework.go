// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"strings"
	"time"
)

// CaseEdit is what is to be changed about a case; nil leaves a field as it is.
type CaseEdit struct {
	Name     *string
	Number   *string
	Examiner *string
}

// EditCase changes the fields of a case. Errors: Exists where another case has the new name; Conflict for a new name
// for the inbox.
func (s *Store) EditCase(ctx context.Context, caseID string, edit CaseEdit) error {
	return s.change(ctx, "changing a case", func(tx *sql.Tx) error {
		c, inbox, err := getCase(ctx, tx, caseID)
		if err != nil {
			return err
		}
		if edit.Name != nil && *edit.Name != c.Name {
			if inbox {
				return errorf(Conflict, "the inbox keeps its name")
			}
			var twins int
			err := tx.QueryRowContext(ctx, `select count(*) from cases where name = $1`, *edit.Name).Scan(&twins)
			if err != nil {
				return err
			}
			if twins > 0 {
				return errorf(Exists, "there is a case %q already", *edit.Name)
			}
		}
		for field, value := range map[*string]*string{&c.Name: edit.Name, &c.Number: edit.Number, &c.Examiner: edit.Examiner} {
			if value != nil {
				*field = *value
			}
		}
		err = cmp.Or(checkName("case", c.Name), checkLine("number", c.Number, maxName), checkLine("examiner", c.Examiner, maxName))
		if err != nil {
			return err
		}
		if err := touchCase(ctx, tx, caseID, now()); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update cases set name = $1, number = $2, examiner = $3 where id = $4`,
			c.Name, c.Number, c.Examiner, caseID)
		return err
	})
}

// ReviewCase records that a second examiner agrees with a case. Error: Conflict for a reviewer who is the examiner, or
// a case that is closed.
func (s *Store) ReviewCase(ctx context.Context, caseID, reviewer string) error {
	if err := checkLine("reviewer", reviewer, maxName); err != nil {
		return err
	}
	if strings.TrimSpace(reviewer) == "" {
		return errorf(Invalid, "the reviewer has no name")
	}
	return s.change(ctx, "recording a review", func(tx *sql.Tx) error {
		c, _, err := getCase(ctx, tx, caseID)
		switch {
		case err != nil:
			return err
		case c.State == CaseClosed:
			return errorf(Conflict, "the case %s is closed", c.Name)
		case strings.EqualFold(strings.TrimSpace(reviewer), strings.TrimSpace(c.Examiner)):
			return errorf(Conflict, "%s examined the case %s: a second examiner has to review it", reviewer, c.Name)
		}
		at := now()
		if err := touchCase(ctx, tx, caseID, at); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update cases set state = $1, reviewer = $2, reviewed_at = $3 where id = $4`,
			string(CaseReviewed), reviewer, at.UnixMilli(), caseID)
		return err
	})
}

// HoldCase puts a case under legal hold or lifts it. Under hold nothing of the case can be deleted.
func (s *Store) HoldCase(ctx context.Context, caseID string, on bool) error {
	return s.change(ctx, "changing the legal hold", func(tx *sql.Tx) error {
		if err := requireCase(ctx, tx, caseID); err != nil {
			return err
		}
		hold := 0
		if on {
			hold = 1
		}
		_, err := tx.ExecContext(ctx, `update cases set on_hold = $1 where id = $2`, hold, caseID)
		return err
	})
}

// getCase returns a case by its id, and whether it is the inbox.
func getCase(ctx context.Context, db querier, caseID string) (Case, bool, error) {
	list, err := collect(ctx, db, scanCase, selectCases+`id = $1`, caseID)
	if err != nil {
		return Case{}, false, err
	}
	if len(list) == 0 {
		return Case{}, false, errorf(NotFound, "there is no case %q", caseID)
	}
	var inbox int
	err = db.QueryRowContext(ctx, `select is_inbox from cases where id = $1`, caseID).Scan(&inbox)
	return list[0], inbox == 1, err
}

// requireNoHold refuses what would delete something of a case under legal hold.
func requireNoHold(c *Case) error {
	if c.OnHold {
		return errorf(Conflict, "the case %s is under legal hold: nothing of it can be deleted until the hold is lifted", c.Name)
	}
	return nil
}

// requireHoldKept refuses what would take something out of a case under legal hold into one that is not.
func requireHoldKept(ctx context.Context, db querier, fromID, intoID string) error {
	from, _, err := getCase(ctx, db, fromID)
	if err != nil || !from.OnHold {
		return err
	}
	into, _, err := getCase(ctx, db, intoID)
	if err != nil || into.OnHold {
		return err
	}
	return errorf(Conflict, "the case %s is under legal hold, and the case %s is not: put that under hold first", from.Name, into.Name)
}

// MergeCases moves everything of one case into another, and deletes the empty case unless it is the inbox. An exhibit
// that both have becomes one, with the backtraces and bookmarks of both. Error: Conflict where the case to be emptied
// is under legal hold.
func (s *Store) MergeCases(ctx context.Context, fromID, intoID string) error {
	return s.change(ctx, "merging cases", func(tx *sql.Tx) error {
		from, inbox, err := getCase(ctx, tx, fromID)
		if err != nil {
			return err
		}
		if fromID == intoID {
			return errorf(Invalid, "a case cannot be merged with itself")
		}
		if err := requireNoHold(&from); err != nil {
			return err
		}
		if err := touchCase(ctx, tx, intoID, now()); err != nil {
			return err
		}
		if err := joinTwins(ctx, tx, fromID, intoID); err != nil {
			return err
		}
		for _, table := range []string{"evidence", "notes", "submissions"} {
			move := `update ` + table + ` set case_id = $1 where case_id = $2` //nolint:gosec // our own names
			if _, err := tx.ExecContext(ctx, move, intoID, fromID); err != nil {
				return err
			}
		}
		if err := s.db.moveJobs(ctx, tx, fromID, intoID); err != nil {
			return err
		}
		if inbox {
			return touchCase(ctx, tx, fromID, now())
		}
		_, err = tx.ExecContext(ctx, `delete from cases where id = $1`, fromID)
		return err
	})
}

// joinTwins makes one exhibit of two that have the same content.
func joinTwins(ctx context.Context, tx *sql.Tx, fromID, intoID string) error {
	type twin struct{ from, into string }
	list, err := collect(ctx, tx, func(t *twin, scan func(...any) error) error { return scan(&t.from, &t.into) },
		`select a.id, b.id from evidence a join evidence b on b.sha256 = a.sha256 where a.case_id = $1 and b.case_id = $2`, fromID, intoID)
	if err != nil {
		return err
	}
	for _, t := range list {
		for _, table := range []string{"backtraces", "bookmarks"} {
			move := `update ` + table + ` set evidence_id = $1 where evidence_id = $2` //nolint:gosec // our own names
			if _, err := tx.ExecContext(ctx, move, t.into, t.from); err != nil {
				return err
			}
		}
		for _, table := range []string{"acquisitions", "evidence_sources"} { // those of the exhibit that stays go first
			var has int
			if err := tx.QueryRowContext(ctx, `select count(*) from `+table+` where evidence_id = $1`, t.into).Scan(&has); err != nil {
				return err
			}
			statement := `update ` + table + ` set evidence_id = $1 where evidence_id = $2` //nolint:gosec // our own names
			args := []any{t.into, t.from}
			if has > 0 {
				statement, args = `delete from `+table+` where evidence_id = $1`, args[1:]
			}
			if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `delete from evidence where id = $1`, t.from); err != nil {
			return err
		}
	}
	return nil
}

// ChangedSinceReview tells whether something in the case changed after it was reviewed.
func (c *Case) ChangedSinceReview() bool {
	return c.ReviewedAt != nil && c.UpdatedAt.Sub(*c.ReviewedAt) > time.Millisecond
}
