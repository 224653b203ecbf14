// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"
)

// Inbox is the name of the case that always exists: evidence that was put
// nowhere else lies there.
const Inbox = "inbox"

// CaseState says where a case stands.
type CaseState string

// The states of a case.
const (
	CaseDraft    CaseState = "draft"    // being worked on
	CaseReviewed CaseState = "reviewed" // a second examiner agrees
	CaseClosed   CaseState = "closed"
)

// Case is a folder of evidence, notes and findings.
type Case struct {
	ID        string
	Name      string // unique
	Examiner  string
	State     CaseState
	CreatedAt time.Time
	UpdatedAt time.Time // when anything in it changed last

	Number     string     // as the office or the court counts its cases
	Reviewer   string     // the second examiner
	ReviewedAt *time.Time // nil before
	OnHold     bool       // legal hold: nothing of it can be deleted
}

const caseColumns = `id, name, examiner, state, created_at, updated_at`

const selectCases = `select ` + caseColumns + `, number, reviewer, reviewed_at, on_hold from cases where `

func scanCase(c *Case, scan func(...any) error) error {
	var created, updated int64
	var reviewed sql.NullInt64
	var hold int64
	err := scan(&c.ID, &c.Name, &c.Examiner, &c.State, &created, &updated, &c.Number, &c.Reviewer, &reviewed, &hold)
	c.ReviewedAt, c.OnHold = fromMillisOrNil(reviewed), hold == 1
	c.CreatedAt, c.UpdatedAt = fromMillis(created), fromMillis(updated)
	return err
}

// Note is something an examiner wrote down. Notes are never changed or removed.
type Note struct {
	ID        string
	CaseID    string
	Author    string
	Text      string
	CreatedAt time.Time
}

const noteColumns = `id, case_id, author, text, created_at`

func scanNote(n *Note, scan func(...any) error) error {
	var created int64
	err := scan(&n.ID, &n.CaseID, &n.Author, &n.Text, &created)
	n.CreatedAt = fromMillis(created)
	return err
}

// CaseCounts is how much is in a case.
type CaseCounts struct {
	Evidence   int64
	Backtraces int64
	Findings   int64
	Notes      int64
}

func (s *Store) makeInbox(ctx context.Context) error {
	var n int
	err := s.read.QueryRowContext(ctx, `select count(*) from cases where is_inbox = 1`).Scan(&n)
	if err != nil || n > 0 {
		return err
	}
	return s.change(ctx, "making the inbox", func(tx *sql.Tx) error {
		at := now().UnixMilli()
		_, err := tx.ExecContext(ctx, insertInto("cases", caseColumns+`, is_inbox`)+` on conflict do nothing`,
			NewID(), Inbox, "", string(CaseDraft), at, at, 1)
		return err
	})
}

// AddCase makes a case. It sets c.ID, c.State where empty, and the times. Error: Exists
// where a case has that name.
func (s *Store) AddCase(ctx context.Context, c *Case) error {
	added := *c
	added.State, added.CreatedAt = cmp.Or(c.State, CaseDraft), now()
	added.UpdatedAt = added.CreatedAt
	if err := cmp.Or(checkName("case", c.Name), checkLine("examiner", c.Examiner, maxName), checkLine("number", c.Number, maxName),
		added.State.check()); err != nil {
		return err
	}
	err := s.change(ctx, "making the case "+c.Name, func(tx *sql.Tx) (err error) {
		if added.ID, err = s.nextID(ctx, tx, "cases"); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, insertInto("cases", caseColumns+`, is_inbox, number`)+` on conflict (name) do nothing`,
			added.ID, added.Name, added.Examiner, string(added.State), added.CreatedAt.UnixMilli(), added.UpdatedAt.UnixMilli(), 0,
			added.Number)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return errorf(Exists, "there is a case %q already", c.Name)
	})
	if err == nil {
		*c = added
	}
	return err
}

func (c CaseState) check() error {
	if c != CaseDraft && c != CaseReviewed && c != CaseClosed {
		return errorf(Invalid, "%q is not a state of a case", string(c))
	}
	return nil
}

