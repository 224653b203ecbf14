// SPDX-License-Identifier: AGPL-3.0-or-later

package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// Evidence is a suspect file under investigation. The file itself is never
// written to.
type Evidence struct {
	ID        string
	CaseID    string
	Path      string // where it was seen first
	FileName  string
	SHA256    string
	Size      int64           // bytes
	ModTime   time.Time       // of the file when it came in; zero where unknown
	Container json.RawMessage // facts about the file
	CreatedAt time.Time       // when it came in
}

const evidenceColumns = `id, case_id, path, file_name, sha256, size, mod_time_ns, container, created_at`

const selectEvidence = `select ` + evidenceColumns + ` from evidence where `

func scanEvidence(e *Evidence, scan func(...any) error) error {
	var container string
	var created int64
	var modified sql.NullInt64
	err := scan(&e.ID, &e.CaseID, &e.Path, &e.FileName, &e.SHA256, &e.Size, &modified, &container, &created)
	e.Container, e.CreatedAt = rawJSON(container), fromMillis(created)
	if modified.Valid {
		e.ModTime = time.Unix(0, modified.Int64).UTC()
	}
	return err
}

// AddEvidence takes a file into a case. It sets e.ID and e.CreatedAt. The same
// content in the same case is the same exhibit: then nothing is added, e becomes what
// is there, with the path where it was first seen, and new is false.
func (s *Store) AddEvidence(ctx context.Context, e *Evidence) (isNew bool, err error) {
	err = cmp.Or(checkText("path", e.Path, maxPath), checkLine("file name", e.FileName, maxPath), checkHash(e.SHA256),
		checkJSON("facts about the container", e.Container))
	if err != nil {
		return false, err
	}
	added := *e
	added.CreatedAt = now()
	var modified sql.NullInt64
	if !e.ModTime.IsZero() {
		modified = sql.NullInt64{Int64: e.ModTime.UnixNano(), Valid: true}
		added.ModTime = e.ModTime.UTC()
	}
	err = s.change(ctx, "taking in "+e.FileName, func(tx *sql.Tx) error {
		old, err := collect(ctx, tx, scanEvidence, selectEvidence+`case_id = $1 and sha256 = $2`, e.CaseID, e.SHA256)
		if err != nil {
			return err
		}
		if isNew = len(old) == 0; !isNew {
			added = old[0]
			return nil
		}
		if err := touchCase(ctx, tx, e.CaseID, added.CreatedAt); err != nil {
			return err
		}
		if added.ID, err = s.nextID(ctx, tx, "evidence"); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, insertInto("evidence", evidenceColumns),
			added.ID, added.CaseID, added.Path, added.FileName, added.SHA256, added.Size, modified, string(added.Container),
			added.CreatedAt.UnixMilli())
		return err
	})
	if err != nil {
		return false, err
	}
	*e = added
	return isNew, nil
}

// Evidence returns an exhibit by its id. Error: NotFound.
func (s *Store) Evidence(ctx context.Context, id string) (Evidence, error) {
	e, err := getEvidence(ctx, s.read, id)
	return e, s.classify("looking for evidence", err)
}

func getEvidence(ctx context.Context, db querier, id string) (Evidence, error) {
	var e Evidence
	err := scanEvidence(&e, db.QueryRowContext(ctx, selectEvidence+`id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Evidence{}, errorf(NotFound, "there is no evidence %q", id)
	}
	return e, err
}

// EvidenceOfCase lists the exhibits of a case.
func (s *Store) EvidenceOfCase(ctx context.Context, caseID string, p Page) ([]Evidence, error) {
	list, err := collect(ctx, s.read, scanEvidence, selectEvidence+`case_id = $1 and id > $2 order by id limit $3`,
		caseID, p.After, p.limit())
	return list, s.classify("listing evidence", err)
}

// EvidenceByHash returns the exhibits with this content, in whatever case.
func (s *Store) EvidenceByHash(ctx context.Context, sha256 string) ([]Evidence, error) {
	list, err := collect(ctx, s.read, scanEvidence, selectEvidence+`sha256 = $1 order by id limit $2`, sha256, maxLimit)
	return list, s.classify("looking for known evidence", err)
}

// MoveEvidence moves an exhibit with its backtraces into another case. Moving it where it
// is changes nothing. Errors: Exists where the other case has the same content; Conflict where it would leave a legal hold.
func (s *Store) MoveEvidence(ctx context.Context, evidenceID, caseID string) error {
	return s.change(ctx, "moving evidence", func(tx *sql.Tx) error {
		e, err := getEvidence(ctx, tx, evidenceID)
		if err != nil || e.CaseID == caseID {
			return err
		}
		if err := requireHoldKept(ctx, tx, e.CaseID, caseID); err != nil {
			return err
		}
		for _, id := range []string{e.CaseID, caseID} {
			if err := touchCase(ctx, tx, id, now()); err != nil {
				return err
			}
		}
		var twins int
		err = tx.QueryRowContext(ctx, `select count(*) from evidence where case_id = $1 and sha256 = $2`, caseID, e.SHA256).Scan(&twins)
		if err != nil {
			return err
		}
		if twins > 0 {
			return errorf(Exists, "the other case has an exhibit with the content of %q already", e.FileName)
		}
		_, err = tx.ExecContext(ctx, `update evidence set case_id = $1 where id = $2`, caseID, evidenceID)
		return err
	})
}