// SetCaseState closes a case, or makes it a draft again, which takes a review back. That it was reviewed is said by
// [Store.ReviewCase] only.
func (s *Store) SetCaseState(ctx context.Context, caseID string, state CaseState) error {
	if err := state.check(); err != nil {
		return err
	}
	if state == CaseReviewed {
		return errorf(Invalid, "a case becomes reviewed by the review of a second examiner")
	}
	return s.change(ctx, "changing a case", func(tx *sql.Tx) error {
		if err := requireCase(ctx, tx, caseID); err != nil {
			return err
		}
		if state == CaseDraft {
			_, err := tx.ExecContext(ctx, `update cases set reviewer = '', reviewed_at = null where id = $1`, caseID)
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `update cases set state = $1, updated_at = $2 where id = $3`,
			string(state), now().UnixMilli(), caseID)
		return err
	})
}

// Case returns a case by its id or its name. Error: NotFound.
func (s *Store) Case(ctx context.Context, idOrName string) (Case, error) {
	var c Case
	err := scanCase(&c, s.read.QueryRowContext(ctx, selectCases+`id = $1 or name = $2`, idOrName, idOrName).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Case{}, errorf(NotFound, "there is no case %q", idOrName)
	}
	return c, s.classify("looking for the case "+idOrName, err)
}

// Cases lists cases.
func (s *Store) Cases(ctx context.Context, p Page) ([]Case, error) {
	cases, err := collect(ctx, s.read, scanCase, selectCases+`id > $1 order by id limit $2`, p.After, p.limit())
	return cases, s.classify("listing cases", err)
}

// CountCase counts what is in a case.
func (s *Store) CountCase(ctx context.Context, caseID string) (CaseCounts, error) {
	var n CaseCounts
	err := s.read.QueryRowContext(ctx, `select
		(select count(*) from evidence where case_id = $1),
		(select count(*) from backtraces b join evidence e on e.id = b.evidence_id where e.case_id = $2),
		(select count(*) from findings f join backtraces b on b.id = f.backtrace_id
			join evidence e on e.id = b.evidence_id where e.case_id = $3),
		(select count(*) from notes where case_id = $4)`, caseID, caseID, caseID, caseID).
		Scan(&n.Evidence, &n.Backtraces, &n.Findings, &n.Notes)
	return n, s.classify("counting what is in a case", err)
}

// AddNote writes a note into a case and returns it.
func (s *Store) AddNote(ctx context.Context, caseID, author, text string) (Note, error) {
	n := Note{CaseID: caseID, Author: author, Text: text, CreatedAt: now()}
	if text == "" {
		return Note{}, errorf(Invalid, "the note is empty")
	}
	if err := cmp.Or(checkText("note", text, maxNote), checkLine("author", author, maxName)); err != nil {
		return Note{}, err
	}
	err := s.change(ctx, "writing a note", func(tx *sql.Tx) (err error) {
		n, err = s.addNote(ctx, tx, n)
		return err
	})
	if err != nil {
		return Note{}, err
	}
	return n, nil
}

// addNote writes a note in a transaction, and returns it with its id.
func (s *Store) addNote(ctx context.Context, tx *sql.Tx, n Note) (Note, error) {
	if err := touchCase(ctx, tx, n.CaseID, n.CreatedAt); err != nil {
		return n, err
	}
	var err error
	if n.ID, err = s.nextID(ctx, tx, "notes"); err != nil {
		return n, err
	}
	_, err = tx.ExecContext(ctx, insertInto("notes", noteColumns), n.ID, n.CaseID, n.Author, n.Text, n.CreatedAt.UnixMilli())
	return n, err
}

// Notes lists the notes of a case, oldest first.
func (s *Store) Notes(ctx context.Context, caseID string, p Page) ([]Note, error) {
	notes, err := collect(ctx, s.read, scanNote,
		`select `+noteColumns+` from notes where case_id = $1 and id > $2 order by id limit $3`,
		caseID, p.After, p.limit())
	return notes, s.classify("listing notes", err)
}

func requireCase(ctx context.Context, db querier, caseID string) error {
	return requireRow(ctx, db, "case", caseID, `select 1 from cases where id = $1`)
}

// touchCase notes that something in a case changed. A clock that was set back does not
// take the time of the last change back.
func touchCase(ctx context.Context, tx *sql.Tx, caseID string, at time.Time) error {
	if err := requireCase(ctx, tx, caseID); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `update cases set updated_at = case when updated_at > $1 then updated_at else $2 end where id = $3`,
		at.UnixMilli(), at.UnixMilli(), caseID)
	return err
}
